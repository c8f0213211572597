"""A look into SQLite sees what is committed, changes nothing, and is told apart from a database that is away."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, text

from bot.database import Database
from bot.errors import StoreDown
from bot.think.casebook import CASES


@pytest.fixture
async def database(tmp_path):
    opened = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await opened.open()
    yield opened
    await opened.close()


def case(thread):
    return {"thread": thread, "id": thread, "body": "{}", "changed_at": datetime(2026, 11, 20, tzinfo=UTC)}


async def threads(database):
    async with database.read() as connection:
        return sorted((await connection.execute(select(CASES.c.thread))).scalars())


async def test_sees_what_is_committed_and_nothing_before(database):
    async with database.begin() as connection:
        await connection.execute(insert(CASES).values(case("a")))
        assert await threads(database) == []
    assert await threads(database) == ["a"]


async def test_many_at_once(database):
    async with database.begin() as connection:
        await connection.execute(insert(CASES), [case(str(n)) for n in range(50)])
    seen = await asyncio.gather(*(threads(database) for _ in range(40)))
    assert all(len(each) == 50 for each in seen)


async def test_changes_nothing(database):
    with pytest.raises(StoreDown):
        async with database.read() as connection:
            await connection.execute(insert(CASES).values(case("a")))
    assert await threads(database) == []


async def test_what_is_away_is_told(database):
    with pytest.raises(StoreDown):
        async with database.read() as connection:
            await connection.execute(text("SELECT 1 FROM no_such_table"))
