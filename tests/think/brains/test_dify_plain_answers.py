"""What a real Dify 1.16.0 answered to all that is no stream, read by the code that asks for it; none is left out."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.message import Attachment
from bot.think.brains import dify
from bot.think.dify import exchange
from bot.think.dify.apps import INPUTS
from bot.think.dify.checkup import look
from bot.think.dify.client import Client
from bot.think.dify.forms import read_form
from bot.think.dify.settings import DifySettings
from bot.think.means import Means
from skills import discover
from tests.fakes.dify_server import FIXTURES, DifyServer, plain, replay
from tests.think.brains.briefings import briefing

STOPS = ["stop_call_agent", "stop_call_chat", "stop_call_chatflow", "stop_call_other_user", "stop_unknown_task"]
NEWEST = [
    "chatflow_messages_after_disconnect",
    "get_messages_agent",
    "hitl_6_messages",
    "messages_35s_after_disconnect",
    "messages_3s_after_disconnect",
    "messages_after_stop_chat",
]
NOT_ASKED_FOR = {"conversation_rename", "conversation_delete", "get_conversations", "get_conversation_variables"}
"""Captured, and of no use to the bot: it names, lists and deletes no conversation, and sets no variables."""


def told(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


@pytest.fixture
async def server():
    async with DifyServer() as server:
        yield server


def settings(server):
    return DifySettings(url=server.url, key="app-x", read_seconds=5)


@pytest.mark.parametrize("name", STOPS)
async def test_a_stop_says_nothing_whatever_dify_answers(server, name):
    server.on("/stop$", replay(name))
    client = Client(settings(server))
    assert await client.stop("t-1", "slack:T1:C1:171.5") is None
    assert [each["path"] for each in server.requests] == ["/v1/chat-messages/t-1/stop"]
    await client.close()


@pytest.mark.parametrize("name", NEWEST)
async def test_a_thumb_is_taken_back_from_the_newest_answer(server, name):
    server.on("/messages$", replay(name))
    server.on("/feedbacks$", replay("feedback_null"))
    brain = dify.make(settings=settings(server))
    await brain.rate(briefing(conversation="c-1").case, up=None)
    sent = server.requests[-1]
    assert sent["path"] == f"/v1/messages/{told(name)['data'][0]['id']}/feedbacks"
    assert sent["json"]["rating"] is None
    await brain.close()


async def test_a_chatflow_is_well(server):
    server.on("/info$", replay("get_info_chatflow"))
    brain = dify.make(settings=settings(server))
    assert await brain.health() == ""
    await brain.close()


async def test_an_agent_whose_tools_are_there_is_well(server):
    server.on("/info$", replay("get_info_agent")).on("/parameters$", replay("get_parameters"))
    server.on("/meta$", replay("get_meta"))
    client = Client(settings(server))
    found = [each async for each in look(client, "en", frozenset(INPUTS), turn=False)]
    assert [(each.what, each.wrong) for each in found] == [("app (agent-chat)", ""), ("inputs", ""), ("tools", "")]
    await client.close()


@pytest.mark.parametrize("name", ["file_upload_exe", "file_upload_no_user"])
async def test_what_was_uploaded_is_named_in_the_turn(server, name):
    async def fetch(file, thread):
        return b"MZ"

    offers = {"file_upload": {"enabled": True, "allowed_file_types": ["document"], "number_limits": 2}}
    server.on("/parameters$", plain(200, offers))
    server.on("/files/upload$", replay(name))
    server.on("/chat-messages$", replay("chat_plain_turn1"))
    brain = dify.make(Means(discover(()), fetch=fetch), settings(server))
    asked = briefing("what is this?")
    asked = replace(asked, case=replace(asked.case, attachments=(Attachment("a.exe", "application/x", "u"),)))
    assert [thought async for thought in brain.think(asked)][-1].says
    assert server.requests[-1]["json"]["files"] == [
        {"type": "document", "transfer_method": "local_file", "upload_file_id": told(name)["id"]}
    ]
    await brain.close()


async def test_what_came_of_a_run_is_had_where_its_events_are_not(server, monkeypatch):
    monkeypatch.setattr(exchange, "RESUME_AFTER", (0.01,))
    server.on("/chat-messages$", replay("chatflow_client_disconnect", cut=True))
    server.on("/workflow/.*/events$", plain(404, {"code": "not_found", "message": "x", "status": 404}))
    server.on("/workflows/run/", replay("hitl_5_run_detail"))
    brain = dify.make(settings=settings(server))
    plan = [thought async for thought in brain.think(briefing("slowly"))][-1]
    assert plan.says.startswith("Approved (by U2). The bot may now execute.")
    await brain.close()


def test_the_form_that_can_be_fetched_is_the_one_that_the_stream_told():
    fetched = told("hitl_2_get_form")
    stream = (FIXTURES / "hitl_1_pause.sse").read_text().split("data: ")
    events = [json.loads(each) for each in stream[1:]]
    asked = next(each["data"] for each in events if each["event"] == "human_input_required")
    again = {**fetched, "form_token": asked["form_token"], "actions": fetched["user_actions"]}
    one, other = read_form(asked, "r"), read_form(again, "r")
    assert one is not None
    assert (one.text, one.choices, one.fields, one.lines) == (other.text, other.choices, other.fields, other.lines)


async def test_a_rejected_form_is_sent_and_the_run_goes_on(server):
    server.on("/form/human_input/", replay("hitl_7_submit_reject"))
    client = Client(settings(server))
    assert await client.call("POST", "/form/human_input/t", json={"inputs": {}, "action": "reject", "user": "u"}) == {}
    await client.close()


def test_every_capture_has_a_test():
    """Streams are all replayed by test_dify_transcripts; what is no stream is named where it is read."""
    plain_ones = {path.stem for path in FIXTURES.glob("*.json") if not path.stem.endswith(".meta")}
    tests = "".join(path.read_text() for path in sorted(Path(__file__).parents[2].rglob("test_*.py")))
    assert {name for name in plain_ones - NOT_ASKED_FOR if f'"{name}"' not in tests} == set()
    assert plain_ones >= NOT_ASKED_FOR
    assert len(plain_ones) + len(list(FIXTURES.glob("*.sse"))) >= 126
