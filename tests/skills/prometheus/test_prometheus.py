"""Asking Prometheus, against a double at the wire."""

import json
import math
from datetime import UTC, datetime
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills import BadArguments, Catalogue, Clock, Evidence, NotFound, Unreachable
from skills.http import Http, Server
from skills.prometheus.actions import Prometheus
from skills.prometheus.client import PrometheusClient, step_for
from skills.prometheus.promql import checked, quoted
from skills.prometheus.settings import PrometheusSettings

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class Prom:
    """Answers the first rule whose text is in the query."""

    def __init__(self, *rules, **settings) -> None:
        self.rules = rules
        self.asked: list[dict[str, str]] = []
        self.settings = PrometheusSettings(url="http://prom.test", **settings)

    def answer(self, request: httpx.Request) -> httpx.Response:
        form = {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
        self.asked.append({"path": request.url.path, **form})
        for part, reply in self.rules:
            if part in form.get("query", request.url.path):
                return reply if isinstance(reply, httpx.Response) else self._data(request.url.path, reply)
        return self._data(request.url.path, [])

    def _data(self, path, reply):
        kind = "matrix" if path.endswith("range") else "vector"
        key = "values" if kind == "matrix" else "value"
        entries = [
            {
                "metric": labels,
                key: [[at, str(v)] for at, v in points] if kind == "matrix" else [points[-1][0], str(points[-1][1])],
            }
            for labels, points in reply
        ]
        return httpx.Response(200, json={"status": "success", "data": {"resultType": kind, "result": entries}})

    async def __call__(self, name: str, **arguments) -> Evidence:
        http = Http(Server("Prometheus", "http://prom.test", tries=1), httpx.MockTransport(self.answer))
        skill = Prometheus(self.settings, Clock(lambda: NOW), PrometheusClient(self.settings, http))
        return await Catalogue([skill])[name](arguments)


def line(name: str, *values: float, **labels: str):
    start = NOW.timestamp() - 60 * len(values)
    return ({**({"__name__": name} if name else {}), **labels}, [(start + 60 * n, v) for n, v in enumerate(values)])


async def test_an_instant_query():
    prom = Prom(("up", [line("up", 1, instance="a"), line("up", 0, instance="b")]))
    found = await prom("query_prometheus", query="up")
    assert found.table.rows == (("instance=a", "1"), ("instance=b", "0"))
    assert (found.query, found.url) == ("up", "http://prom.test/graph?g0.expr=up&g0.tab=1")
    assert prom.asked[0]["time"] == f"{NOW.timestamp():.3f}"


async def test_a_range_is_stepped_down_to_what_can_be_shown():
    prom = Prom(("up", [line("up", 1, 3, 2)]))
    found = await prom("query_prometheus", query="up", time_range="7d")
    assert int(prom.asked[0]["step"]) == 3600
    assert found.table.rows[0][:3] == ("up", "2", "3")
    assert "step" in found.facts


async def test_grafana_links_hold_query_and_time():
    prom = Prom(("up", []), grafana_url="https://g.test/", grafana_datasource="abc")
    found = await prom("query_prometheus", query='up{a="b"}', time_range="今天8:00-9:00")
    assert found.url.startswith("https://g.test/explore?schemaVersion=1&panes=%7B%22a%22")
    assert str(int(datetime(2026, 11, 22, 8, tzinfo=UTC).timestamp() * 1000)) in found.url


@pytest.mark.parametrize("query", ["sum(rate(up[5m])", "up{", "rate(up)", "", "hello world", '{a=""}'])
async def test_bad_promql_is_told_before_it_is_sent(query):
    prom = Prom()
    with pytest.raises(BadArguments) as caught:
        await prom("query_prometheus", query=query)
    assert caught.value.key == "bad_promql"
    assert str(caught.value).startswith("The PromQL “")
    assert not prom.asked


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ('{__name__=~".+"}', "promql_too_wide"),
        ('count({__name__=~"(.+)"})', "promql_too_wide"),
        ('{job!="a", instance=~".+"}', "promql_too_wide"),
        ("rate(up[90d])", "promql_window_too_long"),
        ("max_over_time(rate(up[5m])[30d:1s])", "promql_too_costly"),
        ("max_over_time(max_over_time(up[1h:1s])[1h:1s])", "promql_too_costly"),
    ],
)
async def test_a_query_that_would_make_the_server_groan_is_not_sent(query, key):
    prom = Prom()
    with pytest.raises(BadArguments) as caught:
        await prom("query_prometheus", query=query)
    assert caught.value.key == key
    assert not prom.asked


