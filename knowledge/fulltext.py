"""Finds passages by their words: SQLite FTS5 or PostgreSQL text search, over words that we have cut ourselves."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from knowledge.words import words_of

TITLE = 2.0  # a word in the title counts as two in the text
CANDIDATES = 200
SMALL = 400  # passages; in a library of few no word looks rare, so we weigh words as in one of USUAL size
USUAL = 2000


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


class FullText(Protocol):
    """One way to keep the words."""

    async def create(self, connection: AsyncConnection) -> None: ...

    async def add(self, connection: AsyncConnection, rows: Sequence[tuple[int, str, str]]) -> None: ...

    async def remove(self, connection: AsyncConnection, numbers: Sequence[int]) -> None: ...

    async def scores(
        self, connection: AsyncConnection, words: Sequence[str], allowed: Allowed
    ) -> Mapping[int, float]: ...


class SqliteText:
    """FTS5; its bm25() is negative, the better the lower."""

    async def create(self, connection: AsyncConnection) -> None:
        await connection.execute(text("CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(title, body)"))

    async def add(self, connection: AsyncConnection, rows: Sequence[tuple[int, str, str]]) -> None:
        cut = [
            {"n": number, "title": " ".join(words_of(title)), "body": " ".join(words_of(body))}
            for number, title, body in rows
        ]
        if cut:
            await connection.execute(text("INSERT INTO words(rowid, title, body) VALUES (:n, :title, :body)"), cut)

    async def remove(self, connection: AsyncConnection, numbers: Sequence[int]) -> None:
        if numbers:
            await connection.execute(text("DELETE FROM words WHERE rowid = :n"), [{"n": number} for number in numbers])

    async def scores(self, connection: AsyncConnection, words: Sequence[str], allowed: Allowed) -> Mapping[int, float]:
        if not words:
            return {}
        bound = {"asked": " OR ".join(f'"{word}"' for word in words), **allowed.values()}
        joined = " JOIN passages p ON p.number = words.rowid" if allowed.pairs is not None else ""
        matching = f"FROM words{joined} WHERE words MATCH :asked{allowed.clause()}"
        total = (await connection.execute(text("SELECT count(*) FROM passages"))).scalar_one()
        if total < SMALL:
            rows = await connection.execute(text(f"SELECT words.rowid, title, body {matching}"), bound)
            return _of_few(rows.tuples().all(), words, total)
        query = f"SELECT words.rowid, bm25(words, {TITLE}, 1.0) AS score {matching} ORDER BY score LIMIT {CANDIDATES}"
        return {number: -score for number, score in await connection.execute(text(query), bound)}


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

    async def add(self, connection: AsyncConnection, rows: Sequence[tuple[int, str, str]]) -> None:
        cut = []
        for number, title, body in rows:
            first, rest = list(words_of(title)), list(words_of(body))
            cut.append({"n": number, "title": " ".join(first), "body": " ".join(rest), "size": len(first) + len(rest)})
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
