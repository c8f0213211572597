"""Each way that Dify fails is one clear error, and the next turn works."""

import asyncio
import json
import time
from dataclasses import replace

import pytest

from bot.domain.case import Turn
from bot.domain.plan import Plan
from bot.domain.thought import Activity, Rewrite, Words
from bot.errors import BotError, BrainAway, BrainRefused
from bot.think.brains import dify
from bot.think.dify import exchange
from bot.think.dify.settings import DifySettings
from bot.think.sentences import SENTENCES, say
from tests.fakes.dify_server import FIXTURES, Answer, DifyServer, plain, replay
from tests.think.brains.briefings import briefing

CHAT = "/chat-messages$"
SSE = {"content-type": "text/event-stream"}


def made(server, **settings):
    return dify.make(settings=DifySettings(url=server.url, key="app-x", **{"read_seconds": 0.4, **settings}))


async def think(brain, question="hello", **case):
    return [thought async for thought in brain.think(briefing(question, **case))]


REFUSALS = {
    "err_bad_key": (BrainRefused, "dify_key"),
    "err_no_auth_header": (BrainRefused, "dify_key"),
    "err_api_disabled": (BrainRefused, "dify_forbidden"),
    "err_429_concurrency_limit": (BrainAway, "dify_busy"),
    "err_completion_on_chat_app": (BrainRefused, "dify_app"),
    "err_wrong_app_mode": (BrainRefused, "dify_app"),
    "agent_blocking_rejected": (BrainRefused, "dify_app"),
    "newagent_blocking_rejected": (BrainRefused, "dify_app"),
    "err_required_input_missing": (BrainRefused, "dify_inputs"),
    "err_input_too_long": (BrainRefused, "dify_inputs"),
    "err_input_bad_option": (BrainRefused, "dify_inputs"),
    "err_model_name_not_configured": (BrainRefused, "dify_model_missing"),
    "err_model_provider_not_installed_agent": (BrainRefused, "dify_model_missing"),
    "err_model_http_401_blocking": (BrainRefused, "dify_model_key"),
    "err_model_http_429_blocking": (BrainAway, "dify_model_busy"),
    "err_model_http_500_blocking": (BrainAway, "dify_model_failed"),
    "err_model_http_401_stream_agent": (BrainRefused, "dify_model_key"),
    "err_model_http_429_stream_chat": (BrainAway, "dify_model_busy"),
    "err_model_http_500_stream_chat": (BrainAway, "dify_model_failed"),
    "err_model_mid_stream": (BrainAway, "dify_model_failed"),
    "err_model_mid_stream_agent": (BrainAway, "dify_model_failed"),
    "chatflow_model_http_500": (BrainAway, "dify_model_failed"),
    "chatflow_model_http_500_blocking": (BrainAway, "dify_model_failed"),
    "err_chatflow_agent_tool_missing": (BrainRefused, "dify_tools_missing"),
    "err_chatflow_agent_strategy_plugin_missing": (BrainRefused, "dify_plugin_missing"),
    "err_empty_query": (BrainRefused, "dify_request"),
    "err_conversation_not_uuid": (BrainRefused, "dify_request"),
    "err_file_of_other_user": (BrainRefused, "dify_request"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_what_the_real_one_refused(name):
    kind, key = REFUSALS[name]
    async with DifyServer() as server:
        server.on(CHAT, replay(name))
        brain = made(server)
        with pytest.raises(kind) as told:
            await think(brain)
        assert told.value.key == key
        for language in ("zh", "en"):
            sentence = say(told.value, language)
            assert sentence != str(told.value)
            assert "http" not in sentence.replace("HTTP", "")
            assert "req_id" not in sentence
        server.on(CHAT, replay("chat_plain_turn1"))
        assert isinstance((await think(brain))[-1], Plan)
        await brain.close()


def test_every_error_has_both_languages():
    assert all(set(sentence) == {"zh", "en"} for sentence in SENTENCES.values())


@pytest.mark.parametrize(
    ("answers", "key", "asked"),
    [
        ([plain(502, b"<html>Bad Gateway</html>")], "dify_down", 2),
        ([plain(502, b"<html>"), replay("chat_plain_turn1")], "", 2),
        ([plain(429, {"code": "too_many_requests", "message": "x"}), replay("chat_plain_turn1")], "", 2),
        ([plain(429, {}, retry_after="0.1"), replay("chat_plain_turn1")], "", 2),
        ([plain(429, {}, retry_after="120")], "dify_busy", 1),
        ([plain(429, b"slow down", retry_after="soon")], "dify_busy", 2),
        ([plain(200, b"<html>login</html>")], "dify_address", 1),
        ([plain(404, b"<html>nginx</html>")], "dify_address", 1),
        ([Answer(200, SSE, [(0, b"")])], "dify_stream_cut", 2),
        ([Answer(200, SSE, [(0, b"")], cut=True), replay("chat_plain_turn1")], "", 2),
        ([replay("chat_plain_turn1", limit=700)], "dify_stream_cut", 1),
        ([replay("chat_plain_turn1", limit=700, cut=True)], "dify_stream_cut", 1),
        ([Answer(hang=2)], "dify_silent", 1),
        ([Answer(200, SSE, [(0, b"event: ping\n\n"), (2, b"")])], "dify_stream_cut", 2),
    ],
)
async def test_on_the_wire(answers, key, asked):
    async with DifyServer() as server:
        server.on(CHAT, *answers)
        brain = made(server)
        if key:
            with pytest.raises(BotError) as told:
                await think(brain)
            assert told.value.key == key
        else:
            assert isinstance((await think(brain))[-1], Plan)
        assert len([each for each in server.requests if each["path"].endswith("messages")]) == asked
        server.on(CHAT, replay("chat_plain_turn1"))
        assert isinstance((await think(brain))[-1], Plan)
        await brain.close()


async def test_nobody_there():
    async with DifyServer() as server:
        url = server.url
    brain = dify.make(settings=DifySettings(url=url, key="app-x"))
    with pytest.raises(BrainAway) as told:
        await think(brain)
    assert told.value.key == "dify_unreachable"
    assert "Dify" in await brain.health("zh")
    await brain.close()


async def test_a_conversation_that_is_gone_begins_anew_with_a_recap():
    async with DifyServer() as server:
        server.on(CHAT, replay("err_conversation_not_found"), replay("chat_plain_turn1"))
        brain = made(server)
        turns = (Turn("Lin", "pods of shop?"), Turn("DutyBot", "there are 3"), Turn("Lin", "and now?"))
        plan = (await think(brain, "and now?", conversation="0000", turns=turns))[-1]
        first, again = (each["json"] for each in server.requests)
        await brain.close()
    assert first["conversation_id"] == "0000"
    assert first["query"] == "and now?"
    assert again["conversation_id"] == ""
    assert "pods shop" in again["query"]
    assert again["query"].endswith("and now?")
    assert plan.conversation not in {"", "0000"}


async def test_an_answer_for_another_conversation_is_thrown_away():
    async with DifyServer() as server:
        server.on(CHAT, replay("chat_plain_turn2_same_conversation"))
        brain = made(server)
        with pytest.raises(BrainRefused) as told:
            await think(brain, conversation="someone-elses")
        assert told.value.key == "dify_other_conversation"
        await brain.close()


async def test_a_chatflow_that_goes_on_without_us_is_taken_up_again(monkeypatch):
    monkeypatch.setattr(exchange, "RESUME_AFTER", (0.01, 0.01))
    whole = (FIXTURES / "chatflow_client_disconnect.sse").stat().st_size
    async with DifyServer() as server:
        server.on(CHAT, replay("chatflow_client_disconnect", limit=whole - 50, cut=True))
        server.on(r"/workflow/.*/events$", plain(502, b"down"), replay("chatflow_resume_after_disconnect"))
        brain = made(server)
        *thoughts, plan = await think(brain)
        await brain.close()
        asked = server.requests[-1]
    finished = (FIXTURES / "chatflow_resume_after_disconnect.sse").read_text().split("data: ")[-1]
    assert plan.says == json.loads(finished)["data"]["outputs"]["answer"].strip()
    assert asked["method"] == "GET"
    assert "user=slack" in asked["query"]
    assert [each for each in thoughts if isinstance(each, Rewrite)] == [Rewrite(plan.says)]
    assert Activity(f"line-{asked['path'].split('/')[3]}", "reconnect", "done") in thoughts


async def test_a_chatflow_that_cannot_be_taken_up_is_lost(monkeypatch):
    monkeypatch.setattr(exchange, "RESUME_AFTER", (0.01, 0.01))
    async with DifyServer() as server:
        server.on(CHAT, replay("chatflow_client_disconnect"))
        server.on(r"/workflow/.*/events$", replay("hitl_4b_resume_wrong_user"))
        brain = made(server)
        with pytest.raises(BrainAway) as told:
            await think(brain)
        assert told.value.key == "dify_stream_cut"
        await brain.close()


@pytest.mark.slow
async def test_closing_the_thoughts_stops_the_brain():
    async with DifyServer() as server:
        server.on(CHAT, replay("chat_stopped", paced=True))
        brain = made(server, read_seconds=10)
        thoughts = brain.think(briefing("SLOW"))
        async for thought in thoughts:
            if isinstance(thought, Words):
                break
        await thoughts.aclose()
        await brain.close()
        stop = server.requests[-1]
    assert stop["path"].endswith("/stop")
    assert stop["json"] == {"user": "slack:T1:C1:171.5"}


@pytest.mark.slow
async def test_too_long_a_run_is_stopped():
    async with DifyServer() as server:
        server.on(CHAT, replay("chat_stopped", paced=True))
        brain = made(server, read_seconds=10, total_seconds=0.3)
        with pytest.raises(BrainAway) as told:
            await think(brain)
        await brain.close()
        assert told.value.key == "dify_too_long"
        assert server.requests[-1]["path"].endswith("/stop")


async def test_at_most_so_many_at_once_and_in_order():
    async with DifyServer() as server:
        server.on(CHAT, Answer(200, SSE, [(0.05, (FIXTURES / "chat_plain_turn1.sse").read_bytes())]))
        brain = made(server, streams=2)
        thoughts = await asyncio.gather(*(think(brain, f"q{n}") for n in range(6)))
        await brain.close()
        assert server.most_open == 2
        assert [each["json"]["query"] for each in server.requests] == [f"q{n}" for n in range(6)]
    assert Activity("dify-line", "queue", "running") in thoughts[-1]


async def test_a_huge_question_and_a_long_thread_are_bounded():
    async with DifyServer() as server:
        server.on(CHAT, replay("chat_plain_turn1"))
        brain = made(server)
        from bot.domain.message import Thread

        whole = briefing("x" * 1_000_000)
        whole = replace(whole, case=replace(whole.case, thread=Thread("feishu", "r" * 400, "oc_1")))
        assert isinstance([thought async for thought in brain.think(whole)][-1], Plan)
        body = server.requests[0]["json"]
        await brain.close()
    assert len(body["user"]) <= 255
    assert len(json.dumps(body)) < 120_000


async def test_thumbs_go_to_the_newest_answer():
    async with DifyServer() as server:
        server.on("/messages$", replay("get_messages_agent_thoughts"), method="GET")
        server.on("/feedbacks$", replay("feedback_like"))
        brain = made(server)
        await brain.rate(briefing(conversation="c-1").case, up=True, why="right")
        asked, sent = server.requests
        await brain.close()
    assert "conversation_id=c-1" in asked["query"]
    assert sent["json"] == {"rating": "like", "user": "slack:T1:C1:171.5", "content": "right"}
    assert sent["path"].split("/")[3] in (FIXTURES / "get_messages_agent_thoughts.json").read_text()


async def test_health_says_what_is_wrong():
    async with DifyServer() as server:
        brain = made(server)
        server.on("/info$", replay("get_info_agent"), replay("err_bad_key"), plain(200, {"mode": "workflow"}))
        assert await brain.health() == ""
        assert "DIFY_KEY" in await brain.health("en")
        assert "对话" in await brain.health("zh")
        await brain.close()


@pytest.mark.slow
async def test_first_words_do_not_wait_for_the_last():
    async with DifyServer() as server:
        server.on(CHAT, replay("chat_stopped", paced=True))
        brain = made(server, read_seconds=10)
        started, first = time.monotonic(), 0.0
        async for thought in brain.think(briefing("SLOW")):
            if isinstance(thought, Words) and not first:
                first = time.monotonic() - started
        await brain.close()
        assert first < time.monotonic() - started - 2