async def test_what_the_server_finds_wrong_is_told():
    told = httpx.Response(422, json={"status": "error", "error": "many-to-many matching not allowed"})
    with pytest.raises(BadArguments, match="many-to-many matching not allowed"):
        await Prom(("a", told))("query_prometheus", query="a * b")


async def test_a_prometheus_that_is_down_is_told():
    def refuse(request):
        raise httpx.ConnectError("All connection attempts failed")

    settings = PrometheusSettings(url="http://prom.test")
    http = Http(Server("Prometheus", settings.url, tries=2), httpx.MockTransport(refuse))
    skill = Prometheus(settings, Clock(), PrometheusClient(settings, http))
    with pytest.raises(Unreachable, match=r"^Prometheus at http://prom.test does not answer"):
        await Catalogue([skill])["firing_alerts"]({})


async def test_too_many_series_are_cut_and_told():
    prom = Prom(("up", [line("up", n, instance=str(n)) for n in range(80)]), most_series=50)
    found = await prom("query_prometheus", query="up")
    assert len(found.table.rows) == 50
    assert found.table.rows[0][0] == "instance=79"
    assert found.gaps == ("80 series; the 50 with the highest last value are shown.",)


async def test_numbers_that_json_lacks_become_nothing():
    found = await Prom(("up", [line("up", math.nan), line("up", math.inf, a="b")]))("query_prometheus", query="up")
    assert json.loads(json.dumps(dict(found.facts), allow_nan=False))["result"][0]["last"] is None


async def test_the_pods_that_used_most():
    prom = Prom(
        ("topk", [line("", 0.5, namespace="shop", pod="b"), line("", 1.5, namespace="shop", pod="a")]),
        ("limits", [line("", 2, namespace="shop", pod="a")]),
        ("[5m]", [line("", 1, 2, namespace="shop", pod="a"), line("", 0.4, 0.6, namespace="shop", pod="b")]),
    )
    found = await prom("top_pods", resource="cpu", time_range="过去1小时", namespace="shop", most=2)
    assert found.query == (
        "topk(2, sum by (namespace, pod) (rate(container_cpu_usage_seconds_total"
        '{container!="",container!="POD",namespace="shop"}[3600s])))'
    )
    assert found.table.rows == (("shop/a", "1.5 cores", "2 cores", "75 %"), ("shop/b", "0.5 cores", "0.6 cores", "-"))
    assert {series.unit for series in found.series} == {"cores"}
    assert found.summary.endswith("shop/a leads with 1.5 cores")


async def test_nobody_measures_pods():
    found = await Prom()("top_pods", resource="memory")
    assert found.gaps == ("No memory of containers is recorded here (container_memory_working_set_bytes).",)


async def test_nodes_fall_back_on_what_is_recorded():
    prom = Prom(
        ("machine_cpu_cores", [line("", 0.2, 0.9, node="n1")]), ("MemAvailable", [line("", 0.3, instance="n1:9100")])
    )
    found = await prom("node_usage", time_range="1h")
    assert [series.name for series in found.series] == ["n1 CPU", "n1:9100 memory"]
    assert found.gaps == ("No disks of nodes are recorded here (node_filesystem_avail_bytes).",)
    assert "highest: n1 CPU 90 %" in found.summary


