"""The words of LogQL: a query cut into tokens."""

import json
import re
from dataclasses import dataclass


class BadLogQuery(ValueError):
    """The query cannot be read, or has no answer; Loki answers 400 with plain text."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its kind (`name`, `string`, `number`, `duration`, `bytes`, `op`, `end`), its text and its column."""

    kind: str
    text: str
    column: int


_PIECES = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<duration>(?:\d+(?:\.\d+)?(?:ms|us|µs|ns|h|m|s|d|w|y))+(?![A-Za-z_]))
    |(?P<bytes>\d+(?:\.\d+)?(?:[KMGTPE]i?B|[kmg]i?b|B)(?![A-Za-z_]))
    |(?P<number>(?:0x[0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+))
    |(?P<flag>--[a-z-]+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<op>\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|[{}()\[\],|=<>+\-*/%^:])""",
    re.VERBOSE,
)


def tokenise(query: str) -> list[Token]:
    """All tokens of a query, and one for its end."""
    tokens, place = [], 0
    while place < len(query):
        found = _PIECES.match(query, place)
        if not found:
            raise fail(query, place, f"syntax error: unexpected character {query[place]!r}")
        kind = str(found.lastgroup)
        if kind != "space":
            tokens.append(Token(kind, _text(kind, found[0]), place + 1))
        place = found.end()
    tokens.append(Token("end", "$end", len(query) + 1))
    return tokens


def _text(kind: str, raw: str) -> str:
    if kind != "string":
        return raw
    if raw[0] == "`":
        return raw[1:-1]
    try:
        return str(json.loads(raw))
    except ValueError:
        return raw[1:-1].encode().decode("unicode_escape")


def fail(query: str, place: int, why: str) -> BadLogQuery:
    """The error at a place."""
    line = query.count("\n", 0, place) + 1
    column = place - (query.rfind("\n", 0, place) + 1) + 1
    return BadLogQuery(f"parse error at line {line}, col {column}: {why}")


_UNITS = {
    "ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 86400 * 10**9, "w": 7 * 86400 * 10**9, "y": 365 * 86400 * 10**9,
}  # fmt: skip


def nanoseconds(text: str) -> int:
    """A duration such as 1h30m in nanoseconds."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s|d|w|y)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text.lstrip("+-"):
        raise ValueError(f'time: invalid duration "{text}"')
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts)) * (-1 if text.startswith("-") else 1)


def byte_count(text: str) -> float:
    """A size such as 10KB or 4MiB in bytes."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kKmMgGtTpPeE]?)(i?)[bB]?\s*", text)
    if not found:
        raise ValueError(f"unhandled size name: {text}")
    power = " kmgtpe".index(found[2].lower() or " ")
    return float(found[1]) * float(1024 if found[3] else 1000) ** power
