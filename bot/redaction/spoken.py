"""Secrets told in so many words: "the password is …", "AUTH …", 密码设置为 …; only what looks like one."""

import functools
import re
from collections.abc import Iterator

from bot.redaction.keyvalue import MOST_REMEMBERED
from bot.redaction.names import lowered

SIGNS = (
    *("pass", "auth ", "secret", "token", "key ", "cred", "kennwort", "contrase", "senha", "mot de", "пароль"),
    *(
        "パスワード",
        "비밀번호",
        "密码",
        "口令",
        "密钥",
        "秘钥",
        "令牌",
        "凭证",
        "私钥",
        "授权码",
        "提取码",
        "验证码",
        "校验码",
    ),
    *(r"~\b(?:pin|otp|cvv|cvc)\b", "verification code", "one-time code"),
)
"""One of these stands where something is told so."""
_NAMED = (
    r"passw(?:or)?d|passwort|kennwort|contrase(?:ñ|n)a|senha|mot de passe|passphrase|passcode|requirepass|masterauth"
    r"|пароль|パスワード|비밀번호"
)
_NAMES = re.compile(rf"{_NAMED}|pass|auth|pwd|secret|client|token|api|access|signing|cred")
_WORDS = re.compile(
    rf"(?i)(?<![a-z])(?:(?P<pass>{_NAMED}|pass(?=[ \t]*[:|])|auth(?=[ \t])|(?<=_)(?:pass|pwd)(?=[ \t]))"
    r"|(?:client[ _-]?)?secret(?:[ _-]?(?:access[ _-]?)?key)?|token|api[ _-]?key|access[ _-]?key|signing[ _-]key"
    r"|credentials?|creds)(?![A-Za-z0-9_-]|\.\w)[\""
    r"'`*]{0,2}"
    r"(?:[ \t]+(?:for|of)[ \t]+(?:user[ \t]+)?[\w.@'-]{1,40}(?=:))?(?:[ \t]*\([^()\n]{1,20}\))?"
    r"(?P<far>[ \t]+(?:(?:for|of|user|account|login|root|default|is|was|to|as|set|now|with|hash|value|new|old"
    r"|the|been"
    r"|changed|reset|updated|[\w.@-]{1,30}(?=[ \t]+(?:is|was|to)[ \t]))[ \t]+){1,6})?"
    r"[ \t]*(?:的值?)?[ \t]*(?:->|=>|→|[|:=：是为])?[ \t]*[\"'`“(<\[]?(?P<v>[^\s\\\"'`“”(){}\[\]<>,;|，。；]{6,512})"
)
_HAN = re.compile(
    r"(?P<name>密码|口令|密钥|秘钥|令牌|凭证|私钥|授权码|提取码|(?P<code>验证码|校验码|动态码))(?:[（(][^）)\n]{1,16}[）)])?[】\]」”\"*]{0,2}"
    r"\s{0,4}(?P<sep>(?:已?被?(?:设置|重置|修改|更新|更改|变更|初始化|默认|统一|改|设|换)?(?:为|成|是)了?)?\s{0,2}(?:[:：=|→]"
    r"|[-=]>)?)\s{0,4}[\"'“‘`「『【《]?(?P<v>[!#-&(-+\--:<-\[\]-~]{4,256})"
)
_CODE = re.compile(
    r"(?i)\b(?:pin|otp|cvv2?|cvc|verification code|one-time code)(?:[ _]?code)?[\"']?\s{0,3}(?:is|was"
    r"|[:=])?\s{0,3}[\"']?(?P<v>\d{3,8})(?![\w.])"
)
_CODES = ("pin", "otp", "cvv", "cvc", "verification", "one-time")
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[A-Za-z]")
_SIGN = re.compile(r"[!@#$%^&*_+~]")
_TURN = re.compile(r"\d(?=[A-Za-z])|[A-Za-z](?=\d)")
_DASHED = re.compile(r"[\w.]{1,13}(?:[-/:.][\w.]{1,13})+|[\w.-]+[:/=].*|v?\d.*")
_NAME = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)+|[a-z_]+\d?|\d+[a-z]{0,3}|v?\d+(?:[.:/-]\d+)*[a-zT]?.{0,12}")
_ALGORITHM = re.compile(
    r"(?i)(?:sha|md|aes|rsa|utf|base|oauth|pbkdf|argon|bcrypt|scram|hs|rs|es|ed|http|tls|ipv|ntlm|x|k|v|s|ec"
    r"|oidc|log4j|p)[-_]?\d{1,5}(?:[-_]?\w{1,12})?"
)
_HUMPS = re.compile(r"(?:[A-Z]?[a-z]{2,}\d{0,2}|[A-Z]{2,}\d{0,2})+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def spoken(line: str) -> Iterator[tuple[int, int, str]]:
    """Spans of what looks like a secret beside a word that announces one."""
    for found in _announced(line):
        value = found["v"].rstrip(".:!?*)")
        judge = _remembered if len(value) <= MOST_REMEMBERED else looks_secret
        far = (found["far"] or "").split()
        if judge(value, bool(found["pass"]), not far or far in (["is"], ["was"])):
            yield found.start("v"), found.start("v") + len(value), "secret"
    for found in _HAN.finditer(line) if not line.isascii() else ():
        value = found["v"].rstrip(".:!?*")
        if found["code"] and re.fullmatch(r"\d{4,8}", value):
            yield found.start("v"), found.start("v") + len(value), "code"
        elif looks_secret(value, True, True):
            yield found.start("v"), found.start("v") + len(value), "secret"
    for found in _CODE.finditer(line) if any(each in lowered(line) for each in _CODES) else ():
        yield *found.span("v"), "code"


def _announced(line: str) -> Iterator[re.Match[str]]:
    low, at = lowered(line), 0
    while name := _NAMES.search(low, at):
        found = _WORDS.match(line, name.start())
        at = found.end() if found else name.start() + 1
        if found:
            yield found


def looks_secret(value: str, announced: bool, near: bool) -> bool:
    """Letters and digits mixed as no name, number, version or path mixes them. `announced`: by the word password."""
    if len(value) < 6 or not _LETTER.search(value):
        return False
    if not _DIGIT.search(value):
        return announced and near and len(value) >= 8 and _odd(value)
    if value.startswith(("/", "./", "~", "$", "%", "http", "--", "Test")) or "://" in value or _UUID.fullmatch(value):
        return False
    if _ALGORITHM.fullmatch(value):
        return False
    if len(value) >= 14 and len(_TURN.findall(value)) >= 4 and not _DASHED.fullmatch(value):
        return True
    if _NAME.fullmatch(value):
        return announced and near and bool(re.fullmatch(r"[a-z]{3,}\d{2,}[a-z0-9]*", value))
    if announced and near:
        return "=" not in value[:-2]
    if _HUMPS.fullmatch(value) or re.fullmatch(r"[\w.-]+[:/].*|[A-Z0-9_-]+", value):
        return announced and bool(_SIGN.search(value))
    mixed = bool(re.search(r"[a-z]", value) and re.search(r"[A-Z]", value))
    return len(value) >= 8 and (mixed or bool(_SIGN.search(value)) or len(value) >= 20)


_remembered = functools.lru_cache(4_096)(looks_secret)


def _odd(value: str) -> bool:
    """Small and great letters as no word mixes them, such as Summer_WXgaR."""
    parts = [each for each in re.split(r"[^A-Za-z]+", value) if each]
    mixed = bool(re.search(r"[a-z]", value) and re.search(r"[A-Z]", value))
    return mixed and "_" in value and not all(_HUMPS.fullmatch(each) or len(each) < 3 for each in parts)
