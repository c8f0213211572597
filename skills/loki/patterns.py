"""Groups log lines that say the same with other numbers, as Drain does: by length, by first words, by likeness."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from skills.loki.client import Line

ALIKE = 0.55
"""The share of equal words from which two lines say the same."""
MOST_GROUPS = 500
MOST_WORDS = 60
WILD = "<*>"

_STAMP = re.compile(
    r"^\[?(?:\d{4}[-/]\d{2}[-/]\d{2}[T ])?\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?\]?\s*"
    r"|^[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.\d+\s+"
)
_MASKS = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?"), "<time>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<ip>"),
    (re.compile(r"\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?=(?:ns|us|µs|ms|s|m|h|%|[kKMGT]i?B?)?\b)"), "<n>"),
)


@dataclass(slots=True)
class Pattern:
    """Lines that say the same."""

    words: list[str]
    example: Line
    """One of them, as it was written."""
    count: int = 0
    first: float = 0.0
    last: float = 0.0
    sources: set[str] = field(default_factory=set)

    @property
    def template(self) -> str:
        """Their common words."""
        return " ".join(self.words)


def words_of(text: str) -> list[str]:
    """Without the time in front, and with what varies masked."""
    text = _STAMP.sub("", text.strip(), count=1)
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text.split()[:MOST_WORDS]


def mine(lines: Iterable[Line]) -> list[Pattern]:
    """The groups, most lines first."""
    leaves: dict[tuple[int, str, str], list[Pattern]] = {}
    total = 0
    for line in lines:
        words = words_of(line.text)
        leaf = leaves.setdefault(_branch(words), [])
        found = _most_alike(leaf, words)
        if found is None:
            if total >= MOST_GROUPS:
                continue
            found = Pattern(words, line, first=line.at, last=line.at)
            leaf.append(found)
            total += 1
        else:
            found.words = [old if old == new else WILD for old, new in zip(found.words, words, strict=True)]
        found.count += 1
        found.first, found.last = min(found.first, line.at), max(found.last, line.at)
        found.sources.add(line.source)
    return sorted((each for leaf in leaves.values() for each in leaf), key=lambda each: (-each.count, -each.last))


def _branch(words: list[str]) -> tuple[int, str, str]:
    """Lines of another length or other first words never say the same; words with digits do not count as words."""
    first, second = ([*words, "", ""])[:2]
    return len(words), _plain(first), _plain(second)


def _plain(word: str) -> str:
    return WILD if "<" in word or any(sign.isdigit() for sign in word) else word


def _most_alike(leaf: list[Pattern], words: list[str]) -> Pattern | None:
    best, share = None, ALIKE
    for each in leaf:
        alike = sum(old == new for old, new in zip(each.words, words, strict=True)) / max(1, len(words))
        if alike >= share:
            best, share = each, alike
    return best
