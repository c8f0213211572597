"""What is done now and then is done once for all, and again by another if who took it died."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.database import Database
from bot.database.rounds import Rounds

DUE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LASTS = timedelta(minutes=15)


@pytest.fixture
async def rounds(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await made.open()
    yield Rounds(made)
    await made.close()


async def test_of_many_at_once_one_takes_it(rounds):
    taken = await asyncio.gather(*(rounds.take("report", DUE, DUE, LASTS) for _ in range(8)))
    assert sum(taken) == 1


async def test_what_is_done_is_never_done_again(rounds):
    assert await rounds.take("report", DUE, DUE, LASTS)
    await rounds.done("report", DUE)
    assert not await rounds.take("report", DUE, DUE + timedelta(days=1), LASTS)
    assert await rounds.take("report", DUE + timedelta(days=7), DUE + timedelta(days=7), LASTS)
    assert not await rounds.take("report", DUE, DUE + timedelta(days=8), LASTS)


async def test_another_takes_over_what_was_not_done_in_time(rounds):
    assert await rounds.take("report", DUE, DUE, LASTS)
    assert not await rounds.take("report", DUE, DUE + LASTS / 2, LASTS)
    assert await rounds.take("report", DUE, DUE + LASTS, LASTS)


async def test_rounds_of_other_names_are_free(rounds):
    assert await rounds.take("report", DUE, DUE, LASTS)
    assert await rounds.take("alerts", DUE, DUE, LASTS)
