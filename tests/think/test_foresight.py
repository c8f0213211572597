"""What is foreseen is an incident of its own kind: its report is the forecast, its repair is room."""

from datetime import UTC, datetime

import httpx
import pytest

from bot.domain.alert import FORESEEN, Alert
from bot.domain.incident import Incident
from bot.domain.report import Report
from bot.talk.cards.incident import incident_card
from bot.talk.cards.words import Words
from bot.think.foresight import Foresight, asked_of
from bot.think.grouping import group
from skills import Catalogue, Clock
from skills.capacity.actions import Capacity
from skills.capacity.settings import CapacitySettings, KubernetesAddress, PrometheusAddress
from skills.kubernetes import skill as kubernetes
from tests.skills.capacity.wire import Prometheus
from tests.skills.kubernetes.wire import Wire

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
CLAIM = {"namespace": "shop", "persistentvolumeclaim": "data-0"}


class Now:
    """The investigator of what is wrong now."""

    async def investigate(self, alerts, question, language, window=None):
        return Report("wrong now", "")


def alert(name, source=FORESEEN, **labels):
    return Alert(f"k:{name}:{source}", f"f:{name}:{source}", {"alertname": name, **labels}, True, NOW, source=source)


VOLUME = alert("VolumeFullSoon", target="volume", measure="volume", **CLAIM)


def foresight(prometheus, cluster=None):
    transport = httpx.MockTransport(prometheus)
    capacity = Capacity(
        CapacitySettings(step_seconds=3600, timeout=0.5),
        Clock(lambda: NOW),
        PrometheusAddress(url="http://prometheus"),
        KubernetesAddress(url="http://kubernetes"),
        transport,
    )
    catalogue = Catalogue([capacity, cluster or kubernetes(Clock(), url="http://kubernetes")])
    return Foresight(Now(), catalogue, "Asia/Shanghai", lambda: NOW)


def filling():
    prometheus = Prometheus(NOW.timestamp())
    prometheus.add("kubelet_volume_stats_used_bytes", lambda t: 90e9 + 6e9 * (t - NOW.timestamp()) / 86400, **CLAIM)
    prometheus.add("kubelet_volume_stats_capacity_bytes", 100e9, **CLAIM)
    return prometheus


async def test_an_autoscaler_soon_at_its_most_may_run_more():
    here = {"namespace": "shop", "workload": "orders"}
    prometheus = Prometheus(NOW.timestamp())
    prometheus.add("status_current_replicas", lambda t: 7.5 + 0.6 * (t - NOW.timestamp()) / 86400, **here)
    prometheus.add("spec_max_replicas", 8.0, **here)
    scaler = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"namespace": "shop", "name": "orders-hpa"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "orders"}, "minReplicas": 2, "maxReplicas": 8},
    }
    soon = alert("AutoscalerAtMostSoon", target="workload", measure="replicas", **here)
    report = await foresight(prometheus, Wire(scaler).skill(NOW)).investigate((soon,), "", "en")
    (step,) = report.steps
    assert step.action == "kubernetes.patch_hpa"
    assert step.arguments == {"namespace": "shop", "hpa": "orders-hpa", "min_replicas": 2, "max_replicas": 12}


@pytest.mark.parametrize(("language", "said"), [("zh", "用满"), ("en", "expected to be full")])
async def test_a_volume_that_fills_is_shown_and_to_be_grown(language, said):
    report = await foresight(filling()).investigate((VOLUME,), "", language)
    assert said in report.markdown
    assert report.chart.lines
    assert [(step.action, step.arguments) for step in report.steps] == [
        ("kubernetes.expand_pvc", {"namespace": "shop", "pvc": "data-0", "size": "149Gi"})
    ]
    assert not report.healthy


async def test_what_is_wrong_now_is_looked_into_as_ever():
    report = await foresight(filling()).investigate((VOLUME, alert("PodCrash", "alertmanager")), "", "en")
    assert report.headline == "wrong now"


async def test_a_forecast_that_cannot_be_had_leaves_the_alert_as_it_was_told():
    report = await foresight(Prometheus(NOW.timestamp())).investigate((VOLUME,), "", "en")
    assert report.headline == VOLUME.summary
    assert not report.steps


def test_what_is_foreseen_does_not_join_what_is_wrong():
    wrong = alert("VolumeFull", "alertmanager", **CLAIM)
    groups = group([wrong, VOLUME, alert("QuotaExhaustedSoon", target="namespace", namespace="shop")])
    assert sorted(len(each.alerts) for each in groups) == [1, 2]


@pytest.mark.parametrize(("language", "title"), [("zh", "预警"), ("en", "Foreseen")])
def test_its_card_says_that_it_is_only_foreseen(language, title):
    words = Words(language)
    assert incident_card(Incident("i", (VOLUME,), NOW), words, "UTC").title.startswith(title)
    both = Incident("i", (VOLUME, alert("VolumeFull", "alertmanager")), NOW)
    assert not incident_card(both, words, "UTC").title.startswith(title)


@pytest.mark.parametrize(
    ("labels", "asked"),
    [
        (VOLUME.labels, {"target": "volume", "name": "data-0", "namespace": "shop"}),
        ({"target": "namespace", "namespace": "shop"}, {"target": "namespace", "name": "shop", "namespace": ""}),
        ({"target": "cluster"}, {"target": "cluster", "name": "", "namespace": ""}),
        ({}, {"target": "cluster", "name": "", "namespace": ""}),
    ],
)
def test_what_the_forecast_is_asked_for(labels, asked):
    assert asked_of(labels) == asked
