"""The same house on PostgreSQL: asked, approved, done, and answered."""

from datetime import UTC, datetime

import pytest

from bot.playground import Playground
from skills import Clock
from tests.journeys.visitor import house_over, texts

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


async def test_a_restart_by_leave(tmp_path, postgres):
    async with Playground() as shop:
        clock = Clock(lambda: datetime.fromtimestamp(shop.clock(), UTC))
        urls = {"kubernetes": shop.kubernetes_url}
        async with house_over(tmp_path, urls, clock, database_url=postgres.new_database()) as seat:
            lin, chen = await seat("asker"), await seat("approver")
            thread = await lin.write("/restart order-service")
            asked = await lin.card(thread, lambda card: card["title"].startswith("May I?"))
            await chen.decide(thread, asked)
            await chen.decide(thread, asked)
            done = await lin.card(thread, lambda card: card["title"].startswith("Done"), 90)
            assert "Chen" in texts(done)
            await lin.card(thread, lambda card: card["title"] == "Answer" and "Done" in texts(card))
