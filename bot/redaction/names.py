"""Which names hold secrets: some always, some only when what stands there looks like one."""

import enum
import re
from functools import lru_cache

LITERALS = (
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "cred",
    "auth",
    "sign",
    "sig",
    "sess",
    "sid",
    "cookie",
    "kennwort",
    "contrase",
    "senha",
    "psk",
    "pw",
    "community",
    "access_id",
    "accessid",
    "access-id",
)
"""One of these stands in every name that can hold a secret."""
WORD = re.compile(
    r"passw(?:or)?d|passwort|kennwort|contrase(?:ñ|n)a|senha|passwd|passphrase|passcode|pwd|pass|secret|token"
    r"|api[_-]?key|apikey|private[_-]?key|encryption[_-]?key"
    r"|master[_-]?key|account[_-]?key|shared[_-]?key|access[_-]?key|subscription[_-]?key|license[_-]?key"
    r"|client-key-data"
    r"|aes[_-]?key|p(?<![a-z]p)(?:w|sk)(?![a-z])|cred|auth|signature|sig|sign|session|sessid|sid|cookie"
    r"|x-amz-credential|access[_-]?id|requirepass|community[_-]?str(?:ing)?|key"
)
"""Sought in `lowered` text: a pattern that ignores case cannot skip to a first letter, and is twenty times slower."""
_STRONG = re.compile(
    r"(?i:passw(?:or)?d|passwort|kennwort|contrase(?:ñ|n)a|(?<![a-z])senha|passwd|passphrase|passcode|\bpwd"
    r"|_pwd|client[_-]?secret|secret[_-]?key|secret[_-]?access[_-]?key"
    r"|access[_-]?key[_-]?secret|accesskeysecret|app[_-]?secret|signing[_-]?secret|jwt[_-]?secret"
    r"|secret[_-]?id|private[_-]?key"
    r"|api[_-]?key|apikey|access[_-]?token|refresh[_-]?token|auth[_-]?token|authtoken|id[_-]?token|session[_-]?token"
    r"|security[_-]?token|bearer[_-]?token|client-key-data|encryption[_-]?key|master[_-]?key|account[_-]?key"
    r"|shared[_-]?key"
    r"|access[_-]?key[_-]?id|accesskeyid|ossaccesskeyid|access[_-]?key|x-api-key|x-auth-token|x-vault-token"
    r"|private-token|requirepass|masterauth|(?:totp|otp|mfa|webhook|shared|hmac|cookie|radius)[_-]?secret|community[_-]?str(?:ing)?"
    r"|x-amz-signature|x-amz-credential|x-amz-security-token)"
    r"|[a-z]Pwd|PWD|(?i:(?<![a-z])p(?:w|sk)(?![a-z])|aes[_-]?key)|(?<![A-Za-z])Pass(?![a-z])"
    r"|(?<=[a-z])Pass(?![a-z])|(?<![a-z])pass(?![a-z])|(?<=[_.-])pass(?![a-z])|(?<=_)PASS(?![A-Z])"
)
_WEAK = re.compile(
    r"(?i:token|secret|credential|creds|(?<![a-z])auth|signature|(?<![a-z])sig|(?<![a-z])sign|session(?:id)?"
    r"|jsessionid"
    r"|phpsessid|connect\.sid|(?<![a-z])sid|cookie|(?<![a-z])access[_-]?id|(?<=[?&])key|(?<![\w.-])key|[_.-]key$)|(?<=[a-z])Key$"
)
_HARMLESS_END = re.compile(
    r"^(?:s?[_.\-]?(?:min\w*|max\w*|name|names|type|count|total|bucket|len|length|size|limit|expir\w*|ttl"
    r"|file|path|dir|url|uri|endpoint|policy"
    r"|(?:secret_?(?:key_?)?)?ref(?:[._\-].*)?|version|alg\w*|status|state|at|time|timeout|age|hash_?alg\w*|issuer|provider|mode"
    r"|method|enabled|required|header"
    r"|format|source|store\w*|manager\w*|service\w*|svc|api|word|board|code|space\w*|cache\w*|s_total|_tokens"
    r"|izer|ization|or"
    r"|ority|entication\w*|rate|usage|request\w*|info|id)|s)$"
)
_ID_END = re.compile(r"^[_.\-]?id$")
_ID_OF_SECRET = re.compile(r"secret|access_?key|session|connect\.s", re.IGNORECASE)
_HARMLESS_KEYS = tuple(
    f"{word}{gap}key"
    for word in [
        "public",
        "primary",
        "foreign",
        "sort",
        "partition",
        "routing",
        "cache",
        "idempotency",
        "object",
        "row",
        "group",
        "hash",
        "index",
        "message",
    ]
    for gap in ("_", "", "-")
)


def lowered(text: str) -> str:
    """In small letters, each in its place."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(each.lower() if each.isascii() else each for each in text)


class Hold(enum.Enum):
    """What a name says of its value."""

    NOTHING = 0
    PERHAPS = 1
    SECRET = 2


@lru_cache(8192)
def holds(name: str) -> Hold:
    """What this name says of the value beside it."""
    strong = _last_end(_STRONG, name)
    end = strong if strong is not None else _last_end(_WEAK, name)
    if end is None:
        return Hold.NOTHING
    rest, low = name[end:].lower(), name.lower()
    if rest and _ID_END.match(rest):
        if not _ID_OF_SECRET.search(name):
            return Hold.NOTHING
    elif rest and _HARMLESS_END.match(rest):
        return Hold.NOTHING
    if low.endswith(_HARMLESS_KEYS):
        return Hold.NOTHING
    return Hold.SECRET if strong is not None else Hold.PERHAPS


def _last_end(shape: re.Pattern[str], name: str) -> int | None:
    end = None
    for found in shape.finditer(name):
        end = found.end()
    return end