def spring(part="http_server_requests_seconds", **more):
    seen = [line(f"{part}_count", 5, service="order-service", status="200", **more)]
    return (
        ("__name__", seen),
        ("count(", [line("", 12)]),
        ("(0.99", [line("", 0.1, 2.5, 0.2)]),
        ("(0.95", [line("", 0.1, 1.5, 0.2)]),
        ("(0.5", [line("", 0.1, 0.5, 0.2)]),
        ("or vector(0)", [line("", 0, 0.3, 0)]),
        ("sum(rate(", [line("", 10, 12, 11)]),
    )


async def test_a_services_latency():
    prom = Prom(*spring())
    found = await prom("service_latency", service="order-service", time_range="今天9:00-10:00")
    assert [series.name for series in found.series] == ["QPS", "error rate", "P50", "P95", "P99"]
    assert "P99 up to 2.5 s at 09:58 (before: 200 ms)" in found.summary
    assert "error rate up to 30 %" in found.summary
    assert (
        'histogram_quantile(0.99, sum by (le) (rate(http_server_requests_seconds_bucket{service="order-service"}'
        in found.query
    )
    assert 'status=~"5.."' in found.query


async def test_istio_tells_in_milliseconds():
    rules = list(spring())
    labels = {"destination_service_name": "order-service", "response_code": "200"}
    rules[0] = ("__name__", [line("istio_request_duration_milliseconds_count", 5, **labels)])
    found = await Prom(*rules)("service_latency", service="order-service")
    assert '{destination_service_name="order-service"}' in found.query
    assert 'response_code=~"5.."' in found.query
    assert found.query.endswith("* 0.001")


async def test_a_counter_serves_where_the_histogram_has_no_status():
    rules = list(spring())
    rules[0] = (
        "__name__",
        [
            line("http_request_duration_seconds_count", 5, app="order-service"),
            line("http_requests_total", 5, app="order-service", code="500"),
        ],
    )
    found = await Prom(*rules)("service_latency", service="order-service")
    assert 'http_requests_total{app="order-service",code=~"5.."}' in found.query


async def test_without_buckets_only_the_mean_is_told():
    rules = [rule for rule in spring() if rule[0] != "count("]
    found = await Prom(*rules)("service_latency", service="order-service")
    assert [series.name for series in found.series] == ["QPS", "error rate", "mean latency"]
    assert "No histogram is recorded: only the mean latency can be seen." in found.gaps


async def test_a_service_that_nobody_measures_names_those_that_are():
    prom = Prom(("count by", [line("", 1, service="order-service"), line("", 1, service="cart")]))
    with pytest.raises(NotFound) as caught:
        await prom("service_latency", service="orders")
    assert str(caught.value) == "No request metrics name the service orders; the nearest: order-service."


async def test_alerts_that_fire():
    def alert(name, state):
        return {
            "labels": {"alertname": name, "severity": "critical"},
            "state": state,
            "activeAt": "2026-11-22T09:00:00Z",
        }

    alerts = [alert("HighLatency", "firing"), alert("Disk", "pending")]
    reply = httpx.Response(200, json={"status": "success", "data": {"alerts": alerts}})
    found = await Prom(("/alerts", reply))("firing_alerts")
    assert found.summary == "1 alert firing, 1 pending"
    assert found.table.rows[0][0] == "HighLatency"


@given(st.floats(1, 1e8), st.integers(50, 500))
def test_the_step_keeps_the_points_few(seconds, most):
    assert seconds / step_for(seconds, most) <= most


@given(st.text(max_size=40))
def test_any_value_is_quoted_safely(value):
    try:
        query = checked(f'up{{a={quoted(value)},b="c"}}')
    except BadArguments:
        raise AssertionError(value) from None
    assert query


async def test_a_time_that_is_too_long_is_told():
    with pytest.raises(BadArguments, match="longer than 31 days"):
        await Prom()("node_usage", time_range="60d")
