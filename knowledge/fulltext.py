"""Finds passages by their words: SQLite FTS5 or PostgreSQL text search, over words that we have cut ourselves."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from knowledge.words import words_of

TITLE = 2.0  # a word in the title counts as two in the text
CANDIDATES = 200
MATCHES = 3000  # passages that are ranked: more than so many share only words that tell little
SMALL = 400  # passages; in a library of few no word looks rare, so we weigh words as in one of USUAL size
USUAL = 2000
MOST_COUNTED = 20_000


@dataclass(frozen=True, slots=True)
class Allowed:
    """Which passages a reader may see, as pairs of tenant and label; None: all there are."""

    pairs: tuple[tuple[str, str], ...] | None = None

    def clause(self) -> str:
        """A condition on `p`, the passages; its values are bound, never written in."""
        if self.pairs is None:
            return ""
        some = " OR ".join(f"(p.tenant = :t{i} AND p.acl = :a{i})" for i in range(len(self.pairs)))
        return f" AND ({some or '1 = 0'})"

    def values(self) -> dict[str, str]:
        bound: dict[str, str] = {}
        for i, (tenant, acl) in enumerate(self.pairs or ()):
            bound[f"t{i}"], bound[f"a{i}"] = tenant, acl
        return bound


@dataclass(frozen=True, slots=True)
class Row:
    """One passage as the index takes it."""

    number: int
    title: str
    body: str
    tenant: str
    acl: str


def reader_word(tenant: str, acl: str) -> str:
    """A word that stands for who may read: the index then leaves out what is hidden before it ranks, at no cost."""
    return "reader" + hashlib.sha256(f"{tenant}\0{acl}".encode("utf-8", "replace")).hexdigest()[:20]


class FullText(Protocol):
    """One way to keep the words."""

    async def create(self, connection: AsyncConnection) -> None: ...

    async def add(self, connection: AsyncConnection, rows: Sequence[Row]) -> None: ...

    async def remove(self, connection: AsyncConnection, numbers: Sequence[int]) -> None: ...

    async def scores(
        self, connection: AsyncConnection, words: Sequence[str], allowed: Allowed
    ) -> Mapping[int, float]: ...


class SqliteText:
    """FTS5; its bm25() is negative, the better the lower."""

    def __init__(self) -> None:
        self._counted: dict[str, int] = {}
        self._counted_among = 0

    async def create(self, connection: AsyncConnection) -> None:
        await connection.execute(text("CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(title, body, reader)"))
        await connection.execute(text("CREATE VIRTUAL TABLE IF NOT EXISTS words_counted USING fts5vocab(words, row)"))

    async def add(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        cut = [
            {
                "n": row.number,
                "title": " ".join(words_of(row.title)),
                "body": " ".join(words_of(row.body)),
                "reader": reader_word(row.tenant, row.acl),
            }
            for row in rows
        ]
        if cut:
            query = "INSERT INTO words(rowid, title, body, reader) VALUES (:n, :title, :body, :reader)"
            await connection.execute(text(query), cut)

    async def remove(self, connection: AsyncConnection, numbers: Sequence[int]) -> None:
        if numbers:
            await connection.execute(text("DELETE FROM words WHERE rowid = :n"), [{"n": number} for number in numbers])

    async def scores(self, connection: AsyncConnection, words: Sequence[str], allowed: Allowed) -> Mapping[int, float]:
        if not words:
            return {}
        total = (await connection.execute(text("SELECT count(*) FROM passages"))).scalar_one()
        telling = await self._telling(connection, words, total) if total > MATCHES else words
        asked = " OR ".join(f'"{word}"' for word in telling)
        asked = f"{{title body}} : ({asked})"
        if allowed.pairs is not None:
            if not allowed.pairs:
                return {}
            seen = " OR ".join(reader_word(*pair) for pair in allowed.pairs)
            asked = f"({asked}) AND reader : ({seen})"
        matching = "FROM words WHERE words MATCH :asked"
        if total < SMALL:
            rows = await connection.execute(text(f"SELECT rowid, title, body {matching}"), {"asked": asked})
            return _of_few(rows.tuples().all(), words, total)
        query = f"SELECT rowid, bm25(words, {TITLE}, 1.0, 0.0) AS score {matching} ORDER BY score LIMIT {CANDIDATES}"
        return {number: -score for number, score in await connection.execute(text(query), {"asked": asked})}

    async def _telling(self, connection: AsyncConnection, words: Sequence[str], total: int) -> list[str]:
        """The rarest, until they stand in MATCHES passages together: it is in vain to rank all that say `pod`."""
        if abs(total - self._counted_among) > 0.05 * self._counted_among or len(self._counted) > MOST_COUNTED:
            self._counted, self._counted_among = {}, total
        for word in words:
            if word not in self._counted:
                query = text("SELECT doc FROM words_counted WHERE term = :word")
                self._counted[word] = (await connection.execute(query, {"word": word})).scalar() or 0
        ordered = sorted(words, key=self._counted.__getitem__)
        reached = list(accumulate(self._counted[word] for word in ordered))
        return [word for word, of in zip(ordered, reached, strict=True) if of <= MATCHES] or ordered[:1]


class PostgresText:
    """tsvector finds candidates; PostgreSQL has no BM25, so we count it ourselves over those."""

    async def create(self, connection: AsyncConnection) -> None:
        await connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS words (number BIGINT PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, "
                "size INTEGER NOT NULL, search TSVECTOR NOT NULL)"
            )
        )
        await connection.execute(text("CREATE INDEX IF NOT EXISTS words_search ON words USING gin(search)"))

    async def add(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        cut = []
        for row in rows:
            first, rest = list(words_of(row.title)), list(words_of(row.body))
            cut.append(
                {"n": row.number, "title": " ".join(first), "body": " ".join(rest), "size": len(first) + len(rest)}
            )
        if cut:
            await connection.execute(
                text(
                    "INSERT INTO words(number, title, body, size, search) VALUES (:n, :title, :body, :size, "
                    "setweight(array_to_tsvector(array(SELECT DISTINCT w FROM "
                    "unnest(string_to_array(:title || ' ' || :body, ' ')) w WHERE w <> '')), 'A'))"
                ),
                cut,
            )

    async def remove(self, connection: AsyncConnection, numbers: Sequence[int]) -> None:
        if numbers:
            await connection.execute(text("DELETE FROM words WHERE number = :n"), [{"n": number} for number in numbers])

    async def scores(self, connection: AsyncConnection, words: Sequence[str], allowed: Allowed) -> Mapping[int, float]:
        if not words:
            return {}
        total, mean = (await connection.execute(text("SELECT count(*), coalesce(avg(size), 1) FROM words"))).one()
        seen = await connection.execute(
            text(
                "SELECT w, (SELECT count(*) FROM words WHERE search @@ quote_literal(w)::tsquery) "
                "FROM unnest(cast(:asked AS text[])) w"
            ),
            {"asked": list(words)},
        )
        weight = {word: rarity(count, total) for word, count in seen if count}
        rare = sorted(weight, key=lambda word: -weight[word])[:24]
        if not rare:
            return {}
        rows = await connection.execute(
            text(
                "SELECT words.number, words.title, words.body, words.size FROM words "  # noqa: S608
                f"JOIN passages p ON p.number = words.number WHERE search @@ cast(:query AS tsquery){allowed.clause()} "
                f"ORDER BY ts_rank(search, cast(:query AS tsquery)) DESC LIMIT {CANDIDATES}"
            ),
            {"query": " | ".join(f"'{word}'" for word in rare), **allowed.values()},
        )
        return {number: bm25(title, body, size / float(mean), weight) for number, title, body, size in rows}


def rarity(count: int, total: int) -> float:
    """What a word that stands in `count` of `total` passages weighs."""
    of = max(total, USUAL)
    return math.log(1 + (of - count + 0.5) / (count + 0.5))


def _of_few(rows: Sequence[tuple[int, str, str]], words: Sequence[str], total: int) -> dict[int, float]:
    """Every match is looked at: there are few."""
    seen = Counter(word for _, title, body in rows for word in {*title.split(), *body.split()} & set(words))
    weight = {word: rarity(count, total) for word, count in seen.items()}
    sizes = [len(title.split()) + len(body.split()) for _, title, body in rows]
    mean = sum(sizes) / max(len(sizes), 1)
    return {
        number: bm25(title, body, size / mean, weight) for (number, title, body), size in zip(rows, sizes, strict=True)
    }


def bm25(title: str, body: str, length: float, weight: Mapping[str, float]) -> float:
    """As FTS5 counts it: k1 1.2, b 0.75, words of the title more than those of the text."""
    count: defaultdict[str, float] = defaultdict(float)
    for words, counts in ((title, TITLE), (body, 1.0)):
        for word in words.split():
            count[word] += counts
    spread = 1.2 * (1 - 0.75 + 0.75 * length)
    return sum(weight[word] * count[word] * 2.2 / (count[word] + spread) for word in weight if count[word])
