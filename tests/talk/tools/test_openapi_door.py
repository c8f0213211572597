"""The OpenAPI door: its page, its replies, and its limits."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.talk.tools.openapi_door import describe
from tests.talk.tools.conftest import PLANNER, READER

STEPS = json.dumps([{"action": "rollout_restart", "namespace": "shop", "name": "checkout"}])
FLAT = {"string", "integer", "number", "boolean"}


async def test_the_page_is_flat(house):
    page = (await house.client.get("/tools/openapi.json")).json()
    assert page == describe(house.doors.counter.tools(), "http://127.0.0.1:8080")
    assert set(page["paths"]) == {"/tools/kubernetes_query_prometheus", "/tools/search_kb", "/tools/propose_plan"}
    for path in page["paths"].values():
        schema = path["post"]["requestBody"]["content"]["application/json"]["schema"]
        for field in schema["properties"].values():
            assert field["type"] in FLAT
            assert not {"anyOf", "items", "$ref"} & set(field)
        assert set(schema["required"]) <= set(schema["properties"])


async def test_looks(house):
    told = await house.client.post("/tools/kubernetes_query_prometheus", json={"promql": "up"})
    assert told.status_code == 200
    assert "91%" in told.json()["result"]
    assert len(told.json()["result"].encode()) <= 8000


async def test_proposes_as_json_text(house):
    told = await house.client.post("/tools/propose_plan", json={"title": "T", "reason": "r", "steps_json": STEPS})
    answer = json.loads(told.json()["result"])
    assert answer["status"] == "pending_approval"
    assert (await house.doors.offers.claim(answer["plan_id"], "any")).title == "T"


async def test_rejects_with_reasons(house):
    told = await house.client.post("/tools/propose_plan", json={"title": "T", "steps_json": '[{"action": "rm"}]'})
    assert told.status_code == 422
    assert "There are: kubernetes" in json.loads(told.json()["error"])["reasons"][0]
    house.forbidden = "kubernetes.rollout_restart is refused by the policy (rule: freeze)"
    told = await house.client.post("/tools/propose_plan", json={"title": "T", "steps_json": STEPS})
    assert json.loads(told.json()["error"])["reasons"] == [house.forbidden]


async def test_a_slow_look_is_given_up(house):
    house.slow = 5
    told = await house.client.post("/tools/kubernetes_query_prometheus", json={"promql": "up"})
    assert told.status_code == 422
    assert "longer than 1 s" in told.json()["error"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b""}, 422),
        ({"content": b"[1]"}, 422),
        ({"content": b'{"a": NaN}'}, 422),
        ({"content": b"{" * 250_000}, 413),
        ({"json": {}, "headers": {"authorization": "Bearer nobody"}}, 401),
        ({"json": {}, "headers": {"authorization": f"Bearer {PLANNER}"}}, 401),
    ],
)
async def test_bounds(house, sent, status):
    told = await house.client.post("/tools/kubernetes_query_prometheus", **sent)
    assert told.status_code == status
    assert told.json()["error"]


async def test_unknown_tools_are_named(house):
    told = await house.client.post("/tools/exec", json={}, headers={"authorization": f"Bearer {READER}"})
    assert told.status_code == 400
    assert "kubernetes_query_prometheus" in told.json()["error"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["title", "reason", "steps", "steps_json", "conversation_id", "query", "promql", "x"])


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["propose_plan", "kubernetes_query_prometheus", "search_kb"]), st.dictionaries(NAMES, JSON))
async def test_never_fails_by_itself(house, name, body):
    told = await house.client.post(f"/tools/{name}", content=json.dumps(body).encode())
    assert told.status_code in {200, 422}
