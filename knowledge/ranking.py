"""Brings together what words found and what likeness found. Pure arithmetic."""

import math
from collections.abc import Mapping, Sequence, Set

LIKENESS = 0.7  # of the score; the rest is words. Chosen on the development part of our questions
OTHER_LANGUAGE = 0.5  # what a word counts that came through the glossary
FROM_CHINESE = 0.7  # the same where it is asked in Chinese: into English the glossary leads more surely than back
ACROSS = 0.04  # for an English page where it is asked in Chinese: fewer of the words reach it, and the likeness is less
NAMED = 0.3  # at most, for passages about the very alert, service or namespace that is asked about
FADED = 0.03  # at most, for what is old
TWO_YEARS = 2 * 365 * 86_400.0
NEAREST = 0.47  # beside the best score: without a word in common, as across languages, likeness tells more
USUAL = 5000  # passages, for which the threshold of the settings is meant
THUMBS = 0.03  # at most, for what people found helpful; less than one good word
COVERED = 0.1  # at most, for a title whose words were all asked for: KubeletDown, not KubeSchedulerDown
PAST = 0.07  # for what tells of something that happened, where that is asked for
SECOND = 0.2  # a page's second best passage beside its best: one that is about it all, not in passing
ALONE = 0.9  # what a page of one passage has for its second best


def bounded(words: float, asked: int) -> float:
    """A BM25 score as a share of a very good one for a question of so many words."""
    return min(words / (8.0 * math.pow(max(asked, 1), 0.7)), 1.0)


def added(own: Mapping[int, float], other: Mapping[int, float], counts: float = OTHER_LANGUAGE) -> dict[int, float]:
    """Scores of the question's own words, and of its words in the other language."""
    total = dict(own)
    for number, score in other.items():
        total[number] = total.get(number, 0.0) + counts * score
    return total


def fused(likeness: Mapping[int, float] | None, words: Mapping[int, float], asked: int) -> dict[int, float]:
    """One score of 0 to 1. Not by ranks: ranks let the words of one language outvote the sense of the other."""
    if likeness is None:
        return {number: bounded(score, asked) for number, score in words.items()}
    return {
        number: LIKENESS * max(like, 0.0) + (1 - LIKENESS) * bounded(words.get(number, 0.0), asked)
        for number, like in likeness.items()
    }


def covered(title: Set[str], own: Set[str], other: Set[str], counts: float = OTHER_LANGUAGE) -> float:
    """How much of a title was asked for; in the other language it counts less."""
    return (len(title & own) + counts * len((title & other) - own)) / (len(title) + 1)


def nudged(score: float, named: int, thumbs: int, verified: bool, age: float = 0.0) -> float:
    """What a person vouched for may win a close race, never a far one; so may what is young (age in seconds)."""
    shift = THUMBS * max(-1.0, min(1.0, thumbs / 5)) + (THUMBS if verified else 0.0) - FADED * min(1.0, age / TWO_YEARS)
    return score + NAMED * min(named, 2) / 2 + shift


def enough(fits: float, passages: int) -> float:
    """The score that an answer must reach. Among more passages the best of the wrong ones comes nearer by chance."""
    return fits * math.sqrt(math.log(passages + 2) / math.log(USUAL))


def sure(score: float, nearest: float | None) -> float:
    """How sure it is that the best answers the question: its score, and how like the nearest passage is."""
    return score if nearest is None else (score + NEAREST * max(nearest, 0.0)) / (1 + NEAREST)


def best_of_each(scores: Sequence[tuple[int, str, float]], size: Mapping[str, int]) -> list[tuple[int, str, float]]:
    """Rows of passage, document and score: the best passage of each document, best first.

    `size` tells how many passages a document has; one that it does not name is judged by its best alone.
    """
    rows: dict[str, list[tuple[int, str, float]]] = {}
    for row in sorted(scores, key=lambda row: (-row[2], row[0])):
        rows.setdefault(row[1], []).append(row)
    best = [
        (some[0][0], name, _with_second([row[2] for row in some], size.get(name, 0))) for name, some in rows.items()
    ]
    return sorted(best, key=lambda row: (-row[2], row[0]))


def _with_second(scores: Sequence[float], size: int) -> float:
    if not size:
        return scores[0]
    second = scores[1] if len(scores) > 1 else ALONE * scores[0] if size == 1 else 0.0
    return (scores[0] + SECOND * second) / (1 + SECOND)
