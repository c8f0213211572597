"""The signs of a repair, read from a real Prometheus: an alert of a real rule, and counters of requests."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from bot.act.signs import Signs
from bot.domain.alert import Alert
from bot.domain.incident import Incident
from skills.change import Target
from skills.prometheus.client import PrometheusClient
from skills.prometheus.settings import PrometheusSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]
RULES = """
groups:
  - name: shop
    rules:
      - alert: OrderFails
        expr: real_broken == 1
        labels: {severity: critical}
"""
ORDER = Target("Deployment", "order", "shop")
LABELS = {"alertname": "OrderFails", "namespace": "shop", "service": "order", "severity": "critical"}


def counter(per_second, now, seconds, **labels):
    """A counter that has grown so long, once every five seconds."""
    labels = {"__name__": "http_requests_total", "namespace": "shop", "service": "order", **labels}
    return labels, [(now - seconds + 5 * n, per_second * 5 * n) for n in range(seconds // 5 + 1)]


def state(server, broken):
    labels = {"__name__": "real_broken", "namespace": "shop", "service": "order"}
    server.write([(labels, [(time.time(), broken)])])


async def until(look, wanted, seconds=60):
    end = time.monotonic() + seconds
    while not wanted(found := await look()):
        assert time.monotonic() < end, found
        await asyncio.sleep(0.5)
    return found


@pytest.mark.parametrize("name", ["code", "status"])
async def test_an_alert_and_a_share_of_failed_requests(start_prometheus, name):
    server = start_prometheus(rules=RULES)
    signs = Signs(PrometheusClient(PrometheusSettings(url=server.url)), lambda: datetime.now(UTC))
    incident = Incident("i", (Alert("k", "f", LABELS, True, datetime.now(UTC)),), datetime.now(UTC))
    assert await signs.of(incident, [ORDER]) == ()
    now = time.time()
    server.write([counter(8, now, 600, **{name: "200"}), counter(2, now, 600, **{name: "503"})])
    state(server, 1)
    signals = await until(lambda: signs.of(incident, [ORDER]), lambda found: len(found) == 2)
    assert [(each.kind, each.name) for each in signals] == [("alert", "OrderFails"), ("errors", "order")]
    assert signals[1].most == pytest.approx(0.05, rel=0.05)
    assert (await signs.look(signals)).better is None
    assert await signs.of(incident, [Target("Deployment", "cart", "shop")]) == ()
    state(server, 0)
    seen = await until(lambda: signs.look(signals[:1]), lambda seen: seen.better)
    assert seen.why == "well again: OrderFails"
    assert "of the requests to order fail (wanted: 5.0%)" in (await signs.look(signals)).why
    labels = {"__name__": "http_requests_total", "namespace": "shop", "service": "order", name: "200"}
    server.write([(labels, [(time.time(), 10**6)])])  # so many that went well since
    assert (await until(lambda: signs.look(signals), lambda seen: seen.better)).why == "well again: OrderFails, order"
    await signs.prometheus.close()
