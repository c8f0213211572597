"""What may be asked next: as Dify suggests it, bounded, and never a reason to fail."""

import pytest

from bot.domain.case import Case
from bot.domain.message import Person, Thread
from bot.think.brains import dify
from bot.think.dify.settings import DifySettings
from tests.fakes.dify_server import DifyServer, plain, replay

CASE = Case("c", Thread("slack", "171.5", "C1", "T1"), Person("U1", "Lin", "slack"), "why?", conversation="conv")
MESSAGES = plain(200, {"limit": 1, "has_more": False, "data": [{"id": "m-1"}]}, "application/json")
SUGGESTED = r"/messages/m-1/suggested"


@pytest.fixture
async def server():
    async with DifyServer() as server:
        server.on(r"/messages$", MESSAGES)
        yield server


@pytest.fixture
async def brain(server):
    brain = dify.make(settings=DifySettings(url=server.url, key="app-x", read_seconds=5))
    yield brain
    await brain.close()


def told(*questions):
    return plain(200, {"result": "success", "data": list(questions)}, "application/json")


async def test_as_dify_suggests_them(server, brain):
    server.on(SUGGESTED, told("Which pods restarted?", "那延迟呢？"))
    assert await brain.suggest(CASE) == ("Which pods restarted?", "那延迟呢？")
    asked = next(each for each in server.requests if "/suggested" in each["path"])
    assert asked["query"] == "user=slack%3AT1%3AC1%3A171.5"


async def test_only_what_a_button_can_hold_and_no_command(server, brain):
    key = "AKIA" + "Q3EGRQMOLC7WY5TX"
    server.on(SUGGESTED, told("x" * 76, "/restart mysql", f"is {key} ours?", 7, "a?\nb?", "a? b?", "c?", "d?", "e?"))
    assert await brain.suggest(CASE) == ("a? b?", "c?", "d?")


async def test_an_app_that_does_not_suggest_is_asked_once(server, brain):
    server.on(SUGGESTED, replay("suggested_agent_disabled"))
    assert [await brain.suggest(CASE) for _ in range(3)] == [(), (), ()]
    assert sum("/suggested" in each["path"] for each in server.requests) == 1


@pytest.mark.parametrize("answer", [plain(502, b"<html>"), replay("suggested_questions"), plain(200, b"[]")])
async def test_nothing_comes_of_trouble(server, brain, answer):
    server.on(SUGGESTED, answer)
    assert await brain.suggest(CASE) == ()


async def test_without_a_conversation_nothing_is_asked(server, brain):
    assert await brain.suggest(Case("c", CASE.thread, CASE.asked_by, "why?")) == ()
    assert server.requests == []
