"""The live look, over real HTTP to the playground: each fault is named and its repair proposed; away is said."""

from datetime import UTC, datetime

import pytest

from bot.playground import HandClock, Playground
from bot.think.diagnosis.bundle import read_alert
from bot.think.diagnosis.investigator import Diagnostician
from bot.think.diagnosis.reads import LiveReads
from skills.http import Server
from skills.kubernetes.cluster import Cluster
from skills.loki.client import LokiClient
from skills.loki.settings import LokiSettings
from skills.prometheus.client import PrometheusClient
from skills.prometheus.settings import PrometheusSettings

pytestmark = pytest.mark.slow

NOON = 1_790_000_000.0
FAULTS = {
    "bad_release": ("order-service", "rollback_deployment"),
    "oom": ("inventory-service", "set_resources"),
    "image_error": ("cart-service", "rollback_deployment"),
    "pool_exhausted": ("order-service", "rollout_restart"),
    "disk_filling": ("data-postgres-0", "expand_pvc"),
    "node_pressure": ("node-1", "drain_node"),
    "node_disk": ("node-3", "clean_disk"),
    "config_error": ("user-service", "rollback_deployment"),
    "crashloop": ("notification-service", "rollback_deployment"),
}


async def look(fault: str, *, loki: bool = True):
    clock = HandClock(NOON)
    async with Playground(seed=7, clock=clock, tick=3600) as playground:
        begun = await playground.break_(fault) if fault else None
        for _ in range(120 if begun else 24):
            clock.move(5)
            playground.shop.world.advance()
            if begun and begun.alert in {alarm.rule.name for alarm in playground.alarms.firing()}:
                break
        told = playground.alarms.webhook("http://bot")
        alerts = tuple(read_alert(alert) for message in told for alert in message["alerts"])
        reads = LiveReads(
            Cluster(lambda: Server("Kubernetes", playground.kubernetes_url)),
            PrometheusClient(PrometheusSettings(url=playground.prometheus_url)),
            LokiClient(LokiSettings(url=playground.loki_url if loki else "http://127.0.0.1:9")),
        )
        patience = 60.0  # a busy machine must not make a source look away
        investigator = Diagnostician(reads, lambda: datetime.fromtimestamp(clock(), UTC), patience)
        return await investigator.investigate(alerts, "" if alerts else "Is order-service healthy?", "en")


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_is_named_and_its_repair_proposed(fault):
    about, action = FAULTS[fault]
    report = await look(fault)
    assert about in report.headline
    assert [step.action for step in report.steps] == [f"kubernetes.{action}"]
    assert report.confidence >= 0.5
    assert not report.healthy


async def test_a_healthy_shop_is_called_healthy():
    report = await look("")
    assert report.healthy, report.markdown
    assert report.steps == ()


async def test_without_logs_the_report_is_made_from_the_rest_and_says_so():
    report = await look("oom", loki=False)
    assert "inventory-service" in report.headline
    assert "Logs were not available." in report.markdown
