"""What the forecast is sure of becomes an alert, once; what passes is called off."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.database import Database
from bot.talk.alerts import Around
from bot.talk.alerts.forecast import Forecast
from bot.talk.alerts.settings import ForecastAlertsSettings
from skills.capacity.actions import Capacity
from skills.capacity.settings import CapacitySettings, KubernetesAddress, PrometheusAddress
from skills.catalogue import Catalogue
from skills.clock import Clock
from tests.skills.capacity.wire import Prometheus

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
CLAIM = {"namespace": "shop", "persistentvolumeclaim": "data-0"}


class Ears:
    """Remembers the keys it heard, as the inbox does."""

    def __init__(self):
        self.heard = []

    async def hear(self, event):
        new = event.key not in {each.key for each in self.heard}
        if new:
            self.heard.append(event)
        return new


def filling(a_day):
    prometheus = Prometheus(NOW.timestamp())
    prometheus.add("kubelet_volume_stats_used_bytes", lambda t: 90e9 + a_day * (t - NOW.timestamp()) / 86400, **CLAIM)
    prometheus.add("kubelet_volume_stats_capacity_bytes", 100e9, **CLAIM)
    for kind in ("used", "hard"):  # a quota that is used up, and meant to be
        prometheus.add(f'kube_resourcequota{{type="{kind}"', 8.0, namespace="shop", resource="requests.cpu")
    return prometheus


@pytest.fixture
async def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await made.open()
    yield made
    await made.close()


def source(prometheus, database, language="en", now=NOW):
    skill = Capacity(
        CapacitySettings(step_seconds=3600, timeout=0.5),
        Clock(lambda: NOW),
        PrometheusAddress(url="http://prometheus"),
        KubernetesAddress(url="http://kubernetes"),
        httpx.MockTransport(lambda request: prometheus[0](request)),
    )
    around = Around(database, language, "Asia/Shanghai", list)
    return Forecast(ForecastAlertsSettings(), Catalogue([skill]), around, lambda: now)


async def test_a_volume_that_fills_is_one_alert_however_often_it_is_asked(database):
    ears, forecast = Ears(), source([filling(6e9)], database)
    assert await forecast.look(ears) == 1
    assert await forecast.look(ears) == 0
    alert = ears.heard[0]
    assert (alert.name, alert.severity, alert.firing) == ("VolumeFullSoon", "warning", True)
    assert alert.labels["persistentvolumeclaim"] == "data-0"
    assert "expected to be full" in alert.summary
    assert alert.source == "forecast"


async def test_soon_is_critical(database):
    ears, forecast = Ears(), source([filling(26e9)], database)
    await forecast.look(ears)
    assert ears.heard[0].severity == "critical"


async def test_it_is_called_off_only_after_two_quiet_looks(database):
    ears, prometheus = Ears(), [filling(6e9)]
    forecast = source(prometheus, database)
    await forecast.look(ears)
    prometheus[0] = filling(0)
    await forecast.look(ears)
    assert len(ears.heard) == 1
    await forecast.look(ears)
    assert [each.firing for each in ears.heard] == [True, False]


@pytest.mark.slow
async def test_a_prometheus_that_is_away_calls_nothing_off(database):
    ears, prometheus = Ears(), [filling(6e9)]
    forecast = source(prometheus, database)
    await forecast.look(ears)

    def away(request):
        raise httpx.ConnectError("refused", request=request)

    prometheus[0] = away
    for _ in range(3):
        assert await forecast.look(ears) == 0
    assert len(ears.heard) == 1


async def test_of_two_replicas_one_looks_and_after_an_hour_any_of_them(database):
    ears, later = Ears(), NOW + timedelta(hours=1)
    assert [await source([filling(6e9)], database).take_turn(ears) for _ in range(2)] == [True, False]
    assert await source([filling(6e9)], database, now=later).take_turn(ears)
    assert len(ears.heard) == 1


async def test_what_was_told_is_called_off_after_a_restart_too(database):
    ears = Ears()
    await source([filling(6e9)], database).look(ears)
    for _ in range(2):
        await source([filling(0)], database).look(ears)
    assert [each.firing for each in ears.heard] == [True, False]
    assert ears.heard[0].fingerprint == ears.heard[1].fingerprint


async def test_it_speaks_the_language_of_the_house(database):
    ears = Ears()
    await source([filling(6e9)], database, "zh").look(ears)
    await source([filling(6e9)], database, "en").look(ears)
    assert len(ears.heard) == 1
    assert "用满" in ears.heard[0].summary
