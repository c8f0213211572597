"""Secrets that show by where they stand: connection strings, hooks, hashes of passwords, pairs of cloud keys."""

import re

from bot.redaction.rule import Rule, rule

PLACES: tuple[Rule, ...] = (
    rule(
        "url-password",
        r"~@(?:tcp|unix|udp)?\(",
        r"(?<![\w:/])[\w.\-]{1,64}:(?P<v>[^\s\"']{1,256}?)@(?:tcp|unix|udp)?\(",
    ),
    rule(
        "url-password",
        r"~[^\s:]@[\w.\-]+:\d",
        r"(?<![\w:/@.\-])[A-Za-z][\w.\-]{0,63}:(?P<v>[^\s:/@\"'<>]{4,128})@(?!sha\d)[A-Za-z0-9][\w.\-]{1,200}"
        r":\d{2,5}(?!\w)",
    ),
    rule("hook", "discord", r"discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/\d{5,30}/(?P<v>[\w\-]{20,200})"),
    rule("hook", "office.com/webhook", r"office\.com/webhook\w{0,4}/(?P<v>[^\s\"'<>]{16,400})"),
    rule(
        "hook",
        "oapi.dingtalk¦workflows/",
        r"oapi\.dingtalk\.com/\S{1,60}?(?:access_token|sign)=(?P<v>[\w%+/=\-]{16,200})",
    ),
    rule("google-key", "ya29.", r"\b(?P<v>ya29\.[\w\-]{20,2000})"),
    rule("google-key", "gocspx-", r"\b(?P<v>GOCSPX-[\w\-]{20,60})"),
    rule("age-key", "age-secret-key", r"\b(?P<v>AGE-SECRET-KEY-1[A-Z0-9]{40,80})"),
    rule("vault", r"~\bs\.[A-Za-z0-9]{24}", r"(?<![\w.])(?P<v>s\.[A-Za-z0-9]{24})(?![\w.])"),
    rule(
        "password-hash",
        r"~\$(?:2[abxy]|[156y]|argon2id?|argon2i|scrypt|pbkdf2[\w-]*)\$",
        r"(?P<v>\$(?:2[abxy]\$\d\d|[156y]|argon2\w{1,2}|scrypt|pbkdf2[\w\-]{0,12})\$[^\s\"',;:]{20,400})",
    ),
    rule(
        "password-hash",
        "pbkdf2_¦scrypt:",
        r"\b(?:pbkdf2_\w{3,10}\$\d{1,8}\$|scrypt:\d{1,8}:\d{1,3}:\d{1,3}\$)(?P<v>[^\s\"',;]{16,400})",
    ),
    rule(
        "cloud-key",
        r"~(?:\b|_)(?:ak|sk|access[ _]?key|secret[ _]?id)[\"']?\s?[:=]",
        r"(?i)(?<![a-z0-9])(?:ak|sk|access[ _]?key"
        r"|secret[ _]?id)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<v>(?=[^\s]{0,79}\d)[A-Za-z0-9+/=]{16,80})(?![\w+/=])",
    ),
    rule(
        "docker-auth",
        ".dockerc",
        r"\.docker(?:cfg|configjson)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<v>[A-Za-z0-9+/=]{12,16384})",
    ),
    rule(
        "identity-token",
        "netrc¦machine ",
        r"\bmachine\s{1,4}\S{1,120}\s{1,4}login\s{1,4}\S{1,120}\s{1,4}password\s{1,4}(?P<v>[^\s\"'\\]{1,256})",
    ),
    rule(
        "credential",
        "credential¦creds",
        r"(?i)\bcred(?:ential)?s?[\"']?\s{0,3}[:=]\s{0,3}[\"']?[\w.\-@]{1,64}[:/](?P<v>[^\s"
        r"\"',;/:]{6,128})",
    ),
    rule("aws-signature", "signature=¦nonce=", r"(?i)\bsignature=(?P<v>[0-9a-f]{64})(?![0-9a-f])"),
    rule("digest-response", "response=", r"(?i)\b(?:nonce|response)=\"(?P<v>[0-9a-f]{32,64})\"", re.ASCII),
)
