"""The words that tell of operations and command nothing, and those that are never a name; each list is a file here."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

HAN = "\u4e00-\u9fff"


def _read(name: str) -> frozenset[str]:
    return frozenset((Path(__file__).parent / name).read_text(encoding="utf-8").split())


WORDS = _read("words.en.txt")
"""English, lower case."""
KEYS = _read("fields.txt")
"""Further words that the names of our own fields and metrics are made of."""
COMMANDS = _read("commands.txt")
"""What orders something; no name is, or begins with, one of these."""
METRICS = _read("metrics.txt")
"""What the names of metrics begin with; within these a verb orders nothing: container_memory_working_set_bytes."""
METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS"})
"""As access logs have them, in capitals."""
SMALL = _read("small.txt")
"""What makes words a sentence, in English: a closed class. Left out, so that facts stay and no sentence does."""
SMALL_HAN = _read("small.zh.txt")
"""The same in Chinese."""
_HAN = _read("words.zh.txt") | SMALL_HAN
_LONGEST = max(map(len, _HAN))


def _phrases() -> Mapping[str, re.Pattern[str]]:
    """What programs say in so many words, small ones and all: it may stay whole. By the first word of each."""
    lines = (Path(__file__).parent / "phrases.txt").read_text(encoding="utf-8").splitlines()
    by_first: defaultdict[str, list[str]] = defaultdict(list)
    for phrase in sorted(lines, key=len, reverse=True):
        by_first[phrase.split()[0]].append(r"[ \t]{1,3}".join(map(re.escape, phrase.split())))
    return {first: re.compile(rf"(?:{'|'.join(each)})(?![\w-])", re.IGNORECASE) for first, each in by_first.items()}


PHRASES = _phrases()


def han_words(text: str, gap: str) -> Iterator[str]:
    """Known Chinese words, the longest first; a mark for what is between them."""
    at, hole = 0, False
    while at < len(text):
        for size in range(min(_LONGEST, len(text) - at), 0, -1):
            if text[at : at + size] in _HAN:
                yield "" if text[at : at + size] in SMALL_HAN else text[at : at + size]
                at, hole = at + size, False
                break
        else:
            if not hole:
                yield gap
            at, hole = at + 1, True
