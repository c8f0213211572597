"""Names and values as programs write them: JSON, logfmt, YAML, environment, code, and what people type."""

import functools
import re
from collections.abc import Iterator

from bot.redaction.names import WORD, Hold, holds, lowered

LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
BEFORE = LETTERS | {"?", "&"}
MOST_NAME = 48
MOST_LOOKED_INTO = 1024
"""A longer value that is no secret is passed over, not searched for further names."""
_REST = re.compile(r"[A-Za-z0-9_.\-]{0,49}")
_VALUE = re.compile(
    r"""(?P<rest>[A-Za-z0-9_.\-]{0,48}+)"""
    r"""(?P<sep>\((?=["'])|(?:\\*["'`])?(?:\]|\[\])?[ \t]{0,3}(?:[=-]>|→|[!=]==?|:{0,3}=|[=:]|\?{1,2}=|\.=)[ \t]{0,3}"""
    "|[ \t]{1,8}string[ \t]{0,8}=[ \t]{0,8}"
    r"""|\\*["'`][ \t]{0,8},[ \t]{0,8}(?=\\*["'`])(?!\\*["'`][\w.-]{1,60}\\*["'`]\s{0,4}:)"""
    r"""|[ \t]{1,8}-[ \t]{1,8}(?=["'`])|[ \t]{1,8}(?=["'`]))"""
    r"""(?:string\(\d{1,5}\)[ \t]{0,3}|[A-Za-z]{1,16}\((?=["'])|[bBuUrRN](?=["']))?"""
    r"""(?:\[?@?(?P<q>\\*["'`])(?P<quoted>(?:[^\n"'`\\]|\\\\.|(?!(?P=q))(?:["'`]|\\(?!\\))){1,4096}?(?=(?P=q))"""
    r"""|(?:(?!(?P=q))[^\n]){1,4096}(?=(?P=q)))(?P=q)"""
    r"""|(?P<bare>[^\s"'`,;&<>(){}\[\]|\\]{1,4096}))"""
)
"""In a quoted value each letter fits one way only, or a row of backslashes would be tried in every way there is."""
_PLACEHOLDER = re.compile(
    r"^(?:\*{2,}|x{4,}|X{4,}|<[^>]*>|\[?(?i:redacted|masked|filtered|hidden|secret)(?:\]|:.*)?|\$\{.*|\$\(.*"
    r"|\{\{.*|%\(?\w*\)?s"
    r"|\$[A-Z_]+|\$|(?i:null|none|nil|true|false|undefined|empty|yes|no|n/a|ok|-)|\.{3,})$"
)
_PROSE = frozenset(
    re.findall(
        r"[a-z]+",
        """
        is are was were the a an to for in on of not no yes must required invalid incorrect missing expired
        authentication authorization failed error mismatch min max length policy from with and or has have been
        be empty set unset null none true false nil ok denied accepted changed reset rotated refresh refreshed
        found valid bearer basic digest negotiate token key unauthorized forbidden user admin password passwd
        secret username credentials
        """,
    )
)
_PORT = re.compile(r"\d{2,5}(?:/\S*)?")
_JOINED = re.compile(r"[a-z]+(?::[a-z0-9_]+)+|[A-Z]{2,}(?:_[A-Z]{2,})+")
_CLUSTER_NAME = re.compile(r"(?:[a-z]+|[a-z0-9]{1,15})(?:-(?:[a-z]+|[a-z0-9]{1,15}))+")
_SECRETISH = re.compile(r"^(?=.*[0-9])(?=.*[A-Za-z])[^\s]{8,}$|^[A-Za-z0-9+/_\-.=]{20,}$")
_NUMBER = re.compile(r"^[+\-]?\d+(?:\.\d+)?(?:ms|s|m|h|d|%|[kKmMgG]i?[bB]?)?$")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_HEX = re.compile(r"^[0-9a-f]{7,}$")
_DOTTED_WORDS = re.compile(r"[a-z]+(?:[._\-][a-z]+)+")
_LONG_KEY = re.compile(r"[A-Za-z0-9_\-./+=~]+")
_KEY_NAME = re.compile(r"(?:[_.\-][kK][eE][yY]|[a-z]Key)$")
_IN_NAMESPACE = re.compile(r"[a-z][a-z0-9\-]{0,40}/[a-z](?:[a-z0-9]{0,14}[-.])*[a-z0-9]{1,14}")
"""A namespace and a name in it."""
_OPENS = re.compile(
    r"[A-Z][A-Z0-9_]*_KEY|(?i:.*(?:app|subscription|integration|service|ingest\w*|write|function|admin|root|client|merchant"
    r"|hmac|sign\w*|(?:de|en)?crypt\w*|cipher|storage|partner|activation|transport|routing)[_.-]?key)"
)
"""Keys that open something, though their value be hex or short."""
_ASSIGNED = frozenset({"=", "?=", ":="})
_PIN = re.compile(r"pass|pwd|pin", re.IGNORECASE)
_TOKENISH = re.compile(r"token|secret|cred|api[_-]?key", re.IGNORECASE)
_HUMPS = re.compile(r"(?:[A-Z]?[a-z]{2,}\d{0,2}|[A-Z]{2,}\d{0,2})+|[A-Za-z][a-z]*(?:[_.:/-][A-Za-z][a-z]*)+")


