"""The OpenAPI door against its own page, by schemathesis: whatever the page allows, the door answers as it promises."""

import asyncio

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from starlette.applications import Starlette

from bot.database import Database
from bot.talk.tools.doors import Doors
from bot.talk.tools.openapi_door import describe
from bot.talk.tools.settings import DoorSettings
from skills import Evidence
from tests.talk.tools.conftest import ALL, TOKENS
from tests.think.brains.briefings import ACTIONS, NOW


async def perform_read(step, who, thread):
    return Evidence("seen", str(dict(step.arguments)))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('door')}/page.sqlite")
    chosen = DoorSettings(tokens=TOKENS, per_minute=1_000_000)
    doors = Doors(ACTIONS, perform_read, lambda step: "", database, lambda: NOW, settings=chosen)
    schema = schemathesis.openapi.from_dict(describe(doors.counter.tools(), "http://127.0.0.1"))
    asyncio.run(database.open())
    schema.app = Starlette(routes=doors.routes())
    return schema


@pytest.mark.parametrize("tool", ["kubernetes_query_prometheus", "propose_plan"])
def test_keeps_its_promises(page, tool):
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(page[f"/tools/{tool}"]["POST"].as_strategy())
    def ask(case):
        told = case.call(headers={"authorization": f"Bearer {ALL}"})
        assert told.status_code in {200, 422}, told.text
        assert set(told.json()) <= {"result", "error"}

    ask()
