"""Our Prometheus and the real one, over the same series: every query must have the same answer."""

from pathlib import Path

import httpx
import pytest

from bot.playground.prometheus_api import PrometheusBehind, application
from tests.differential.equal import canonical, difference
from tests.differential.prometheus_samples import BEGIN, END, Samples, rows

pytestmark = pytest.mark.servers

QUERIES = [
    line
    for line in (Path(__file__).parent / "prometheus_queries.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
WRITTEN = {"start": "2023-11-15T00:00:00Z", "end": "2023-11-15T01:00:00.5+00:00"}
MOMENTS = (BEGIN + 3005, BEGIN + 3600, BEGIN + 5400.5)


@pytest.fixture(scope="module")
def real(start_prometheus):
    server = start_prometheus(interval="1m")
    server.write(rows())
    return server


@pytest.fixture(scope="module")
def ours():
    return httpx.ASGITransport(application(PrometheusBehind(Samples(), lambda: END)))


async def _both(real, ours, path: str, params) -> tuple[httpx.Response, httpx.Response]:
    async with httpx.AsyncClient(transport=ours, base_url="http://ours") as client:
        mine = await client.get(path, params=params)
    return mine, real.client.get(path, params=params)


def _compare(mine: httpx.Response, theirs: httpx.Response) -> None:
    told = theirs.json()
    assert mine.status_code == theirs.status_code, (mine.text[:300], theirs.text[:300])
    assert mine.json().get("errorType") == told.get("errorType"), (mine.text, theirs.text)
    if told["status"] == "success":
        assert not (why := difference(canonical(mine.json()["data"]), canonical(told["data"]))), why


def test_there_are_enough_queries():
    assert len(QUERIES) >= 100


@pytest.mark.parametrize("query", QUERIES)
async def test_an_instant_query_has_the_same_answer(real, ours, query):
    for at in MOMENTS:
        mine, theirs = await _both(real, ours, "/api/v1/query", {"query": query, "time": at})
        _compare(mine, theirs)


@pytest.mark.parametrize("query", QUERIES)
async def test_a_range_query_has_the_same_answer(real, ours, query):
    span = {"query": query, "start": BEGIN + 600, "end": END + 300, "step": 77}
    _compare(*await _both(real, ours, "/api/v1/query_range", span))


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/v1/series", {"match[]": 'pod_info{node="n0"}'}),
        ("/api/v1/series", [("match[]", "pod_cpu"), ("match[]", "pod_limit")]),
        ("/api/v1/series", {}),
        ("/api/v1/series", {"match[]": "{"}),
        ("/api/v1/labels", {}),
        ("/api/v1/labels", {"match[]": "pod_info"}),
        ("/api/v1/label/service/values", {}),
        ("/api/v1/label/__name__/values", {}),
        ("/api/v1/label/service/values", {"match[]": "pod_info"}),
        ("/api/v1/query_range", {"query": "pod_cpu", "start": END, "end": BEGIN, "step": 15}),
        ("/api/v1/query_range", {"query": "pod_cpu", "start": BEGIN, "end": END, "step": 0}),
        ("/api/v1/query_range", {"query": "pod_cpu", "start": BEGIN, "end": BEGIN + 86400, "step": 1}),
        ("/api/v1/query_range", {"query": "pod_cpu", "start": "yesterday", "end": END, "step": 15}),
        ("/api/v1/query_range", {"query": "pod_cpu", "start": BEGIN, "end": END, "step": "soon"}),
        ("/api/v1/query_range", {"query": "pod_cpu", "step": "5m", **WRITTEN}),
        ("/api/v1/query", {"query": ""}),
        ("/api/v1/query", {"query": "pod_cpu", "time": "x"}),
        ("/api/v1/query", {"query": "topk(2, pod_cpu)", "time": END, "limit": 1}),
    ],
)  # fmt: skip
async def test_the_rest_of_the_api_has_the_same_answer(real, ours, path, params):
    pairs = list(params.items()) if isinstance(params, dict) else list(params)
    if "query" not in dict(pairs):
        pairs += [("start", BEGIN), ("end", END)]
    mine, theirs = await _both(real, ours, path, httpx.QueryParams(pairs))
    if "query" in path and theirs.status_code == 200:
        _compare(mine, theirs)
        return
    assert mine.status_code == theirs.status_code, (mine.text[:300], theirs.text[:300])
    assert mine.json().get("errorType") == theirs.json().get("errorType"), (mine.text, theirs.text)
    data = theirs.json().get("data")
    if isinstance(data, list):
        order = (lambda row: sorted(row.items())) if data and isinstance(data[0], dict) else None
        assert sorted(mine.json()["data"], key=order) == sorted(data, key=order)