MOST_REMEMBERED = 80
"""Letters of a pair whose judgement is remembered."""


def placeholder(value: str) -> bool:
    """What stands where a secret would be: stars, a variable, our own mark."""
    return bool(_PLACEHOLDER.match(value))


def prose(value: str) -> bool:
    """A word of a sentence, not a secret."""
    return value.strip(".,;:!?").lower() in _PROSE


def cluster_name(value: str) -> bool:
    """What workloads and pods are called: words joined by dashes, none of them long and mixed."""
    return bool(_CLUSTER_NAME.fullmatch(value)) and not _UUID.search(value)


def pairs(text: str) -> Iterator[tuple[int, int, str]]:
    """Spans of the secret values beside their names."""
    at, low = 0, lowered(text)
    search, match = WORD.search, _VALUE.match
    while found := search(low, at):
        start, end = found.span()
        value = match(text, end)
        if value is None:
            at = _past(text, end)
            continue
        if start and text[start - 1] in BEFORE:
            start = _first(text, start)
        group = "bare" if value["q"] is None else "quoted"
        name, said = text[start : value.end("rest")], value[group]
        judge = _secret if len(name) + len(said) > MOST_REMEMBERED else _secret_remembered
        if judge(name, said, value["sep"], group == "quoted"):
            yield *value.span(group), "secret"
            at = value.end(group)
        else:
            at = value.end("sep" if len(said) <= MOST_LOOKED_INTO else group)


def _past(text: str, end: int) -> int:
    """Where to go on after a name without a value that ends here or later; a name that goes on too long is none."""
    rest = _REST.match(text, end)
    return rest.end() if rest and rest.end() - end <= MOST_NAME else end


def _first(text: str, start: int) -> int:
    """Where the name begins that this word stands in."""
    least = max(0, start - 40)
    while start > least and text[start - 1] in LETTERS:
        start -= 1
    return start - 1 if start and text[start - 1] in "?&" else start


def _secret(name: str, value: str, sep: str, quoted: bool) -> bool:
    hold = holds(name)
    low = name.lower()
    if hold is Hold.NOTHING or placeholder(value) or not value.strip(" ,:{}[]"):
        return False
    if sep.strip() == ":" and hold is Hold.PERHAPS and (_PORT.fullmatch(value) or cluster_name(value)):
        return False
    if not sep.strip() and cluster_name(value):
        return False
    if (value.isdigit() and len(value) < 4) or "@sha256:" in value or _JOINED.fullmatch(value):
        return False
    if (name == "PASS" and value.startswith("Test")) or (hold is Hold.PERHAPS and _IN_NAMESPACE.fullmatch(value)):
        return False
    if low in {"pwd", "oldpwd"} and value.startswith(("/", ".", "~")):
        return False
    if _NUMBER.match(value) and not _PIN.search(low):
        return len(value) >= 16 and value.isdigit() and bool(_TOKENISH.search(low))
    if not quoted and prose(value):
        return False
    return _surely(value, sep, quoted) if hold is Hold.SECRET else _perhaps(name, low, value.strip(), quoted)


_secret_remembered = functools.lru_cache(4_096)(_secret)
"""Logs say the same pairs again and again, and so do lines that are made to take long."""


def held_by(name: str, value: str) -> bool:
    """Whether this value is a secret where it stands in a field of this name."""
    return _secret(name, value, "=", True)


def _surely(value: str, sep: str, quoted: bool) -> bool:
    """Beside a name that always holds a secret: anything but a word of a sentence such as "password: please change"."""
    if quoted or sep.strip() in _ASSIGNED or len(value) >= 16:
        return True
    if re.search(r"[0-9\W_]", value.rstrip(".,;:")):
        return True
    return '"' in sep or "'" in sep or (len(value.strip(".,;:!?")) >= 6 and not sep.endswith(" "))


def _perhaps(name: str, low: str, value: str, quoted: bool) -> bool:
    """Beside a name that may hold one: only what looks like one."""
    mixed = bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value))
    value = value.removeprefix("base64:")
    if low == "key" or low.endswith((".key", "?key", "&key")) or _KEY_NAME.search(name):
        if _HEX.match(value) and (len(value) < 32 or not (low == "key" or _OPENS.fullmatch(name))):
            return False
        long = len(value) >= 20 or (len(value) >= 16 and bool(_OPENS.fullmatch(name)))
        return (
            long
            and bool(_LONG_KEY.fullmatch(value))
            and mixed
            and not _UUID.match(value)
            and not re.search(r"[:/]", value)
        )
    if _SECRETISH.match(value) and not value.startswith(("/", "http", "sha256:", "SHA256:")):
        return not _DOTTED_WORDS.fullmatch(value)
    if not quoted or len(value) < 8 or " " in value or not _TOKENISH.search(low):
        return False
    return mixed or (len(value) >= 12 and not _HUMPS.fullmatch(value))
