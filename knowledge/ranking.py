"""Brings together what words found and what likeness found. Pure arithmetic."""

import math
from collections.abc import Mapping, Sequence

LIKENESS = 0.7  # of the score; the rest is words. Chosen on the development part of our questions
OTHER_LANGUAGE = 0.5  # a word that came through the glossary counts half
NAMED = 0.3  # at most, for passages about the very alert, service or namespace that is asked about
FADED = 0.03  # at most, for what is old
TWO_YEARS = 2 * 365 * 86_400.0
USUAL = 5000  # passages, for which the threshold of the settings is meant
THUMBS = 0.03  # at most, for what people found helpful; less than one good word


def bounded(words: float, asked: int) -> float:
    """A BM25 score as a share of a very good one for a question of so many words."""
    return min(words / (8.0 * math.pow(max(asked, 1), 0.7)), 1.0)


def added(own: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    """Scores of the question's own words, and of its words in the other language."""
    total = dict(own)
    for number, score in other.items():
        total[number] = total.get(number, 0.0) + OTHER_LANGUAGE * score
    return total


def fused(likeness: Mapping[int, float] | None, words: Mapping[int, float], asked: int) -> dict[int, float]:
    """One score of 0 to 1. Not by ranks: ranks let the words of one language outvote the sense of the other."""
    if likeness is None:
        return {number: bounded(score, asked) for number, score in words.items()}
    return {
        number: LIKENESS * max(like, 0.0) + (1 - LIKENESS) * bounded(words.get(number, 0.0), asked)
        for number, like in likeness.items()
    }


def nudged(score: float, named: int, thumbs: int, verified: bool, age: float = 0.0) -> float:
    """What a person vouched for may win a close race, never a far one; so may what is young (age in seconds)."""
    shift = THUMBS * max(-1.0, min(1.0, thumbs / 5)) + (THUMBS if verified else 0.0) - FADED * min(1.0, age / TWO_YEARS)
    return score + NAMED * min(named, 2) / 2 + shift


def enough(fits: float, passages: int) -> float:
    """The score that an answer must reach. Among more passages the best of the wrong ones comes nearer by chance."""
    return fits * math.sqrt(math.log(passages + 2) / math.log(USUAL))


def best_of_each(scores: Sequence[tuple[int, str, float]]) -> list[tuple[int, str, float]]:
    """Rows of passage, document and score: the best passage of each document, best first."""
    best: dict[str, tuple[int, str, float]] = {}
    for row in scores:
        if row[1] not in best or row[2] > best[row[1]][2]:
            best[row[1]] = row
    return sorted(best.values(), key=lambda row: (-row[2], row[0]))
