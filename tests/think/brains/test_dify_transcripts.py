"""Every captured chat of a real Dify 1.16.0, heard byte for byte, in pieces, and with its real timing."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.plan import Plan
from bot.domain.thought import Activity, Rewrite, Words
from bot.errors import BotError
from bot.think.brains import dify
from bot.think.dify.events import read_event
from bot.think.dify.frames import Frames
from bot.think.dify.listener import Listener
from bot.think.dify.settings import DifySettings
from tests.fakes.dify_server import FIXTURES, DifyServer, replay
from tests.think.brains.briefings import briefing

STREAMS = sorted(path.stem for path in FIXTURES.glob("*.sse"))
CUT_BY_CLIENT = {
    "chat_client_disconnect",
    "chat_stop_by_other_user_ignored",
    "ratelimit_first_running",
    "chatflow_client_disconnect",
}
RESUMED = {"chatflow_resume_after_disconnect", "hitl_4_resume_stream", "hitl_8_live_resume_stream"}
ENDS = {
    **dict.fromkeys(CUT_BY_CLIENT, ""),
    "chatflow_stopped": "stopped",
    "chatflow_model_http_500": "failed",
    "err_chatflow_agent_strategy_plugin_missing": "failed",
    "err_chatflow_agent_tool_missing": "failed",
    **{name: "failed" for name in STREAMS if name.startswith("err_model")},
    "hitl_1_pause": "paused",
    "hitl_2b_message_while_paused_same_conversation": "paused",
    "hitl_7_pause_then_stream_before_submit": "paused",
}


def hear(name, body=None, cuts=()):
    body = (FIXTURES / f"{name}.sse").read_bytes() if body is None else body
    frames, listener, thoughts = Frames(), Listener(), []
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        for raw in frames.feed(body[start:end]):
            if not listener.over and (event := read_event(raw)):
                thoughts += listener.hear(event)
    return listener, thoughts + listener.last_words()


def shown(thoughts):
    text = ""
    for thought in thoughts:
        match thought:
            case Words(more):
                text += more
            case Rewrite(whole):
                text = whole
    return text


@pytest.mark.parametrize("name", STREAMS)
def test_ends_as_the_real_one_ended(name):
    listener, _ = hear(name)
    assert listener.ended == ENDS.get(name, "answered")
    assert listener.over == (name not in CUT_BY_CLIENT)


@pytest.mark.parametrize("name", STREAMS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_cuts_do_not_matter(name, data):
    size = (FIXTURES / f"{name}.sse").stat().st_size
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=40)))
    whole, pieces = hear(name), hear(name, cuts=cuts)
    assert shown(pieces[1]) == shown(whole[1])
    assert pieces[0].answer == whole[0].answer
    assert pieces[0].proposed == whole[0].proposed


async def think(server, question="hello", **case):
    brain = dify.make(settings=DifySettings(url=server.url, key="app-x", read_seconds=40))
    thoughts = []
    try:
        async for thought in brain.think(briefing(question, **case)):
            thoughts.append(thought)
    finally:
        await brain.close()
    return thoughts


@pytest.mark.parametrize("name", [name for name in STREAMS if name not in CUT_BY_CLIENT | RESUMED])
@pytest.mark.parametrize("piece", [None, 7])
async def test_through_a_real_socket(name, piece):
    async with DifyServer() as server:
        server.on("/chat-messages$", replay(name, piece=piece))
        if ENDS.get(name) == "failed":
            with pytest.raises(BotError) as told:
                await think(server)
            assert told.value.key.startswith("dify_")
            return
        *thoughts, plan = await think(server)
        assert isinstance(plan, Plan)
        assert plan.brain == "dify"
        assert plan.conversation
        assert plan.says
        if ENDS.get(name) != "paused":
            assert shown(thoughts).strip() == plan.says


async def test_what_is_sent():
    async with DifyServer() as server:
        server.on("/chat-messages$", replay("chat_plain_turn1"))
        await think(server, "查询过去1小时高CPU的Pod")
        sent = server.requests[0]
        assert sent["headers"]["authorization"] == "Bearer app-x"
        body = sent["json"]
        assert body["user"] == "slack:T1:C1:171.5"
        assert body["query"] == "查询过去1小时高CPU的Pod"
        assert body["response_mode"] == "streaming"
        assert body["auto_generate_name"] is False
        assert body["conversation_id"] == ""
        assert set(body["inputs"]) >= {"thread", "speaker", "zone", "language", "incident", "open_plans", "findings"}
        assert all(isinstance(value, str) for value in body["inputs"].values())


@pytest.mark.parametrize(
    "name", ["chatflow_agent_propose_plan", "agent_read_then_propose_plan", "agent_openapi_plan_then_messages_api"]
)
async def test_a_plan_by_tool_call(name):
    async with DifyServer() as server:
        server.on("/chat-messages$", replay(name, piece=100))
        plan = (await think(server))[-1]
    assert [step.action for step in plan.steps] == ["kubernetes.rollout_restart"]
    assert plan.steps[0].arguments == {"namespace": "shop", "name": "checkout", "kind": "Deployment"}
    assert (plan.id, plan.title, plan.reason, plan.problem) == ("P-1", "Restart checkout", "5xx at 12%", "")


async def test_a_plan_by_mcp_tool_call_keeps_its_nested_steps():
    async with DifyServer() as server:
        server.on("/chat-messages$", replay("chatflow_agent_mcp_propose_plan"))
        plan = (await think(server))[-1]
    assert plan.steps[0].arguments == {"namespace": "shop", "name": "checkout", "kind": "Deployment"}


async def test_a_block_that_names_wrong_arguments_is_asked_for_once_more_and_never_shown():
    async with DifyServer() as server:
        server.on("/chat-messages$", replay("chatflow_json_plan_in_answer"))
        *thoughts, plan = await think(server)
        first, again = (each["json"] for each in server.requests)
    assert plan.steps == ()
    assert "kubernetes.rollout_restart" in plan.problem
    assert "target" in plan.problem
    assert plan.problem in again["query"]
    assert again["conversation_id"] == plan.conversation
    assert again["inputs"] == first["inputs"]
    assert plan.says == "Here is the plan.\n\nPlease approve."
    assert "aiops-plan" not in shown(thoughts)


async def test_moderation_replaces_the_whole_answer():
    _, thoughts = hear("chat_moderation_output_message_replace")
    assert thoughts[-1] == Rewrite("Output blocked.")


async def test_each_parallel_call_is_told_once_per_row():
    _, thoughts = hear("agent_parallel_tool_calls")
    calls = [thought for thought in thoughts if isinstance(thought, Activity)]
    assert len({call.id for call in calls}) == 1
    assert [call.state for call in calls] == ["running", "done"]


async def test_the_whole_text_of_a_new_agent_is_not_said_twice():
    body = b"".join(
        b"data: "
        + json.dumps({"event": kind, "conversation_id": "c", "message_id": "m", "answer": text}).encode()
        + b"\n\n"
        for kind, text in [("agent_message", "Hel"), ("agent_message", "lo"), ("message", "Hello"), ("message_end", "")]
    )
    listener, thoughts = hear("", body)
    assert shown(thoughts) == listener.answer == "Hello"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chatflow_agent_propose_plan", "agent_tool_call", "chat_long_first_token_25s_pings"])
async def test_with_its_real_timing(name):
    async with DifyServer() as server:
        server.on("/chat-messages$", replay(name, paced=True))
        plan = (await think(server))[-1]
    expected = json.loads((FIXTURES / f"{name}.meta.json").read_text())["response"]["elapsed_s"]
    assert plan.usage.seconds == pytest.approx(expected, abs=2)
    assert plan.usage.tokens > 0
