"""The mean of each language, for a model that we have never seen: measured on the words of our glossary.

It stands in both languages and is about operations, so what its halves differ in is the language alone.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from knowledge.embeddings.weights import Floats
from knowledge.glossary import OURS
from knowledge.language import Language

NAME = "by-language-measured-v1"
LONG = 12
"""Words in a text that stands for a passage; one that stands for a question has SHORT."""
SHORT = 3
MOST = 32
"""Texts of each kind and language."""
Read = Callable[[Sequence[str]], Floats]


@lru_cache(maxsize=1)
def _pairs() -> tuple[tuple[str, str], ...]:
    rows = [line.partition(":") for line in OURS.read_text("utf-8").splitlines() if line.strip() and line[0] != "#"]
    return tuple((left.split("/")[0].strip(), right.split(";")[0].strip()) for left, colon, right in rows if colon)


def samples(language: Language, size: int) -> list[str]:
    """Texts of so many words, the same things in each language."""
    between, side = ("，", 0) if language == "zh" else (", ", 1)
    words = [pair[side] for pair in _pairs()]
    step = max(size, len(words) // MOST)
    return [between.join(words[first : first + size]) for first in range(0, len(words) - size + 1, step)][:MOST]


def means(passages: Read, questions: Read) -> Mapping[str, Floats]:
    """As the models that we know bring them along."""
    languages: tuple[Language, ...] = ("zh", "en")
    found = {f"doc_{language}": _mean(passages(samples(language, LONG))) for language in languages}
    return found | {f"q_{language}": _mean(questions(samples(language, SHORT))) for language in languages}


def _mean(vectors: Floats) -> Floats:
    mean: Floats = np.asarray(np.mean(vectors, axis=0, dtype=np.float64), np.float32)
    return mean
