"""The external knowledge door against the description of its API, by schemathesis: never 5xx, always its form."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from tests.talk.tools.test_openapi_page import HEADERS, live  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow

CONDITION = {
    "type": "object",
    "required": ["name", "comparison_operator"],
    "properties": {
        "name": {"type": "array", "items": {"type": "string"}},
        "comparison_operator": {"enum": ["contains", "not contains", "is", "is not", "empty", "=", "<", "after"]},
        "value": {"type": "string"},
    },
}
ASKED = {
    "type": "object",
    "required": ["knowledge_id", "query", "retrieval_setting"],
    "properties": {
        "knowledge_id": {"type": "string"},
        "query": {"type": "string"},
        "retrieval_setting": {
            "type": "object",
            "required": ["top_k", "score_threshold"],
            "properties": {"top_k": {"type": "integer"}, "score_threshold": {"type": "number"}},
        },
        "metadata_condition": {
            "type": "object",
            "properties": {
                "logical_operator": {"enum": ["and", "or"]},
                "conditions": {"type": "array", "items": CONDITION},
            },
        },
    },
}
PAGE = {
    "openapi": "3.0.3",
    "info": {"title": "External knowledge", "version": "1"},
    "paths": {
        "/knowledge/retrieval": {
            "post": {
                "requestBody": {"required": True, "content": {"application/json": {"schema": ASKED}}},
                "responses": {"200": {"description": "Records."}},
            }
        }
    },
}


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_dify_may_ask(live, mode):  # noqa: F811
    page = schemathesis.openapi.from_dict(PAGE)

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(page["/knowledge/retrieval"]["POST"].as_strategy(generation_mode=mode))
    def ask(case):
        told = case.call(base_url=live, headers=HEADERS)
        assert told.status_code in {200, 401, 405, 413, 422}, told.text
        if told.status_code == 200:
            assert set(told.json()) == {"records"}
            for each in told.json()["records"]:
                assert set(each) == {"content", "score", "title", "metadata"}
                assert 0 <= each["score"] <= 1
        elif told.status_code != 405:
            assert set(told.json()) == {"error_code", "error_msg"}

    ask()
