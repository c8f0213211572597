"""The skills over the playground: the same questions that people ask, on a fault whose cause is known."""

from datetime import UTC, datetime

import pytest

from bot.playground import HandClock, Playground
from skills import Clock
from skills.catalogue import discover
from skills.clock import reader_in

pytestmark = pytest.mark.slow


async def test_why_is_the_order_service_slow():
    clock = HandClock(1_790_000_000.0)
    async with Playground(seed=7, clock=clock, tick=3600) as playground:

        def wait(seconds: int) -> None:
            for _ in range(seconds // 10):
                clock.move(10)
                playground.shop.world.advance()

        wait(600)
        await playground.break_("pool_exhausted")
        wait(600)
        where = {
            "prometheus": playground.prometheus_url,
            "loki": playground.loki_url,
            "kubernetes": playground.kubernetes_url,
            "alertmanager": playground.alertmanager_url,
        }
        settings = {name: {"url": url} for name, url in where.items()}
        catalogue = discover(where, Clock(lambda: datetime.fromtimestamp(clock(), UTC)), settings)
        slow = await catalogue["service_latency"]({"service": "order-service", "time_range": "过去10分钟"})
        figures = {each["name"]: each["peak"] for each in slow.facts["figures"]}
        assert figures["P99"] > 5 * slow.facts["before"]
        errors = await catalogue["error_logs"]({"service": "order-service", "time_range": "10m"})
        assert "could not load order" in errors.facts["patterns"][0]["example"]
        assert (await catalogue["problems"]({"namespace": "shop"})).table is None
        with reader_in(UTC, "zh"):
            top = await catalogue["top_pods"]({"time_range": "过去10分钟", "namespace": "shop", "most": 3})
        assert top.summary.startswith("2026-09-21 14:")
        assert "使用最多的 3 个 Pod" in top.summary
        restart = catalogue["rollout_restart"].change
        asked = {"namespace": "shop", "name": "order-service"}
        snapshot = await restart.observe(asked)
        await restart.run(asked, snapshot)
        wait(300)
        looked = await restart.verify(asked, snapshot)
        assert (looked.settled, looked.better) == (True, True), looked
        wait(600)
        healed = await catalogue["service_latency"]({"service": "order-service", "time_range": "5m"})
        assert {each["name"]: each["last"] for each in healed.facts["figures"]}["P99"] < 1
        await catalogue.close()
