"""Puts a mark where a secret stood: the same secret gets the same mark, and no mark tells the secret."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Set
from typing import NewType

from bot.redaction import beside, encoded, spoken
from bot.redaction.canonical import canonical
from bot.redaction.gate import Gate
from bot.redaction.keyvalue import held_by, pairs, placeholder, prose
from bot.redaction.manifests import kubernetes_secrets
from bot.redaction.names import LITERALS
from bot.redaction.personal import personal
from bot.redaction.rule import Rule
from bot.redaction.rules import BLOCKS, RULES

Redacted = NewType("Redacted", str)
"""Text that has passed the mask."""
Span = tuple[int, int, str]
MARK = re.compile(r"\[REDACTED:[a-z\-]{1,20}:[0-9a-f]{6}\]")
LONGEST_LINE = 65_536
WITHHELD = Redacted("[withheld: it could not be checked for secrets]")
_MIXED = re.compile(r"\d|[A-Z].*[a-z]|[=+/]")
BY_SIGN: dict[str, list[Rule]] = {}
for _rule in RULES:
    for _sign in _rule.signs:
        BY_SIGN.setdefault(_sign, []).append(_rule)
ELEVEN = r"~\d{11}"
SPACED = r"~\d{3,4}[- ]\d{4}[- ]\d{4}"
ODD_SIGNS = frozenset({"~\\x1b\\[", r"~\\u(?:00[2-7]|[4-9][0-9a-f]{2}|ff[0-5])", "~%[2-7][0-9a-f]"})
SPOKEN = frozenset(spoken.SIGNS)
DIGITS = frozenset({ELEVEN, SPACED})
CODED = frozenset(encoded.SIGNS)
GATE = Gate(
    [
        *BY_SIGN,
        *LITERALS,
        *(sign for block in BLOCKS for sign in block.signs),
        *ODD_SIGNS,
        *SPOKEN,
        *DIGITS,
        *beside.SIGNS,
        *CODED,
        "kind",
        "into",
    ],
    CODED,
)
NONE: frozenset[str] = frozenset()


class Masker:
    """Masks with one key. `own` are our own secrets, found by exact match wherever they stand.

    `wider`: gives more places where secrets stand. What goes wrong in it withholds the text.
    """

    def __init__(
        self, key: bytes = b"", own: Iterable[str] = (), wider: Callable[[str], Iterable[Span]] | None = None
    ) -> None:
        self._key = key or secrets.token_bytes(32)
        self._wider = wider
        self._own = tuple(sorted({each for each in own if len(each) >= 6}, key=len, reverse=True))

    def mask(self, text: str) -> Redacted:
        """The same text without its secrets. Masking twice changes nothing. Text that cannot be checked is withheld."""
        try:
            return Redacted("".join(self._masked(text)))
        except (RecursionError, MemoryError, IndexError, RuntimeError, ValueError):
            return WITHHELD

    def mask_field(self, name: str, value: str) -> Redacted:
        """The value of a field: its name, which does not stand in it, may say that it is a secret as a whole."""
        try:
            if held_by(name, value):
                return Redacted(self._mark(value, "secret"))
            whole = self.mask(f"{name}: {value}")
            return Redacted(whole.removeprefix(f"{name}: ")) if whole.startswith(f"{name}: ") else self.mask(value)
        except (RecursionError, MemoryError, IndexError, RuntimeError, ValueError):
            return WITHHELD

    def spans(self, text: str) -> list[Span]:
        """Where its secrets stand, and what they are; in order, not overlapping."""
        found = list(_found(text))
        found += list(self._ours(text))
        found += self._wider(text) if self._wider else ()
        return list(_apart(found, [each.span() for each in MARK.finditer(text)]))

    def _masked(self, text: str) -> Iterator[str]:
        at = 0
        for start, end, kind in self.spans(text):
            yield text[at:start]
            yield self._mark(text[start:end], kind)
            at = end
        yield text[at:]

    def _mark(self, secret: str, kind: str) -> str:
        digest = hmac.new(self._key, secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        return f"[REDACTED:{kind}:{digest[:6]}]"

    def _ours(self, text: str) -> Iterator[Span]:
        for each in self._own:
            at = text.find(each)
            while at >= 0:
                yield at, at + len(each), "own"
                at = text.find(each, at + len(each))


def _found(text: str, deep: bool = True) -> Iterator[Span]:
    """`deep`: also what shows only once a line is read as a person sees it."""
    signs = GATE.lines(text)
    everywhere = set().union(*signs.values())
    for block in BLOCKS:
        if block.signs[0] in everywhere:
            yield from ((*found.span("v"), block.name) for found in block.shape.finditer(text))
    if "kind" in everywhere and "secret" in everywhere:
        yield from kubernetes_secrets(text)
    if not signs and text.isascii():
        return
    at = 0
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        there = signs.get(number, NONE)
        if not there.isdisjoint(beside.SIGNS):
            before = lines[number - 1] if number else ""
            around = before + "".join(lines[number : number + 3])
            if len(around) <= LONGEST_LINE:
                yield from _moved(beside.beside(around), at - len(before))
        for piece in range(0, len(line) if there else 0, LONGEST_LINE):
            part = line[piece : piece + LONGEST_LINE]
            yield from _moved(_in_line(part, there, deep), at + piece)
        if deep and (not there.isdisjoint(ODD_SIGNS) or not line.isascii()):
            yield from _moved(_hidden(line), at)
        at += len(line)


def _hidden(line: str) -> Iterator[Span]:
    plain = canonical(line)
    if plain.places is not None:
        for start, end, kind in _found(plain.text, deep=False):
            yield *plain.original(start, end), kind


def _moved(found: Iterable[Span], by: int) -> Iterator[Span]:
    return ((start + by, end + by, kind) for start, end, kind in found)


def _in_line(line: str, signs: Set[str], deep: bool) -> Iterator[Span]:
    rules = dict.fromkeys(rule for sign in signs for rule in BY_SIGN.get(sign, ()))
    found = [span for rule in rules for span in _by_rule(rule, line)]
    if not signs.isdisjoint(LITERALS):
        found += pairs(line)
    if not signs.isdisjoint(SPOKEN):
        found += spoken.spoken(line)
    if "into" in signs:
        found += beside.inserted(line)
    yield from found
    yield from _echoes(line, found)
    if deep and not signs.isdisjoint(CODED):
        yield from encoded.encoded(line, _holds_one)
    if not signs.isdisjoint(DIGITS):
        yield from personal(line)


def _holds_one(text: str) -> bool:
    """Whether there is a secret in what something stands for."""
    return next(_found(text, deep=False), None) is not None


def _by_rule(rule: Rule, line: str) -> Iterator[Span]:
    for found in rule.shape.finditer(line):
        value = found["v"]
        if placeholder(value):
            continue
        if rule.name in {"authorization", "sql-password"} and prose(value):
            continue
        if rule.name == "authorization" and not _MIXED.search(value):
            continue
        if rule.name == "cookie" and (line[found.end() : found.end() + 1] == "," or re.match(r"[A-Z]\w*[({]", value)):
            continue  # a pattern that refuses the comma would read the same value again from each name in it
        if rule.name in {"bearer", "credential"} and not re.search(r"\d", value):
            continue
        if rule.name == "url-password" and (value.startswith("$") or (value.isdigit() and len(value) <= 5)):
            continue
        start, end = found.span("v")
        if line[end : end + 1] in {'"', "'"}:  # what escapes the quote belongs to the quote
            end = start + len(value.rstrip("\\"))
        yield start, end, rule.name


def _echoes(line: str, found: list[Span]) -> Iterator[Span]:
    """The same value elsewhere in the line."""
    for value in {line[start:end] for start, end, _ in found if 12 <= end - start <= 512}:
        if line.count(value) > 1 and re.search(r"\d", value):
            at = line.find(value)
            while at >= 0:
                yield at, at + len(value), "secret"
                at = line.find(value, at + len(value))


def _apart(found: list[Span], marks: list[tuple[int, int]]) -> Iterator[Span]:
    """In order and joined where they overlap; what is marked already stays."""
    last: Span | None = None
    for start, end, kind in sorted(each for each in found if each[1] > each[0]):
        if any(start < there[1] and end > there[0] for there in marks):
            continue
        if last and start < last[1]:
            last = (last[0], max(last[1], end), last[2])
            continue
        if last:
            yield last
        last = (start, end, kind)
    if last:
        yield last


_house = Masker()


def mask(text: str) -> Redacted:
    """With the house's own key and secrets."""
    return _house.mask(text)


def mask_field(name: str, value: str) -> Redacted:
    """A named value, with the house's own key and secrets."""
    return _house.mask_field(name, value)


def use(masker: Masker) -> None:
    """From now on the house masks with this one."""
    global _house  # noqa: PLW0603
    _house = masker
