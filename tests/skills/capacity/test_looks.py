"""What people ask, answered from a pretend Prometheus: forecasts, advice, and every way it can go wrong."""

from datetime import UTC, datetime, timedelta, timezone

import httpx
import numpy as np
import pytest

from skills.capacity.actions import Capacity
from skills.capacity.settings import CapacitySettings, KubernetesAddress, PrometheusAddress
from skills.catalogue import Catalogue
from skills.clock import Clock, reader_in
from skills.errors import BadArguments, NotFound, Unreachable
from skills.evidence import CHART
from tests.skills.capacity.wire import Prometheus

NOW = datetime(2026, 11, 20, 10, 7, tzinfo=UTC)
AT = NOW.timestamp()
CHINA = timezone(timedelta(hours=8))


def daily(level, swing, growth=0.0):
    """Value at a time: a daily rhythm that grows by so much a day, and is `level` now."""
    return lambda t: level + swing * np.sin(2 * np.pi * t / 86400) + growth * (t - AT) / 86400


def looks(prometheus, kubernetes=None, at=NOW, **settings):
    skill = Capacity(
        CapacitySettings(**{"step_seconds": 3600, **settings}),
        Clock(lambda: at, CHINA),
        PrometheusAddress(url="http://prometheus"),
        KubernetesAddress(url="http://kubernetes" if kubernetes else ""),
        httpx.MockTransport(lambda request: (kubernetes if request.url.host == "kubernetes" else prometheus)(request)),
    )
    return Catalogue([skill])


def cluster(use=20.0, growth=0.0, requests=22.0):
    """Four nodes of 10 cores."""
    prometheus = Prometheus(AT)
    prometheus.add("container_cpu_usage_seconds_total", daily(use, 3, growth))
    prometheus.add("container_memory_working_set_bytes", daily(40e9, 4e9))
    prometheus.add('resource_requests{resource="cpu"', requests)
    prometheus.add('resource_requests{resource="memory"', 50e9)
    prometheus.add('allocatable{resource="cpu"', 40.0)
    prometheus.add('allocatable{resource="memory"', 160e9)
    return prometheus


async def test_a_growing_cluster_is_told_by_when_and_how_many():
    prometheus = cluster(use=27.0, growth=1.5)
    prometheus.series.insert(0, ("count(kube_node_status_allocatable", {}, lambda _t: 4.0))
    answer = await looks(prometheus, language="zh")["capacity.forecast_capacity"]({"target": "cluster"})
    assert answer.facts["advice"]["kind"] == "add"
    assert "个节点" in answer.summary
    assert "前增加" in answer.summary
    assert "置信度" in answer.summary
    first = answer.facts["outlooks"][0]
    assert first["name"] == "集群 CPU 使用量"
    assert first["ceiling"] == pytest.approx(32.0)
    assert 0 < first["earliest_full_hours"] <= 72


async def test_a_quiet_cluster_has_enough_or_too_much():
    answer = await looks(cluster(use=5.0, requests=6.0))["capacity.forecast_capacity"]({"target": "cluster"})
    assert answer.facts["advice"]["kind"] in ("release", "enough")
    assert len(answer.table.rows) == 4
    assert {line.labels["part"] for line in answer.series} == {"history", "low", "forecast", "high", "ceiling"}


async def test_the_reader_is_told_in_the_readers_own_language_and_each_thing_has_its_own_lines():
    with reader_in(CHINA, "zh"):
        answer = await looks(cluster())["capacity.forecast_capacity"]({"target": "cluster"})
    assert "置信度" in answer.summary
    drawn = [line for line in answer.series if line.labels[CHART] == "集群 CPU 使用量"]
    assert [line.name for line in drawn] == ["历史", "预测", "上界（80%）", "下界（80%）", "上限"]
    ceiling = drawn[-1].points
    assert (ceiling[0][0], ceiling[-1][0]) == (drawn[0].points[0][0], drawn[1].points[-1][0])
    assert {value for _, value in ceiling} == {32.0}


async def test_costs_are_told_if_a_price_is_set():
    prometheus = cluster(use=27.0, growth=1.5)
    answer = await looks(prometheus, node_price_per_hour=0.5)["capacity.forecast_capacity"]({"target": "cluster"})
    assert "USD a day" in answer.summary


def volumes(count=3):
    prometheus = Prometheus(AT)
    for n in range(count):
        labels = {"namespace": "shop", "persistentvolumeclaim": f"disk-{n}"}
        prometheus.add(
            "kubelet_volume_stats_used_bytes", daily(90e9 if n == 0 else 10e9, 0, 6e9 if n == 0 else 0), **labels
        )
        prometheus.add("kubelet_volume_stats_capacity_bytes", 100e9, **labels)
    return prometheus


async def test_the_fullest_volume_comes_first():
    answer = await looks(volumes())["capacity.forecast_capacity"]({"target": "volume"})
    assert answer.table.rows[0][0].endswith("shop/disk-0")
    assert 24 <= answer.facts["outlooks"][0]["expected_full_hours"] <= 60


async def test_only_the_fullest_are_looked_at_and_the_rest_is_told():
    answer = await looks(volumes(5), most_shown=2)["capacity.forecast_capacity"]({"target": "volume"})
    assert len(answer.table.rows) == 2
    assert any("3 more" in gap for gap in answer.gaps)


