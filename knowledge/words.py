"""Cuts text into the words that the full-text index knows: stems, parts of CamelCase names, pairs of Han characters."""

import re
from collections.abc import Iterator
from functools import lru_cache
from threading import Lock
from typing import Any

_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]+")
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]+|\d+")
_LOCK = Lock()
LONGEST = 60  # letters; what is longer is a key or a hash, and nobody asks for its end
_IDLE = frozenset(
    re.findall(
        r"\w+",
        """a an and any are as at be been but by can could did do does doing done for from get got had has have he her
        here his how i if in into is it its just me my no of off on once one only or our out over own said same she
        should so some such than that the their them then there these they this those through to too until up very was
        we were what when where which while who whom why will with would you your us please again after about anyone
        anybody see seen ever similar happen happened happens before""",
    )
)
_IDLE_HAN = re.compile(
    "有没有|是不是|怎么办|怎么回事|为什么|什么|怎么|怎样|如何|哪些|哪个|哪里|请问|帮忙|帮我|我们|你们|他们|这个|那个|一下|"
    "之前|以前|曾经|过吗|是否|可以|应该|需要|的话|的时候|时候|因为|导致|造成|引起|出现|发生|遇到|类似|"
    "[的了吗呢吧啊呀么是在有和与及或被把让给对从到将也都还又就才这那]"
)


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english", 20_000)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    with _LOCK:
        stem: str = _stemmer().stemWord(word)
    return stem


def _latin(run: str) -> Iterator[str]:
    low = run[:LONGEST].lower()
    yield _stem(low)
    parts = _HUMP.findall(run[:LONGEST])
    if len(parts) > 1:
        for part in parts:
            if len(part) > 1:
                yield _stem(part.lower())


def _han(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for at in range(len(run) - 1):
        yield run[at : at + 2]


def words_of(text: str) -> Iterator[str]:
    """All words of a text, in its order."""
    for run in _RUN.findall(text):
        yield from _latin(run) if run[0] < "\u3400" else _han(run)


def words_asked(question: str) -> list[str]:
    """The words of a question that say something, each once."""
    found: dict[str, None] = {}
    for run in _RUN.findall(_IDLE_HAN.sub(" ", question)):
        if run[0] >= "\u3400":
            found.update(dict.fromkeys(_han(run)))
        elif run.lower() not in _IDLE:
            found.update(dict.fromkeys(_latin(run)))
    return list(found) or list(dict.fromkeys(words_of(question)))
