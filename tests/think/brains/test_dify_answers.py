"""Every captured answer of a real Dify 1.16.0 that is no stream: what we take it for; and that none is left out."""

import json

import pytest

from bot.errors import BotError
from bot.think.brains import dify
from bot.think.dify.client import Client
from bot.think.dify.settings import DifySettings
from tests.fakes.dify_server import FIXTURES, DifyServer, replay
from tests.think.brains.briefings import briefing
from tests.think.brains.test_dify_failures import REFUSALS
from tests.think.brains.test_dify_transcripts import STREAMS

NAMES = {path.stem for path in FIXTURES.glob("*.json") if not path.name.endswith(".meta.json")}
REFUSED = {
    "agent_no_response_mode": "dify_app",
    "chat_after_conversation_deleted": "dify_conversation_gone",
    "chatflow_conversation_not_found": "dify_conversation_gone",
    "err_bad_response_mode": "dify_request",
    "err_conversation_not_found": "dify_conversation_gone",
    "err_conversation_of_other_app": "dify_conversation_gone",
    "err_conversation_of_other_user": "dify_conversation_gone",
    "err_missing_inputs": "dify_request",
    "err_missing_query": "dify_request",
    "err_missing_user": "dify_request",
    "feedback_bad": "dify_request",
    "file_upload_too_big_16MB_img": "dify_file",
    "get_messages_wrong_user": "dify_conversation_gone",
    "hitl_3a_submit_bad_action": "dify_form_refused",
    "hitl_3b_submit_missing_input": "dify_form_refused",
    "hitl_3d_submit_twice": "dify_form_done",
    "hitl_4b_resume_wrong_user": "dify_address",
    "stop_missing_user": "dify_request",
    "suggested_agent_disabled": "dify_app",
} | {name: key for name, (_, key) in REFUSALS.items() if name in NAMES}
BLOCKING = {"chat_blocking", "chatflow_blocking", "hitl_9_blocking"}
"""Whole answers in one piece: we never ask for one, and do not take it for a stream."""
TAKEN = NAMES - set(REFUSED) - BLOCKING


def captured(name):
    """Method, path, and the status that the real one gave."""
    path = FIXTURES / f"{name}.meta.json"
    if not path.exists():
        return "POST", "/files/upload", 413 if name in REFUSED else 201
    told = json.loads(path.read_text())
    return told["request"]["method"], told["request"]["path"].removeprefix("/v1"), told["response"]["status"]


async def asked(name):
    method, path, status = captured(name)
    answer = replay(name)
    answer.status = status
    async with DifyServer() as server:
        server.on(".", answer)
        client = Client(DifySettings(url=server.url, key="app-x", read_seconds=5))
        try:
            return await client.call(method, path, within=10.0)
        finally:
            await client.close()


def test_none_of_the_captures_is_left_out():
    metas = {path.name.removesuffix(".meta.json") for path in FIXTURES.glob("*.meta.json")}
    uploads = {name for name in NAMES if name.startswith("file_upload")}
    assert metas | uploads == NAMES | set(STREAMS)
    assert len(metas) >= 126 - len(uploads)
    assert set(REFUSED) | BLOCKING | TAKEN == NAMES
    assert all(captured(name)[2] < 300 for name in TAKEN | BLOCKING)
    assert all(captured(name)[2] >= 400 for name in REFUSED)


@pytest.mark.parametrize("name", sorted(TAKEN))
async def test_taken_as_it_is(name):
    body = (FIXTURES / f"{name}.json").read_bytes()
    assert await asked(name) == (json.loads(body) if body else None)


@pytest.mark.parametrize("name", sorted(REFUSED))
async def test_refused_for_a_reason_of_ours(name):
    with pytest.raises(BotError) as told:
        await asked(name)
    assert told.value.key == REFUSED[name]


@pytest.mark.parametrize("name", sorted(BLOCKING))
async def test_an_answer_in_one_piece_is_no_stream(name):
    async with DifyServer() as server:
        server.on("/chat-messages$", replay(name))
        brain = dify.make(settings=DifySettings(url=server.url, key="app-x", read_seconds=5))
        with pytest.raises(BotError) as told:
            [thought async for thought in brain.think(briefing())]
        await brain.close()
    assert told.value.key == "dify_address"
