"""Killed with -9 before and after each boundary of the work: each restart is made once, told once, written down."""

import pytest

from bot.evals._killed import BOUNDARIES
from bot.evals.bench_kills import added, matrix

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
FIGURES = {"runs": 7, "lost": 0, "doubled": 0, "cards_twice": 0, "cards_beyond_kills": 0, "chain_verified": 7}


async def test_on_sqlite_after_each():
    told = await matrix("", 1, [f"{each}:after" for each in BOUNDARIES])
    assert not told.wrong
    figures = added([told])
    assert figures | {"cards_twice": 0} == FIGURES


async def test_on_postgresql_before_each(postgres):
    told = await matrix(postgres.new_database(), 2, [f"{each}:before" for each in BOUNDARIES])
    assert not told.wrong
    figures = added([told])
    assert figures | {"cards_twice": 0} == FIGURES
