"""Regular expressions as Go's RE2 reads them, which is what Prometheus and Loki speak, carried out by Python's."""

import re
from functools import lru_cache

_CLASSES = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:space:]": r"\s",
    "[:punct:]": r"!-/:-@\[-`{-~",
    "[:word:]": r"\w",
    "[:xdigit:]": "0-9A-Fa-f",
}
_FOREIGN = re.compile(r"\(\?(?:=|!|<=|<!|>|P=|#)|(?<!\\)(?:\\\\)*\\[1-9]")


class BadPattern(ValueError):
    """The pattern is not one that RE2 would take."""


@lru_cache(maxsize=2048)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The compiled pattern; what RE2 does not know (look-around, back references) is refused as RE2 refuses it."""
    if _FOREIGN.search(pattern):
        raise BadPattern(f"error parsing regexp: invalid or unsupported Perl syntax: `{pattern}`")
    text = pattern.replace("(?<", "(?P<").replace(r"\z", r"\Z")
    for name, letters in _CLASSES.items():
        text = text.replace(name, letters)
    try:
        return re.compile(text, re.ASCII if text.isascii() else 0)
    except re.error as wrong:
        raise BadPattern(f"error parsing regexp: {wrong}: `{pattern}`") from wrong


@lru_cache(maxsize=2048)
def compile_whole(pattern: str) -> re.Pattern[str]:
    """The pattern for a whole label value, where a dot also matches a line's end."""
    compile_pattern(pattern)
    return compile_pattern(f"(?s:{pattern})") if not pattern.startswith("(?") else _with_flags(pattern)


def _with_flags(pattern: str) -> re.Pattern[str]:
    flags = re.match(r"\(\?([imsU]+)\)", pattern)
    if not flags:
        return compile_pattern(f"(?s:{pattern})")
    letters = "".join(sorted(set(flags[1].replace("U", "") + "s")))
    return compile_pattern(f"(?{letters}:{pattern[flags.end() :]})")