async def test_one_volume_by_name():
    answer = await looks(volumes())["capacity.forecast_capacity"](
        {"target": "volume", "name": "disk-1", "namespace": "shop"}
    )
    assert [row[0] for row in answer.table.rows] == ["volume shop/disk-1"]
    assert 'namespace=~"shop",persistentvolumeclaim=~"disk-1"' in answer.query


async def test_shortages_are_raised_only_when_sure():
    assert "disk-0" in (await looks(volumes())["capacity.upcoming_shortages"]({})).summary
    quiet = volumes()
    quiet.series = [(p, labels, v) for p, labels, v in quiet.series if labels["persistentvolumeclaim"] != "disk-0"]
    assert "Nothing" in (await looks(quiet)["capacity.upcoming_shortages"]({})).summary


async def test_requests_that_are_too_large():
    prometheus = Prometheus(AT)
    prometheus.add("container_cpu_usage_seconds_total", daily(0.3, 0.1), container="app")
    prometheus.add("container_memory_working_set_bytes", daily(2e8, 1e7), container="app")
    prometheus.add("kube_pod_container_resource_requests", 4.0, container="app", resource="cpu")
    answer = await looks(prometheus)["capacity.right_size_requests"]({"namespace": "shop", "workload": "orders"})
    assert "ask for 0.4" in answer.summary or "ask for 0.5" in answer.summary


async def test_a_timeout_half_way_keeps_what_came():
    prometheus = Prometheus(AT)
    prometheus.add("queue", daily(10, 2))
    prometheus.stops_after = 4
    answer = await looks(prometheus, timeout=1)["capacity.forecast_query"]({"query": "queue"})
    assert any("did not answer for 6" in gap for gap in answer.gaps)
    assert answer.facts["outlooks"][0]["now"] > 0


async def test_a_timeout_at_once_is_one_sentence():
    prometheus = Prometheus(AT)
    prometheus.add("queue", daily(10, 2))
    prometheus.stops_after = 0
    with pytest.raises(Unreachable, match="does not answer"):
        await looks(prometheus, timeout=1)["capacity.forecast_query"]({"query": "queue"})


async def test_fifty_thousand_series_are_refused_before_they_are_read():
    prometheus = Prometheus(AT)
    for n in range(50):
        prometheus.add("wide", 1.0, n=str(n))
    few = prometheus._matching("wide")
    prometheus._matching = lambda _query: few * 1000
    with pytest.raises(BadArguments, match="50000 series"):
        await looks(prometheus)["capacity.forecast_query"]({"query": "wide"})
    assert not [path for path, _ in prometheus.asked if path.endswith("query_range")]


async def test_many_series_are_asked_for_in_pieces(monkeypatch):
    monkeypatch.setattr("skills.capacity.client.MOST_POINTS", 1000)
    prometheus = Prometheus(AT)
    for n in range(40):
        prometheus.add("wide", 1.0, n=str(n))
    answer = await looks(prometheus)["capacity.forecast_query"]({"query": "wide", "days": 1})
    assert len(answer.facts["outlooks"]) == 40
    asked = [form for path, form in prometheus.asked if path.endswith("query_range")]
    assert len(asked) > 10
    assert all((float(form["end"]) - float(form["start"])) / 3600 * 40 <= 1000 for form in asked)
    assert answer.series[0].points == tuple(sorted(answer.series[0].points))
    assert len(answer.series[0].points) >= 14 * 24 - 2


@pytest.mark.parametrize("target", ["cluster", "pool", "node", "namespace", "workload", "volume"])
async def test_nothing_there(target):
    with pytest.raises(NotFound, match="Nothing was found for"):
        await looks(Prometheus(AT))["capacity.forecast_capacity"]({"target": target})


async def test_one_day_of_history_widens_and_says_so():
    prometheus = Prometheus(AT)
    prometheus.add("young", lambda t: 5.0 + t % 7 if t > AT - 40 * 3600 else float("nan"))
    answer = await looks(prometheus)["capacity.forecast_query"]({"query": "young"})
    assert any("days of history" in gap for gap in answer.gaps)
    assert answer.facts["outlooks"][0]["confidence"] == "low"


async def test_scalings_of_a_namespace_are_levelled():
    prometheus = Prometheus(AT)
    step = AT - 30 * 3600
    prometheus.add(
        "container_cpu_usage_seconds_total", lambda t: (4 if t < step else 9) + np.sin(t / 13751), namespace="shop"
    )
    prometheus.add(
        "kube_deployment_spec_replicas", lambda t: 3 if t < step else 7, deployment="orders", namespace="shop"
    )
    answer = await looks(prometheus)["capacity.forecast_capacity"]({"target": "namespace", "namespace": "shop"})
    assert any("orders: 3 → 7 replicas" in gap for gap in answer.gaps)


@pytest.mark.parametrize(("words", "expected"), [("", "now"), ("zh", "现在")])
def test_times_in_the_past_are_now(words, expected):
    teller = looks(Prometheus(AT))["capacity.forecast_query"].method.__self__.teller(words)
    assert teller.when(AT - 7200) == expected


def test_times_are_told_in_the_readers_zone():
    teller = looks(Prometheus(AT))["capacity.forecast_query"].method.__self__.teller("zh")
    assert teller.when(AT + 16 * 3600) == "明天10:00"
