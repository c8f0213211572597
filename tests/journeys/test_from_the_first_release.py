"""A database as the first release left it, with an approval and a message waiting: upgraded, and both go on."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Boolean, DateTime, MetaData, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.app import Given, build, on_duty
from bot.database.steps import configuration
from bot.domain.approval import ApprovalState
from bot.domain.message import Decision, Person
from bot.evals._killed import POLICY
from bot.evals._workloads import workloads
from bot.settings import DutyBotSettings
from skills import Clock

DUMP = Path(__file__).parents[1] / "fixtures" / "first_release.sql"
FROZEN = datetime(2026, 11, 23, 9, 21, 30, tzinfo=UTC)
"""Shortly after the old bot was stopped."""
CHEN = Person("approver", "Chen")

pytestmark = pytest.mark.timeout(180)


def in_sqlite(folder):
    """The dump as it is; gives the address of the database."""
    with sqlite3.connect(folder / "bot.sqlite") as store:
        store.executescript(DUMP.read_text(encoding="utf-8"))
    store.close()
    return f"sqlite:///{folder}/bot.sqlite"


async def in_postgresql(folder, url):
    """The same rows in the tables that the first release made there; gives the address."""
    in_sqlite(folder / "dump")
    dump = sqlite3.connect(folder / "dump" / "bot.sqlite")
    dump.row_factory = sqlite3.Row
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.run_sync(lambda each: command.upgrade(configuration(each), "0001"))
        tables = MetaData()
        await connection.run_sync(tables.reflect)
        for table in tables.sorted_tables:
            rows = dump.execute(f"SELECT * FROM {table.name}").fetchall()
            if table.name != "alembic_version" and rows:
                told = [{name: typed(table.c[name], row[name]) for name in row.keys()} for row in rows]  # noqa: SIM118
                await connection.execute(table.insert(), told)
        await connection.execute(
            text("SELECT setval(pg_get_serial_sequence('inbox', 'id'), (SELECT max(id) FROM inbox))")
        )
    await engine.dispose()
    dump.close()
    return url


def typed(column, value):
    """SQLite keeps moments as text and truth as numbers."""
    if isinstance(column.type, DateTime) and value is not None:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return bool(value) if isinstance(column.type, Boolean) and value is not None else value


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
async def house(tmp_path, request):
    (tmp_path / "dump").mkdir()
    if request.param == "sqlite":
        url = in_sqlite(tmp_path)
    else:
        url = await in_postgresql(tmp_path, request.getfixturevalue("postgres").new_database())
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY, encoding="utf-8")
    since = datetime.now(UTC)
    clock = Clock(lambda: FROZEN + (datetime.now(UTC) - since))
    async with workloads() as cluster:
        for name in ("web-frozen", "web-late"):
            cluster.add(name)
        there = {"url": cluster.url}
        settings = DutyBotSettings(
            skills=("kubernetes",),
            channels=("web",),
            alerts=(),
            brains=("scripted",),
            database_url=url,
            ledger_path=tmp_path / "audit.jsonl",
            policy_path=policy,
            home="web:",
        )
        given = Given(
            skills={"kubernetes": there, "prometheus": there, "loki": there}, channels={"web": {"host": "127.0.0.1"}}
        )
        async with on_duty(build(settings, clock, given)) as made:
            yield made, cluster


async def until(holds, seconds=90):
    async with asyncio.timeout(seconds):
        while not (found := await holds()):
            await asyncio.sleep(0.05)
    return found


async def test_what_waited_under_the_first_release_goes_on(house):
    made, cluster = house
    gate = made.responder.approving.gate
    async with made.database.read() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() > "0001"
        assert (await connection.execute(text("SELECT count(*) FROM incidents WHERE open"))).scalar_one() == 1

    async def both():
        return {
            each.steps[0].arguments["name"]: each for each in await gate.pending() if len(await gate.pending()) == 2
        }

    asked = await until(both)
    assert set(asked) == {"web-frozen", "web-late"}
    for name, approval in asked.items():
        word = Decision(
            f"yes:{name}", approval.thread, approval.id, approval.digest, CHEN, True, FROZEN + timedelta(1 / 864)
        )
        await made.inbox.hear(word)

        async def done(id=approval.id):
            return (await gate.approval(id)).state is ApprovalState.EXECUTED

        await until(done)
    assert cluster.changes == {"web-frozen": 1, "web-late": 1}
