"""The library over a real Chroma server and a real PostgreSQL."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge import Document, KnowledgeSettings, Library, Reader
from knowledge.upkeep import check, reindex, stats
from tests.servers.chroma_server import ChromaServer
from tests.servers.fixtures import left_out
from tests.servers.postgres_server import PostgresServer

pytestmark = pytest.mark.servers
POOL = Document("Orders slow", "The connection pool was exhausted after the deploy.", "u1", key="1")
CERT = Document("证书过期", "网关的证书过期，续期后恢复。", "u2", key="2")


async def test_two_writers_on_one_chroma_server(knowing: KnowledgeSettings, tmp_path: Path, chroma: ChromaServer):
    name = f"two-{uuid.uuid4().hex[:8]}"
    first = knowing.model_copy(update={"chroma_url": chroma.url, "collection": name})
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    (other_folder / "models").symlink_to(knowing.folder / "models")
    second = first.model_copy(update={"folder": other_folder, "collection": f"{name}-b"})
    one, two = await Library.open(first), await Library.open(second)
    some = [replace(POOL, key=f"k{n}", text=f"part {n} failed") for n in range(40)]
    await asyncio.gather(one.add(some), two.add([replace(each, key=each.key + "x") for each in some]))
    for library in (one, two):
        assert (await check(library)).well
        assert (await library.search("part 7 failed")).gaps == ()
        await library.close()


async def test_a_chroma_server_that_goes_away_leaves_the_books(knowing: KnowledgeSettings):
    left_out("Chroma")
    server = ChromaServer()
    try:
        settings = knowing.model_copy(update={"chroma_url": server.url, "collection": "away-test"})
        library = await Library.open(settings)
        await library.add([POOL, CERT])
    finally:
        server.stop()
    found = await library.search("数据库连接池耗尽")
    assert found.passages[0].document == POOL
    await library.close()


def fresh(postgres: PostgresServer) -> str:
    return postgres.new_database().replace("postgresql://", "postgresql+asyncpg://", 1)


@pytest.fixture
async def on_postgres(knowing: KnowledgeSettings, postgres: PostgresServer) -> AsyncIterator[Library]:
    library = await Library.open(knowing.model_copy(update={"database": fresh(postgres)}))
    yield library
    await library.close()


async def test_two_replicas_share_one_library(
    knowing: KnowledgeSettings, postgres: PostgresServer, chroma: ChromaServer
):
    shared = {"database": fresh(postgres), "chroma_url": chroma.url, "collection": f"fleet-{uuid.uuid4().hex[:8]}"}
    settings = knowing.model_copy(update=shared)
    one, two = await Library.open(settings), await Library.open(settings)
    some = [replace(POOL, key=f"k{n}", text=f"part{n} failed in a way of its own") for n in range(60)]
    await asyncio.gather(one.add(some[:30]), two.add(some[30:]))
    await one.mend()
    assert (await two.search("part7 failed")).passages[0].document == some[7]
    assert (await one.search("part47 failed")).passages[0].document == some[47]
    assert (await check(one)).well
    for library in (one, two):
        await library.close()


async def test_postgres_finds_what_sqlite_finds(on_postgres: Library):
    secret = replace(POOL, key="9", acl="jira:SEC", text="The connection pool of payroll was exhausted.")
    assert (await on_postgres.add([POOL, CERT, secret])).added == 3
    assert (await on_postgres.add([POOL, CERT, secret])).same == 3
    assert (await on_postgres.search("connection pool exhausted")).passages[0].document == POOL
    assert (await on_postgres.search("tls certificate expired")).passages[0].document == CERT
    held = await on_postgres.search("payroll pool", reader=Reader("", frozenset({"jira:SEC"})))
    assert held.passages[0].document == secret
    assert all(p.document != secret for p in (await on_postgres.search("payroll pool")).near)
    await on_postgres.remove([POOL.id])
    assert (await stats(on_postgres)).documents == 2
    assert await reindex(on_postgres) == 0
    assert (await check(on_postgres)).well


async def test_odd_words_in_postgres(on_postgres: Library):
    await on_postgres.add([POOL])
    for question in ("it's \\ & | ! :* <->", "'; DROP TABLE words; --", "\x00", "a" * 3000):
        assert await on_postgres.search(question) is not None
