"""The OpenAPI door against its live page, by schemathesis: it answers as it promises, whatever comes."""

import asyncio
import json
import threading

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from bot.database import Database
from bot.talk.tools.doors import Doors
from bot.talk.tools.settings import DoorSettings
from knowledge import Document, Passage
from skills import Evidence
from tests.talk.tools.conftest import ALL, TOKENS
from tests.think.brains.briefings import ACTIONS, NOW

pytestmark = pytest.mark.slow

HEADERS = {"authorization": f"Bearer {ALL}"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MANY = 300
TOOLS = {"kubernetes_query_prometheus": 40, "search_kb": 40, "propose_plan": MANY}
"""How many cases of each kind: most where most can be wrong."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
STEP = st.fixed_dictionaries(
    {"action": st.sampled_from([each.name for each in ACTIONS]) | st.text(max_size=30)},
    optional={
        "arguments": st.dictionaries(
            st.sampled_from(["namespace", "deployment", "replicas", "promql"]) | st.text(max_size=8), JSON, max_size=5
        )
        | JSON,
        "why": JSON,
    },
)


async def perform_read(step, who, thread):
    return Evidence("seen", str(dict(step.arguments)))


async def search(query, most):
    return [Passage(Document(title="5xx", text="Restart.", url="https://kb/1"), "Restart.", 0.8)]


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """Where the doors listen, in a thread of their own."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('door')}/page.sqlite")
    chosen = DoorSettings(tokens=TOKENS, per_minute=1_000_000)
    doors = Doors(ACTIONS, perform_read, lambda step: "", database, lambda: NOW, search, settings=chosen)
    app = Starlette(routes=doors.routes())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))

    async def serve():
        await database.open()
        await server.serve()
        await doors.close()
        await database.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def client(live):
    with httpx.Client(base_url=live, headers=HEADERS, timeout=60) as client:
        yield client


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("tool", TOOLS)
def test_keeps_its_promises(live, tool, mode):
    """Whatever is sent: status, media type and body are as the page says, and never 5xx."""
    page = schemathesis.openapi.from_url(f"{live}/tools/openapi.json", headers=HEADERS)

    @settings(max_examples=TOOLS[tool], deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(page[f"/tools/{tool}"]["POST"].as_strategy(generation_mode=mode))
    def ask(case):
        told = case.call(base_url=live, headers=HEADERS)
        assert told.status_code in {200, 401, 422}, told.text
        assert set(told.json()) <= {"result", "error"}
        case.validate_response(told, checks=CHECKS)

    ask()


@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    steps=st.lists(STEP, max_size=4) | JSON,
    title=st.text(max_size=30) | JSON,
    cut=st.integers(0, 400) | st.just(10_000),
)
def test_plans_that_are_nearly_right(client, steps, title, cut):
    """A plan that a model half got right: kept, or refused with reasons, and never a fault of ours."""
    body = {"title": title, "reason": "r", "steps_json": json.dumps(steps)[:cut], "conversation_id": "c-1"}
    told = client.post("/tools/propose_plan", json=body)
    assert told.status_code in {200, 422}, told.text
    assert set(told.json()) <= {"result", "error"}
    assert next(iter(told.json().values()))
