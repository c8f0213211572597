"""The same actions on a real Prometheus."""

import time

import pytest

from skills import BadArguments
from skills.catalogue import discover

pytestmark = pytest.mark.servers


def counter(name, per_second, now, **labels):
    return ({"__name__": name, **labels}, [(now - 3600 + 30 * n, per_second * 30 * n) for n in range(121)])


async def test_top_pods_gives_what_a_query_by_hand_gives(prometheus):
    now = time.time()
    name = "container_cpu_usage_seconds_total"
    prometheus.write(
        [
            counter(name, used, now, namespace="real-top", pod=pod, container="main")
            for pod, used in (("a", 0.2), ("b", 1.5), ("c", 0.7))
        ]
    )
    catalogue = discover(["prometheus"], settings={"prometheus": {"url": prometheus.url}})
    found = await catalogue["top_pods"]({"namespace": "real-top", "time_range": "过去1小时", "most": 2})
    assert [row[:2] for row in found.table.rows] == [("real-top/b", "1.5 cores"), ("real-top/c", "0.7 cores")]
    assert {series.name for series in found.series} == {"real-top/b", "real-top/c"}
    await catalogue.close()


async def test_a_services_latency(prometheus):
    now = time.time()
    labels = {"service": "real-order", "status": "200"}
    family = "http_request_duration_seconds"
    prometheus.write(
        [
            counter(f"{family}_count", 10, now, **labels),
            counter(f"{family}_count", 1, now, service="real-order", status="500"),
            counter(f"{family}_sum", 2, now, **labels),
            *[
                counter(f"{family}_bucket", rate, now, le=le, **labels)
                for le, rate in (("0.1", 5), ("1", 10), ("+Inf", 10))
            ],
        ]
    )
    catalogue = discover(["prometheus"], settings={"prometheus": {"url": prometheus.url}})
    found = await catalogue["service_latency"]({"service": "real-order", "time_range": "30m"})
    last = {each["name"]: each["last"] for each in found.facts["figures"]}
    assert last["QPS"] == pytest.approx(11, rel=0.01)
    assert last["error rate"] == pytest.approx(1 / 11, rel=0.01)
    assert last["P50"] == pytest.approx(0.1, rel=0.05)
    assert last["P99"] == pytest.approx(0.982, rel=0.01)
    with pytest.raises(BadArguments, match="many-to-many"):
        await catalogue["query_prometheus"]({"query": f"{family}_count * on (service) {family}_count"})
    await catalogue.close()
