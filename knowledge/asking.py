"""Answers one question: words and likeness side by side, one passage of each document."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from knowledge.chroma import Chroma
from knowledge.embeddings import Centring, Floats, Model
from knowledge.errors import ShelfAway
from knowledge.fulltext import Allowed
from knowledge.glossary import Glossary
from knowledge.language import Language, language_of
from knowledge.passage import EVERYBODY, Passage, Reader
from knowledge.ranking import added, best_of_each, fused, nudged
from knowledge.reading import Picture, Reading
from knowledge.trust import in_order
from knowledge.words import words_asked, words_of

CANDIDATES = 100
FADING = {"incident", "ticket", "case", "event"}  # a runbook is kept right; what once happened grows old
GLOSSED = 0.35
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


class Finder:
    """Holds nothing but the picture of the library."""

    def __init__(self, reading: Reading, glossary: Glossary, model: Model | None, centring: Centring) -> None:
        self._reading = reading
        self._glossary = glossary
        self._model = model
        self._centring = centring

    async def find(self, question: Question, most: int, shelf: Chroma | None) -> tuple[tuple[Passage, ...], bool]:
        """The best, whether they fit or not; and whether likeness could be asked, or words alone."""
        picture = await self._reading.picture()
        allowed = self._reading.allowed(picture, question.reader)
        asked, words = await self._by_words(question, allowed)
        vector = await self._vector(question.text)
        likeness: dict[int, float] | None = None
        if vector is not None:
            near = await self._near(question, picture, allowed, shelf, vector)
            missing = [number for number in words if number not in near]
            likeness = {**dict.fromkeys(missing, 0.0), **near, **self._reading.likeness(picture, vector, missing)}
        scores = fused(likeness, words, asked)
        named = bool(question.alert or question.services or question.namespace)
        owners = await self._reading.owners(list(scores), named)
        ranked = best_of_each(
            [
                (number, owners[number].document, _nudge(owners[number], score, question))
                for number, score in scores.items()
                if number in owners and question.language in {None, owners[number].language}
            ]
        )
        more = [(number, score) for number, _, score in ranked[: 2 * most + 10]]
        return in_order(await self._reading.passages(more))[:most], likeness is not None

    async def size(self) -> int:
        """Passages in the library."""
        return len((await self._reading.picture()).number_of)

    async def _by_words(self, question: Question, allowed: Allowed) -> tuple[int, dict[int, float]]:
        """How many words were asked, and what they found in both languages."""
        asked = words_asked(question.text)
        named = [name for name in (question.alert, *question.services) if name]
        own = list(dict.fromkeys([*asked, *(word for name in named for word in words_of(name))]))
        phrases = self._glossary.other_words(question.text)
        other = [word for word in dict.fromkeys(word for p in phrases for word in words_of(p)) if word not in own]
        scores = added(*await self._reading.by_words(own, other, allowed))
        return len(asked), dict(sorted(scores.items(), key=lambda row: -row[1])[:CANDIDATES])

    async def _vector(self, text: str) -> Floats | None:
        """None when there is no model, or it is away."""
        if self._model is None:
            return None
        try:
            return await asyncio.to_thread(self._meant, self._model, text)
        except ShelfAway:
            return None

    def _meant(self, model: Model, text: str) -> Floats:
        """Of a Chinese question, with some of what it is word by word in English: nearer to English pages."""
        own = self._centring.question(model.question(text), text)
        if language_of(text) == "en" or len(gloss := self._glossary.translated(text)) < 4:
            return own
        mixed = (1 - GLOSSED) * own + GLOSSED * self._centring.question(model.question(gloss), gloss)
        whole: Floats = mixed / (np.linalg.norm(mixed) + 1e-9)
        return whole

    async def _near(
        self, question: Question, picture: Picture, allowed: Allowed, shelf: Chroma | None, vector: Floats
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


def _nudge(owner: Any, score: float, question: Question) -> float:
    named = 0
    if alert := question.alert:
        named += alert in owner.alerts or alert == owner.title.strip()
    if question.services:
        named += bool(set(question.services) & set(owner.services))
    if question.namespace:
        named += question.namespace in owner.namespaces
    age = time.time() - owner.updated if owner.updated is not None and owner.kind in FADING else 0.0
    return nudged(score, named, owner.thumbs, owner.verified, age)
