"""Secrets on the command lines of programs that take them without a telling name."""

from bot.redaction.rule import Rule, rule

_V = r"[\"']?(?P<v>[^\s\"'-][^\s\"']{0,256})"


def _flag(signs: str, programs: str, flags: str) -> Rule:
    return rule("command-line", signs, rf"\b(?:{programs})\b[^\n|;]{{0,200}}?\s-(?:{flags})\s{{0,4}}{_V}")


PROGRAMS: tuple[Rule, ...] = (
    rule(
        "command-line",
        "auth ",
        r"(?i)\bauth\s{1,4}(?:plain|login|xoauth2|cram-md5)\s{1,4}(?P<v>[A-Za-z0-9+"
        r"/=]{12,4096})",
    ),
    rule("command-line", "setuser", r"(?i)\bsetuser\b[^\n]{0,120}?\s[>#](?P<v>[^\s\"'\\]{1,256})"),
    rule(
        "sql-password",
        "identified",
        r"(?i)\bidentified\s{1,4}by\s{1,4}(?!values?\b|password\b|externally\b"
        r")(?P<v>[^\s'\";<$]{4,256})",
    ),
    _flag("ldap", r"ldap\w{3,10}", "w"),
    _flag("sqlcmd¦isql¦osql¦bcp ", "sqlcmd|isql|osql|bcp", "P"),
    _flag("mongo", r"mongo(?:sh|dump|restore|export|import)?", "p"),
    _flag(
        "oc login¦az login¦sshpass¦useradd¦usermod¦pscp¦plink¦arangosh",
        r"(?:oc|az)\s{1,4}login|sshpass|useradd|usermod|pscp|plink|arangosh",
        "p|pw",
    ),
    _flag("unzip¦zip ¦7z", "unzip|zip", "P"),
    rule("command-line", "7z", r"\b7z[ar]?\b[^\n|;]{0,200}?\s-p(?P<v>[^\s\"']{1,256})"),
    _flag("snmp", r"snmp\w{2,10}", "A|X|c"),
    _flag("ipmitool", "ipmitool", "P"),
    rule(
        "command-line",
        "smbclient¦rpcclient¦winexe¦crackmapexec",
        r"\b(?:smbclient|rpcclient|winexe)\b[^\n|;]{0,200}?\s(?:-U"
        r"|--user[= ])\s{0,4}[\"']?[^\s%]{1,64}%(?P<v>[^\s\"']{1,256})",
    ),
    rule(
        "command-line",
        "rabbitmqctl",
        r"\brabbitmqctl\b[^\n|;]{0,80}?\s(?:add_user|change_password"
        r"|authenticate_user)\s{1,4}\S{1,64}\s{1,4}[\"']?(?P<v>[^\s\"']{1,256})",
    ),
    rule(
        "command-line",
        "htpasswd",
        r"\bhtpasswd\s{1,4}-\w{0,6}[nb]\w{0,6}\s{1,4}(?:[^\s-]\S{0,200}\s{1,4}){1,2}(?P<v>[^\s\"'\\]{4,256})$",
    ),
    rule(
        "command-line",
        "chpasswd",
        r"\becho\s{1,4}[\"']?[\w.\-]{1,64}:(?P<v>[^\s\"'|]{1,256})[\"']?\s{0,4}\|[^\n]{0,40}chpasswd",
    ),
    rule(
        "command-line",
        "--stdin",
        r"\becho\s{1,4}(?:-n\s{1,4})?[\"']?(?P<v>[^\s\"'|]{1,256})[\"']?\s{0,4}\|[^\n]{0,80}(?:passwd"
        r"|login)\b[^\n]{0,120}?stdin",
    ),
    rule(
        "command-line",
        "password-stdin",
        r"\becho\s{1,4}(?:-n\s{1,4})?[\"']?(?P<v>[^\s\"'|]{1,256})[\"']?\s{0,4}\|[^\n]{0,200}?--password-stdin",
    ),
    rule(
        "command-line",
        "sqlplus¦rman target¦expdp¦impdp¦exp ",
        r"\b(?:sqlplus|expdp|impdp|exp|rman\s{1,4}target)\b[^\n]{0,80}?\s[\"']?[\w.\-]{1,64}/(?P<v>[^\s@/\"']"
        r"{1,128})(?=@|\s|$)",
    ),
    rule("command-line", "ftp ", r"\bl?ftp\b[^\n|;]{0,200}?\s-u\s{1,4}[\"']?[\w.\-@]{1,64},(?P<v>[^\s\"']{1,256})"),
    rule(
        "command-line",
        "mc alias¦mc config",
        r"\bmc\s{1,4}(?:alias|config\s{1,4}host)\s{1,4}(?:set"
        r"|add)\s{1,4}\S{1,64}\s{1,4}\S{1,200}\s{1,4}\S{1,128}\s{1,4}(?P<v>[^\s\"'\\]{1,256})",
    ),
    rule(
        "command-line",
        "net user",
        r"(?i)\bnet\s{1,4}user\s{1,4}[^\s/]{1,64}\s{1,4}(?P<v>[^\s/*\"'\\][^\s\""
        r"'\\]{0,127})",
    ),
    rule("command-line", "redis-cli¦auth", r"(?i)\bauth\s{1,4}(?:default\s{1,4})?[\"'](?P<v>[^\s\"']{4,256})[\"']"),
    rule("command-line", "pass:", r"\s-pass(?:in|out)?\s{1,4}pass:(?P<v>[^\s\"']{1,256})"),
    rule(
        "command-line",
        "kinit¦sudo¦cryptsetup¦gpg¦| su ",
        r"\becho\s{1,4}(?:-n\s{1,4})?(?P<q>[\"'])?(?P<v>(?(q)[^\"'\n]|[^\s\"'|]){1,256})(?(q)(?P=q))\s{0,4}\|\s{0,4}"
        r"(?:kinit|sudo\s{1,4}-\w{0,4}S|cryptsetup|gpg|su)\b",
    ),
    rule("command-line", "creds", r"--(?:src-|dest-)?creds[ =]{1,4}[\"']?[\w.\-@]{1,64}:(?P<v>[^\s\"']{1,256})"),
    rule("command-line", "ossutil", r"\bossutil\w{0,6}\s{1,4}config\b[^\n]{0,200}?\s-k\s{1,4}(?P<v>[^\s\"']{8,128})"),
    _flag("beeline", "beeline", "p"),
    rule(
        "command-line",
        "net use",
        r"(?i)\bnet\s{1,4}use\b[^\n]{0,160}?/user:\S{1,64}\s{1,4}(?P<v>[^\s/*\"'][^\s\"']{0,127})",
    ),
    rule(
        "command-line",
        "schtasks¦sc config",
        r"(?i)\b(?:schtasks|sc)\b[^\n]{0,200}?(?:/rp|/p|password=)\s{1,4}(?P<v>[^\s\"']{1,128})",
    ),
    rule(
        "sql-password",
        "sp_addlogin¦sp_password¦aes_¦pgp_sym_¦encode(¦db.auth",
        r"(?i)\b(?:sp_addlogin|sp_password|aes_(?:en|de)crypt|pgp_sym_(?:en|de)crypt|db\.auth)\b\s{0,4}\(?"
        r"[^,\n]{1,200},\s{0,4}N?[\"'](?P<v>[^\"'\n]{1,256})[\"']",
    ),
)
