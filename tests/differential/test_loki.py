"""Our Loki and the real one, over the same lines: every query must have the same answer."""

from pathlib import Path

import httpx
import pytest

from bot.playground.loki_api import LokiBehind, application
from tests.differential.equal import canonical, difference
from tests.differential.loki_lines import BEGIN, END, kept, push

pytestmark = pytest.mark.servers

QUERIES = [
    line
    for line in (Path(__file__).parent / "loki_queries.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def real(start_loki):
    server = start_loki()
    push(server)
    return server


@pytest.fixture(scope="module")
def ours():
    return httpx.ASGITransport(application(LokiBehind(kept(), lambda: END)))


async def _compare(real, ours, path: str, params) -> None:
    async with httpx.AsyncClient(transport=ours, base_url="http://ours") as client:
        mine = await client.get(path, params=params)
    theirs = real.client.get(path, params=params)
    assert mine.status_code == theirs.status_code, (mine.text[:300], theirs.text[:300])
    if theirs.status_code != 200:
        assert mine.headers["content-type"].startswith("text/plain")
        return
    data = theirs.json()["data"]
    if isinstance(data, dict):
        assert not (why := difference(canonical(mine.json()["data"]), canonical(data))), why
    else:
        order = (lambda row: sorted(row.items())) if data and isinstance(data[0], dict) else None
        assert sorted(mine.json()["data"], key=order) == sorted(data, key=order)


def test_there_are_enough_queries():
    assert len(QUERIES) >= 35


@pytest.mark.parametrize("query", QUERIES)
async def test_a_range_query_has_the_same_answer(real, ours, query):
    span = {"query": query, "start": BEGIN * 10**9, "end": (END - 60) * 10**9, "limit": 5000, "step": 60}
    await _compare(real, ours, "/loki/api/v1/query_range", span)


@pytest.mark.parametrize("query", QUERIES)
async def test_an_instant_query_has_the_same_answer(real, ours, query):
    await _compare(real, ours, "/loki/api/v1/query", {"query": query, "time": (BEGIN + 907) * 10**9})


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/loki/api/v1/query_range", {"query": '{app="cart"}', "limit": 7}),
        ("/loki/api/v1/query_range", {"query": '{app="cart"}', "limit": 7, "direction": "forward"}),
        ("/loki/api/v1/query_range", {"query": '{namespace="shop"} |= "e"', "limit": 33, "direction": "backward"}),
        ("/loki/api/v1/query_range", {"query": '{app="cart"}', "limit": 0}),
        ("/loki/api/v1/query_range", {"query": '{app="cart"}', "limit": 100000}),
        ("/loki/api/v1/query_range", {"query": '{app="cart"}', "direction": "sideways"}),
        ("/loki/api/v1/query_range", {"query": 'rate({app="cart"}[1m])', "step": "90s"}),
        ("/loki/api/v1/query_range", {"query": 'rate({app="cart"}[1m])', "step": "0"}),
        ("/loki/api/v1/query_range", {"query": 'rate({app="cart"}[1m])', "step": "often"}),
        ("/loki/api/v1/labels", {}),
        ("/loki/api/v1/label/app/values", {}),
        ("/loki/api/v1/label/pod/values", {"query": '{app="order"}'}),
        ("/loki/api/v1/series", {"match[]": '{app="order"}'}),
        ("/loki/api/v1/series", {"match[]": '{app="order"'}),
    ],
)
async def test_the_rest_of_the_api_has_the_same_answer(real, ours, path, params):
    await _compare(real, ours, path, {"start": BEGIN * 10**9, "end": END * 10**9, **params})
