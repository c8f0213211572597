"""Looks things up in the books: who may see what, which words are where, and the exact neighbours of a vector."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, and_, select

from knowledge import casebook
from knowledge.embeddings.weights import Floats
from knowledge.fulltext import Allowed
from knowledge.language import Language
from knowledge.passage import Passage, Reader
from knowledge.records import Records
from knowledge.rows import MANY
from knowledge.tables import cases, document_of, documents, notes, passages, vectors

Pair = tuple[str, str]


@dataclass(slots=True)
class Picture:
    """What of the library is held in memory: the vectors, and beside each who may see it."""

    version: str = ""
    pairs: list[Pair] = field(default_factory=list)
    numbers: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    reader: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    chinese: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    owner: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    """Which of `documents` a passage is of."""
    documents: list[str] = field(default_factory=list)
    vectors: Floats = field(default_factory=lambda: np.zeros((0, 1), np.float32))
    place: dict[int, int] = field(default_factory=dict)
    number_of: dict[str, int] = field(default_factory=dict)


class Reading:
    """The picture is renewed when the database says that it is old, by whichever process."""

    def __init__(self, records: Records, model: str | None) -> None:
        self._engine = records.engine
        self._words = records.words
        self._model = model
        self._picture = Picture()

    async def picture(self) -> Picture:
        async with self._engine.connect() as connection:
            version = (await connection.execute(select(notes.c.value).where(notes.c.name == "version"))).scalar() or "0"
            if version == self._picture.version:
                return self._picture
            columns = ("number", "id", "tenant", "acl", "language", "document")
            asked = select(*(passages.c[name] for name in columns)).order_by(passages.c.number)
            rows = (await connection.execute(asked)).all()
            fresh = [row[0] for row in rows if row[0] not in self._picture.place]
            found = await self._read_vectors(connection, fresh) if self._model else {}
        self._picture = self._renewed(version, rows, found)
        return self._picture

    async def _read_vectors(self, connection: Any, numbers: Sequence[int]) -> dict[int, Floats]:
        joined = passages.join(vectors, and_(vectors.c.read_as == passages.c.read_as, vectors.c.model == self._model))
        query = select(passages.c.number, vectors.c.vector).select_from(joined)
        found: dict[int, Floats] = {}
        for first in range(0, len(numbers), MANY):
            part = numbers[first : first + MANY]
            for number, kept in await connection.execute(query.where(passages.c.number.in_(part))):
                found[number] = np.frombuffer(kept, "<f4")
        return found

    def _renewed(self, version: str, rows: Sequence[Any], found: Mapping[int, Floats]) -> Picture:
        old = self._picture
        kept = [row for row in rows if row[0] in found or row[0] in old.place]
        pairs = list(dict.fromkeys((row[2], row[3]) for row in rows))
        at = {pair: i for i, pair in enumerate(pairs)}
        names = {name: i for i, name in enumerate(dict.fromkeys(row[5] for row in kept))}
        width = len(next(iter(found.values()), old.vectors[0] if len(old.vectors) else np.zeros(1)))
        matrix = np.zeros((len(kept), width), np.float32)
        for i, row in enumerate(kept):
            matrix[i] = found[row[0]] if row[0] in found else old.vectors[old.place[row[0]]]
        return Picture(
            version=version,
            pairs=pairs,
            numbers=np.array([row[0] for row in kept], np.int64),
            reader=np.array([at[row[2], row[3]] for row in kept], np.int32),
            chinese=np.array([row[4] == "zh" for row in kept], np.bool_),
            owner=np.array([names[row[5]] for row in kept], np.int32),
            documents=list(names),
            vectors=matrix,
            place={row[0]: i for i, row in enumerate(kept)},
            number_of={row[1]: row[0] for row in rows},
        )

    @staticmethod
    def allowed(picture: Picture, reader: Reader) -> Allowed:
        """What the reader may see; without bounds when that is all there is."""
        if reader.everything:
            return Allowed()
        seen = [pair for pair in picture.pairs if reader.sees(*pair)]
        return Allowed() if len(seen) == len(picture.pairs) else Allowed(tuple(seen))

    @staticmethod
    def exact(
        picture: Picture, vector: Floats, allowed: Allowed, language: Language | None, most: int
    ) -> dict[int, float]:
        """The nearest among what is allowed. Chosen before it is ranked: hidden passages take no one's place."""
        if not len(picture.numbers):
            return {}
        likeness = picture.vectors @ vector  # of all: to pick rows out first would copy them, and take longer
        hidden = np.zeros(len(likeness), np.bool_)
        if allowed.pairs is not None:
            hidden = ~np.isin(picture.reader, [picture.pairs.index(pair) for pair in allowed.pairs])
        if language is not None:
            hidden |= picture.chinese != (language == "zh")
        likeness[hidden] = -np.inf
        rows = np.argpartition(-likeness, most)[:most] if len(likeness) > most else np.arange(len(likeness))
        return {int(picture.numbers[row]): float(likeness[row]) for row in rows if not hidden[row]}

    @staticmethod
    def family(picture: Picture, some: Iterable[str], language: Language | None) -> tuple[dict[int, str], Counter[str]]:
        """All passages of some documents that a vector is known of, with whose they are; and how many each has."""
        wanted = set(some)
        owners = [place for place, name in enumerate(picture.documents) if name in wanted]
        rows = np.flatnonzero(np.isin(picture.owner, owners))
        if language is not None:
            rows = rows[picture.chinese[rows] == (language == "zh")]
        members = {int(picture.numbers[row]): picture.documents[picture.owner[row]] for row in rows}
        return members, Counter(members.values())

    @staticmethod
    def likeness(picture: Picture, vector: Floats, numbers: Iterable[int]) -> dict[int, float]:
        """Of certain passages. One that has no vector yet has none."""
        known = [number for number in numbers if number in picture.place]
        if not known:
            return {}
        like = picture.vectors[[picture.place[number] for number in known]] @ vector
        return dict(zip(known, map(float, like), strict=True))

    async def by_words(
        self, words: Sequence[str], other: Sequence[str], allowed: Allowed
    ) -> tuple[dict[int, float], dict[int, float]]:
        """Scores by the question's own words, and by those of the other language."""
        async with self._engine.connect() as connection:
            own = await self._words.scores(connection, words, allowed)
            more = await self._words.scores(connection, other, allowed)
        return dict(own), dict(more)

    async def owners(self, numbers: Sequence[int], named: bool) -> dict[int, Any]:
        """Document, language, and what of the document bears on its rank; its services only if some were asked for."""
        columns: list[ColumnElement[Any]] = [
            passages.c.number,
            passages.c.document,
            passages.c.language,
            documents.c.title,
            documents.c.kind,
            documents.c.verified,
            documents.c.thumbs,
            documents.c.updated,
        ]
        if named:
            columns += [documents.c.services, documents.c.namespaces, documents.c.alerts, cases.c.told]
        query = select(*columns).join(documents, documents.c.id == passages.c.document)
        if named:
            query = query.outerjoin(cases, cases.c.document == documents.c.id)
        found: dict[int, Any] = {}
        async with self._engine.connect() as connection:
            for first in range(0, len(numbers), MANY):
                rows = await connection.execute(query.where(passages.c.number.in_(numbers[first : first + MANY])))
                found.update({row.number: row for row in rows})
        return found

    async def passages(self, scores: Sequence[tuple[int, float]]) -> tuple[Passage, ...]:
        """The passages themselves, with their documents, in the order given."""
        query = (
            select(passages.c.number, passages.c.heading, passages.c.text.label("piece"), documents)
            .join(documents, documents.c.id == passages.c.document)
            .where(passages.c.number.in_([number for number, _ in scores]))
        )
        async with self._engine.connect() as connection:
            rows = {row.number: row for row in await connection.execute(query)}
            there = {number: document_of(row) for number, row in rows.items()}
            cases = await casebook.known(connection, list(there.values()))
        return tuple(
            Passage(there[number], rows[number].piece, score, rows[number].heading, cases.get(there[number].id))
            for number, score in scores
            if number in rows
        )
