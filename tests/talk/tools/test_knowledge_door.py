"""Dify's External Knowledge API, with the requests that a real Dify sent."""

import pytest

from tests.talk.tools.conftest import READER

ASKED = {
    "retrieval_setting": {"top_k": 3, "score_threshold": 0.5},
    "query": "checkout 5xx?",
    "knowledge_id": "runbooks",
    "metadata_condition": None,
}
PATH = "/knowledge/retrieval"


async def retrieve(house, **asked):
    told = await house.client.post(PATH, json={**ASKED, **asked})
    assert told.status_code == 200
    return told.json()["records"]


async def test_what_dify_sends(house):
    records = await retrieve(house)
    assert [record["score"] for record in records] == [0.8]
    assert records[0]["content"] == "[…] checkout."  # a page commands nothing
    assert records[0]["metadata"]["url"] == "https://kb/1"
    assert len(await retrieve(house, retrieval_setting={"top_k": 1, "score_threshold": 0.0})) == 1
    assert await retrieve(house, query=" ") == []


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        ("contains", "checkout", True),
        ("not contains", "checkout", False),
        ("start with", "5xx", True),
        ("end with", "x", False),
        ("is", "5xx of checkout", True),
        ("is not", "y", True),
        ("in", ["a", "5xx of checkout"], True),
        ("not in", "a, b", True),
        ("empty", None, False),
        ("not empty", None, True),
        (">", "3", False),
        ("no such", "x", False),
    ],
)
async def test_conditions(house, operator, value, found):
    condition = {"name": "title", "comparison_operator": operator, "value": value}
    wanted = {"logical_operator": "and", "conditions": [condition]}
    assert bool(await retrieve(house, metadata_condition=wanted)) == found


@pytest.mark.parametrize("sent", [{}, {"content": b"x"}, {"json": {"query": "x"}}, {"json": {**ASKED, "query": None}}])
async def test_a_probe_gets_4xx_but_never_403_or_404(house, sent):
    told = await house.client.post(PATH, **sent)
    assert told.status_code == 422
    assert told.json()["error_code"] == 1001


async def test_who_may_not(house):
    for token in ("wrong", READER):
        told = await house.client.post(PATH, json=ASKED, headers={"authorization": f"Bearer {token}"})
        assert told.status_code == 401
        assert told.json()["error_code"] == 1002
