"""The shop in which a journey is made, and the house over it."""

import time
from datetime import UTC, datetime

import pytest

from bot.playground import FastClock, Playground
from skills import Clock
from tests.journeys.visitor import house_over


@pytest.fixture
def faster():
    """How many times faster than ours the shop's clock goes."""
    return 8.0


@pytest.fixture
async def shop(faster):
    async with Playground(clock=FastClock(time.time(), faster)) as playground:
        yield playground


@pytest.fixture
async def seat(tmp_path, shop):
    """Seats a visitor at the page of a house over the shop, which its alerts reach."""
    urls = {"prometheus": shop.prometheus_url, "loki": shop.loki_url, "kubernetes": shop.kubernetes_url}
    clock = Clock(lambda: datetime.fromtimestamp(shop.clock(), UTC))
    async with house_over(tmp_path, urls, clock, alerts=True) as seat:
        shop.alert_url = f"{seat.url}/alerts/alertmanager"
        yield seat
