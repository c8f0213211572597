"""Answers one question: words and likeness side by side, one passage of each document."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from knowledge.chroma import Chroma
from knowledge.embeddings import Floats, Meaning
from knowledge.errors import ModelMissing, ShelfAway
from knowledge.fulltext import Allowed
from knowledge.glossary import Glossary
from knowledge.happened import asks_for_the_past, tells_of_the_past
from knowledge.language import Language, language_of
from knowledge.passage import EVERYBODY, Passage, Reader
from knowledge.ranking import (
    ACROSS,
    COVERED,
    FROM_CHINESE,
    OTHER_LANGUAGE,
    PAST,
    added,
    best_of_each,
    covered,
    fused,
    nudged,
)
from knowledge.reading import Picture, Reading
from knowledge.trust import in_order
from knowledge.words import words_asked, words_of

CANDIDATES = 100
FADING = {"incident", "ticket", "case", "event"}  # a runbook is kept right; what once happened grows old
PAGES = 40  # of the first by their best passage, looked at as a whole
LEAST_GLOSS = 4  # letters
WORDS_FIT = 0.22  # without a model scores are of words alone, and lower


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, about what, and by whom."""

    text: str
    services: tuple[str, ...] = ()
    namespace: str | None = None
    alert: str | None = None
    reader: Reader = EVERYBODY
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """The words that were asked with, in both languages, and the score of each passage that they found."""

    own: list[str]
    other: list[str]
    asked: int
    """How many of them say something."""
    found: dict[int, float]


Rows = list[tuple[int, str, float]]


class Once:
    """The shelf as one search sees it, and whether it was silent."""

    def __init__(self, shelf: Chroma) -> None:
        self._shelf = shelf
        self.silent = False

    async def nearest(self, vector: Floats, most: int) -> dict[str, float]:
        """As the shelf's own. Raises ShelfAway."""
        self.silent = True
        found = await self._shelf.nearest(vector, most)
        self.silent = False
        return found


class Finder:
    """Holds nothing but the picture of the library."""

    def __init__(self, reading: Reading, glossary: Glossary, meaning: Meaning | None) -> None:
        self._reading = reading
        self._glossary = glossary
        self._meaning = meaning

    async def find(
        self, question: Question, most: int, shelf: Once | None, by_words: bool = False
    ) -> tuple[tuple[Passage, ...], float | None]:
        """The best, whether they fit or not; and how like the nearest passage is: None where only words were asked."""
        picture = await self._reading.picture()
        allowed = self._reading.allowed(picture, question.reader)
        words = await self._by_words(question, allowed)
        vector = None if by_words else await self._vector(question.text)
        likeness: dict[int, float] | None = None
        if vector is not None:
            near = await self._near(question, picture, allowed, shelf, vector)
            missing = [number for number in words.found if number not in near]
            likeness = {**dict.fromkeys(missing, 0.0), **near, **self._reading.likeness(picture, vector, missing)}
        scores = fused(likeness, words.found, words.asked)
        named = bool(question.alert or question.services or question.namespace)
        owners = await self._reading.owners(list(scores), named)
        rows = [
            (number, owners[number].document, score)
            for number, score in scores.items()
            if number in owners and question.language in {None, owners[number].language}
        ]
        best = best_of_each(rows, {})
        if vector is not None:
            best = self._whole_pages(question, picture, vector, words, best)
        ranked = self._nudged(question, words, best, {row.document: row for row in owners.values()})
        more = [(number, score) for number, _, score in ranked[: 2 * most + 10]]
        nearest = None if likeness is None else max(likeness.values(), default=0.0)
        return in_order(await self._reading.passages(more))[:most], nearest

    def _whole_pages(self, question: Question, picture: Picture, vector: Floats, words: Words, best: Rows) -> Rows:
        """The first pages once more, each with all its passages: what is about it as a whole goes before a mention."""
        first = [name for _, name, _ in best[:PAGES]]
        members, size = self._reading.family(picture, first, question.language)
        scores = fused(self._reading.likeness(picture, vector, members), words.found, words.asked)
        rows = [(number, members[number], score) for number, score in scores.items()]
        return best_of_each([*rows, *(row for row in best if row[0] not in scores)], size)

    def _nudged(self, question: Question, words: Words, best: Rows, owners: Mapping[str, Any]) -> Rows:
        past = asks_for_the_past(question.text)
        across = question.language is None and language_of(question.text) == "zh"
        own, other = frozenset(words.own), frozenset(words.other)
        moved = []
        for number, name, score in best:
            owner = owners[name]
            more = COVERED * covered(_words(owner.title), own, other, _counts(question))
            told = PAST if past and tells_of_the_past(owner.kind, owner.title) else 0.0
            far = ACROSS if across and owner.language == "en" else 0.0
            moved.append((number, name, _nudge(owner, score + more + told + far, question)))
        return sorted(moved, key=lambda row: (-row[2], row[0]))

    async def size(self) -> int:
        """Passages in the library."""
        return len((await self._reading.picture()).number_of)

    async def _by_words(self, question: Question, allowed: Allowed) -> Words:
        """What the question's words found, and those of the other language."""
        asked = words_asked(question.text)
        named = [name for name in (question.alert, *question.services) if name]
        own = list(dict.fromkeys([*asked, *(word for name in named for word in words_of(name))]))
        phrases = self._glossary.other_words(question.text)
        other = [word for word in dict.fromkeys(word for p in phrases for word in words_of(p)) if word not in own]
        scores = added(*await self._reading.by_words(own, other, allowed), _counts(question))
        found = dict(sorted(scores.items(), key=lambda row: -row[1])[:CANDIDATES])
        return Words(own, other, len(asked), found)

    async def _vector(self, text: str) -> Floats | None:
        """None when there is no model, or it is away."""
        if self._meaning is None:
            return None
        gloss = self._glossary.translated(text) if language_of(text) == "zh" else ""
        try:
            return await asyncio.to_thread(self._meaning.question, text, gloss if len(gloss) >= LEAST_GLOSS else "")
        except (ShelfAway, ModelMissing):
            return None

    async def _near(
        self, question: Question, picture: Picture, allowed: Allowed, shelf: Once | None, vector: Floats
    ) -> dict[int, float]:
        """From Chroma where nothing is hidden; else the exact neighbours among what may be seen: it is faster."""
        if shelf and allowed.pairs is None and question.language is None and picture.place:
            try:
                found = await shelf.nearest(vector, CANDIDATES)
                if len(found) >= min(CANDIDATES, len(picture.place)):
                    return {picture.number_of[key]: like for key, like in found.items() if key in picture.number_of}
            except ShelfAway:
                pass  # the books hold every vector as well
        return self._reading.exact(picture, vector, allowed, question.language, CANDIDATES)


def _counts(question: Question) -> float:
    """What a word of the other language counts."""
    return FROM_CHINESE if language_of(question.text) == "zh" else OTHER_LANGUAGE


def _nudge(owner: Any, score: float, question: Question) -> float:
    named = 0
    if alert := question.alert:
        told = owner.told["alerts"] if owner.told else ()
        named += alert in owner.alerts or alert in told or alert == owner.title.strip()
    if question.services:
        named += bool(set(question.services) & set(owner.services))
    if question.namespace:
        named += question.namespace in owner.namespaces
    age = time.time() - owner.updated if owner.updated is not None and owner.kind in FADING else 0.0
    return nudged(score, named, owner.thumbs, owner.verified, age)


@lru_cache(maxsize=20_000)
def _words(title: str) -> frozenset[str]:
    return frozenset(words_asked(title))
