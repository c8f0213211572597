"""A database as the first release left it, with an approval and a message waiting: upgraded, and both go on."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.app import Given, build, on_duty
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


@pytest.fixture
async def house(tmp_path):
    with sqlite3.connect(tmp_path / "bot.sqlite") as store:
        store.executescript(DUMP.read_text(encoding="utf-8"))
    store.close()
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
            database_url=f"sqlite:///{tmp_path}/bot.sqlite",
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
