"""The books of the library: writes documents and passages into the database, whole or not at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sqlalchemy import Table, delete, event, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from knowledge import casebook
from knowledge.embeddings.weights import Floats
from knowledge.fulltext import FullText, PostgresText, Row, SqliteText
from knowledge.passage import Document
from knowledge.rows import MANY, about, document_row, passage_rows, reading
from knowledge.tables import METADATA, documents, leaving, passages, vectors

Change = Literal["added", "changed", "same"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A passage that does not stand on the shelf yet."""

    number: int
    id: str
    read_as: str
    title: str
    reading: str


def _connected(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class Records:
    """All that is written. What is read for an answer is in `shelves`."""

    def __init__(self, engine: AsyncEngine, words: FullText) -> None:
        self.engine = engine
        self.words = words

    @classmethod
    async def open(cls, url: str) -> "Records":
        engine = create_async_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:
            event.listen(engine.sync_engine, "connect", _connected)
        records = cls(engine, SqliteText() if sqlite else PostgresText())
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
            await records.words.create(connection)
        return records

    async def close(self) -> None:
        await self.engine.dispose()

    async def put(self, batch: Sequence[Document]) -> list[Change]:
        """Keep documents. Their passages can be found by words at once, and wait for the shelf."""
        async with self.engine.begin() as connection:
            found = await _within(connection, select(documents.c.id), documents.c.id, [each.id for each in batch])
            known = {name for (name,) in found}
            fresh: dict[str, Document] = {}
            for each in batch:
                if each.id not in known:
                    fresh.setdefault(each.id, each)
            await self._put_fresh(connection, list(fresh.values()))
            changes: list[Change] = [
                "added" if fresh.get(each.id) is each else await self._put(connection, each) for each in batch
            ]
            if any(change != "same" for change in changes):
                await _touch(connection)
        return changes

    async def _put_fresh(self, connection: AsyncConnection, some: Sequence[Document]) -> None:
        """Documents that are not there yet, each once: all in a few statements."""
        if not some:
            return
        await connection.execute(
            insert(documents), [{"id": each.id, "thumbs": 0, **document_row(each)} for each in some]
        )
        await casebook.note(connection, some)
        rows, titled = list[dict[str, Any]](), dict[str, str]()
        for document in some:
            titled[document.id] = about(document)
            rows += passage_rows(document)
        await self._add_passages(connection, rows, titled)

    async def compared(self, some: Sequence[Document]) -> list[Change]:
        """What `put` would make of documents."""
        async with self.engine.connect() as connection:
            query = select(documents.c.id, documents.c.hash)
            known = dict(await _within(connection, query, documents.c.id, [each.id for each in some]))
        return [
            "added" if each.id not in known else "same" if known[each.id] == each.hash else "changed" for each in some
        ]

    async def _put(self, connection: AsyncConnection, document: Document) -> Change:
        known = (await connection.execute(select(documents.c.hash).where(documents.c.id == document.id))).scalar()
        if known == document.hash:
            return "same"
        row = document_row(document)
        if known is None:
            await connection.execute(insert(documents).values(id=document.id, thumbs=0, **row))
        else:
            await connection.execute(update(documents).where(documents.c.id == document.id).values(**row))
        await casebook.note(connection, [document])
        await self._put_passages(connection, document)
        return "added" if known is None else "changed"

    async def _put_passages(self, connection: AsyncConnection, document: Document) -> None:
        there = dict(
            (
                await connection.execute(
                    select(passages.c.id, passages.c.number).where(passages.c.document == document.id)
                )
            )
            .tuples()
            .all()
        )
        fresh = []
        for row in passage_rows(document):
            if there.pop(row["id"], None) is None:
                fresh.append(row)
            else:
                await connection.execute(update(passages).where(passages.c.id == row["id"]).values(place=row["place"]))
        await self._drop_passages(connection, list(there.items()))
        await self._add_passages(connection, fresh, {document.id: about(document)})

    async def _add_passages(
        self, connection: AsyncConnection, fresh: Sequence[dict[str, Any]], titled: dict[str, str]
    ) -> None:
        if not fresh:
            return
        await connection.execute(insert(passages), fresh)
        ids = [row["id"] for row in fresh]
        numbers = dict(await _within(connection, select(passages.c.id, passages.c.number), passages.c.id, ids))
        for part in _parts(ids):
            await connection.execute(delete(leaving).where(leaving.c.id.in_(part)))
        rows = [
            Row(
                numbers[row["id"]],
                f"{titled[row['document']]} {row['heading']}",
                row["text"],
                row["tenant"],
                row["acl"],
            )
            for row in fresh
        ]
        await self.words.add(connection, rows)

    async def _drop_passages(self, connection: AsyncConnection, rows: Sequence[tuple[str, int]]) -> None:
        for part in _parts(rows):
            ids, numbers = [key for key, _ in part], [number for _, number in part]
            await connection.execute(delete(leaving).where(leaving.c.id.in_(ids)))
            await connection.execute(_or_leave(connection, leaving), [{"id": key} for key in ids])
            await self.words.remove(connection, numbers)
            await connection.execute(delete(passages).where(passages.c.number.in_(numbers)))

    async def remove(self, ids: Sequence[str]) -> int:
        """Forget documents; their passages are gone from every answer at once."""
        gone = 0
        async with self.engine.begin() as connection:
            rows = await _within(connection, select(passages.c.id, passages.c.number), passages.c.document, ids)
            await self._drop_passages(connection, [(key, number) for key, number in rows])
            for part in _parts(ids):
                gone += (await connection.execute(delete(documents).where(documents.c.id.in_(part)))).rowcount
            if gone:
                await _touch(connection)
        return gone

    async def waiting(self, most: int) -> list[Waiting]:
        """Passages that have no place on the shelf yet."""
        chosen = (
            select(
                passages.c.number,
                passages.c.id,
                passages.c.read_as,
                documents.c.title,
                passages.c.heading,
                passages.c.text,
            )
            .join(documents, documents.c.id == passages.c.document)
            .where(passages.c.shelved.is_(False))
            .order_by(func.length(passages.c.text), passages.c.number)
            .limit(most)
        )
        async with self.engine.connect() as connection:
            rows = (await connection.execute(chosen)).all()
        return [Waiting(*row[:4], reading(row[3], row[4], row[5])) for row in rows]

    async def known_vectors(self, model: str, read_as: Sequence[str]) -> dict[str, Floats]:
        """Vectors of texts that were read before, maybe in another document."""
        query = select(vectors.c.read_as, vectors.c.vector).where(vectors.c.model == model)
        async with self.engine.connect() as connection:
            rows = await _within(connection, query, vectors.c.read_as, list(dict.fromkeys(read_as)))
        return {key: np.frombuffer(kept, "<f4") for key, kept in rows}

    async def keep_vectors(self, model: str, fresh: dict[str, Floats]) -> None:
        if not fresh:
            return
        async with self.engine.begin() as connection:
            rows = [{"read_as": key, "model": model, "vector": v.astype("<f4").tobytes()} for key, v in fresh.items()]
            await connection.execute(_or_leave(connection, vectors), rows)

    async def shelved(self, numbers: Sequence[int]) -> None:
        async with self.engine.begin() as connection:
            for part in _parts(numbers):
                await connection.execute(update(passages).where(passages.c.number.in_(part)).values(shelved=True))
            await _touch(connection)

    async def unshelve(self) -> None:
        """All passages wait for the shelf again; vectors that nothing needs are dropped."""
        async with self.engine.begin() as connection:
            await connection.execute(update(passages).values(shelved=False))
            await connection.execute(delete(leaving))
            await connection.execute(delete(vectors).where(vectors.c.read_as.not_in(select(passages.c.read_as))))
            await _touch(connection)

    async def leaving(self) -> list[str]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(select(leaving.c.id))).scalars())

    async def left(self, ids: Sequence[str]) -> None:
        async with self.engine.begin() as connection:
            for part in _parts(ids):
                await connection.execute(delete(leaving).where(leaving.c.id.in_(part)))


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[first : first + MANY] for first in range(0, len(values), MANY))


def _or_leave(connection: AsyncConnection, table: Table) -> Any:
    """Insert, or leave what another replica put there in the meantime."""
    kind = sqlite_insert if connection.dialect.name == "sqlite" else postgres_insert
    return kind(table).on_conflict_do_nothing()


async def _within(connection: AsyncConnection, query: Any, column: Any, values: Sequence[Any]) -> list[Any]:
    """Rows whose column is one of many values."""
    rows: list[Any] = []
    for part in _parts(values):
        rows += (await connection.execute(query.where(column.in_(part)))).tuples().all()
    return rows


async def _touch(connection: AsyncConnection) -> None:
    """Others see by this number that their picture of the library is old."""
    await connection.execute(
        text(
            "INSERT INTO notes(name, value) VALUES ('version', '1') ON CONFLICT (name) DO UPDATE "
            "SET value = CAST(CAST(notes.value AS INTEGER) + 1 AS TEXT)"
        )
    )


__all__ = ["Change", "Records", "Waiting"]
