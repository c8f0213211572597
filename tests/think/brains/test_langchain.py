"""The agent over an OpenAI-compatible API, on a real socket."""

import json

import pytest

from bot.domain.case import Turn
from bot.domain.plan import Plan, Step
from bot.domain.thought import Activity, Words
from bot.errors import BotError
from bot.think import prompts
from bot.think.agent.settings import ModelSettings
from bot.think.brains import langchain
from bot.think.means import Means
from bot.think.sentences import say
from skills import Evidence
from tests.fakes.dify_server import DifyServer, plain
from tests.fakes.openai_server import refused, reply
from tests.think.brains.briefings import briefing

RESTART = {"action": "kubernetes.rollout_restart", "arguments": {"namespace": "shop", "name": "checkout"}}
CHAT = "/chat/completions$"


@pytest.fixture
async def server():
    async with DifyServer() as server:
        yield server


def made(server, looked=None, forbids=None, **settings):
    async def look(step, case):
        looked.append(step)
        return Evidence("checkout is at 91% CPU", step.arguments["promql"])

    chosen = ModelSettings(url=server.url, name="m", key="sk-x", price_in=1.0, price_out=2.0, **settings)
    return langchain.make(Means(None, None if looked is None else look, forbids=forbids), chosen)


async def think(brain, question="hello", **case):
    return [thought async for thought in brain.think(briefing(question, **case))]


def asked(server, n=-1):
    return [each["json"] for each in server.requests][n]


async def test_answers_as_it_comes_and_counts(server):
    server.on(CHAT, reply("<think>hm</think>All is well now."))
    *thoughts, plan = await think(
        made(server, []), turns=(Turn("Lin", "pods?"), Turn("DutyBot", "3"), Turn("Lin", "hello"))
    )
    assert "".join(each.text for each in thoughts if isinstance(each, Words)) == plan.says == "All is well now."
    assert len([each for each in thoughts if isinstance(each, Words)]) > 1
    assert (plan.usage.tokens, plan.brain) == (59, "langchain")
    assert plan.usage.cost == pytest.approx((42 + 34) / 1e6)
    assert (plan.prompts, "hello" in plan.asked, "Asia/Shanghai" in plan.asked) == (prompts.version(), True, True)
    body = asked(server)
    assert [each["role"] for each in body["messages"]] == ["system", "user", "assistant", "user"]
    assert "Evidence first" in body["messages"][0]["content"]
    assert "Asia/Shanghai" in body["messages"][-1]["content"]
    assert {each["function"]["name"] for each in body["tools"]} == {"kubernetes_query_prometheus", "propose_plan"}


async def test_looks_then_proposes(server):
    looked = []
    server.on(
        CHAT,
        reply("Let me look.", [("kubernetes_query_prometheus", {"promql": "up"})]),
        reply("", [("propose_plan", {"title": "Restart", "reason": "91% CPU", "steps": [RESTART]})]),
        reply("Please decide."),
    )
    *thoughts, plan = await think(made(server, looked), "restart checkout")
    assert looked == [Step("kubernetes.query_prometheus", {"promql": "up"})]
    assert "91% CPU" in asked(server, 1)["messages"][-1]["content"]
    assert [dict(step.arguments) for step in plan.steps] == [
        {"namespace": "shop", "name": "checkout", "kind": "Deployment"}
    ]
    assert (plan.title, plan.reason, plan.says) == ("Restart", "91% CPU", "Let me look.\n\nPlease decide.")
    assert plan.usage.tokens == 59 * 3
    states = [(each.label, each.state) for each in thoughts if isinstance(each, Activity)]
    assert states == [
        (name, state) for name in ("kubernetes_query_prometheus", "propose_plan") for state in ("running", "done")
    ]


async def test_a_garbage_plan_is_refused_with_a_reason_that_it_can_act_on(server):
    server.on(
        CHAT,
        reply(
            "", [("propose_plan", {"title": "x", "reason": "y", "steps": [{"action": "delete_all", "arguments": {}}]})]
        ),
        reply("I have no plan."),
    )
    plan = (await think(made(server, [])))[-1]
    assert plan.steps == ()
    told = json.loads(asked(server)["messages"][-1]["content"])
    assert told["status"] == "rejected"
    assert "There are: kubernetes.query_prometheus" in told["reasons"][0]


async def test_without_a_way_to_look_looking_is_proposed(server):
    look = {"action": "kubernetes.query_prometheus", "arguments": {"promql": "up"}}
    server.on(CHAT, reply("", [("propose_plan", {"title": "t", "reason": "r", "steps": [look]})]), reply("Looking."))
    plan = (await think(made(server)))[-1]
    assert [step.action for step in plan.steps] == ["kubernetes.query_prometheus"]


async def test_without_tool_calling_a_block_will_do(server):
    block = f"```aiops-plan\n{json.dumps({'title': 't', 'steps': [RESTART]})}\n```"
    server.on(CHAT, reply(f"I would restart it.\n{block}"))
    *thoughts, plan = await think(made(server, [], tools=False))
    assert plan.says == "I would restart it."
    assert [step.action for step in plan.steps] == ["kubernetes.rollout_restart"]
    assert "tools" not in asked(server)
    assert "aiops-plan" in asked(server)["messages"][0]["content"]
    assert "aiops-plan" not in "".join(each.text for each in thoughts if isinstance(each, Words))


async def test_a_block_that_cannot_be_taken_is_asked_for_once_more(server):
    def block(*steps):
        return f"```aiops-plan\n{json.dumps({'title': 't', 'steps': steps})}\n```"

    server.on(CHAT, reply(f"I would restart it.\n{block({'action': 'rm'})}"), reply(block(RESTART)))
    *thoughts, plan = await think(made(server, [], tools=False))
    assert (plan.says, plan.problem) == ("I would restart it.", "")
    assert [step.action for step in plan.steps] == ["kubernetes.rollout_restart"]
    assert "There are: kubernetes.query_prometheus" in asked(server, 1)["messages"][-1]["content"]
    assert plan.usage.tokens == 59 * 2
    assert [each.state for each in thoughts if isinstance(each, Activity)] == ["running", "done"]
    server.on(CHAT, reply(f"I would.\n{block({'action': 'rm'})}"))
    plan = (await think(made(server, [], tools=False)))[-1]
    assert (plan.steps, plan.says) == ((), "I would.")
    assert "There are:" in plan.problem


async def test_what_the_policy_refuses_is_rejected_with_its_rule(server):
    why = "kubernetes.rollout_restart is refused by the policy (rule: freeze)"
    offer = ("propose_plan", {"title": "t", "reason": "r", "steps": [RESTART]})
    server.on(CHAT, reply("", [offer]), reply("It is frozen."))
    plan = (await think(made(server, [], forbids=lambda step: why)))[-1]
    assert plan.steps == ()
    assert json.loads(asked(server)["messages"][-1]["content"]) == {"status": "rejected", "reasons": [why]}


async def test_rounds_are_bounded(server):
    server.on(CHAT, reply("", [("kubernetes_query_prometheus", {"promql": "up"})]))
    with pytest.raises(BotError) as told:
        await think(made(server, [], rounds=3))
    assert told.value.key == "model_rounds"
    assert 2 <= len(server.requests) <= 4


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        (refused(401), "model_key"),
        (refused(403), "model_key"),
        (refused(404), "model_missing"),
        (refused(429), "model_busy"),
        (refused(400), "model_request"),
        (
            plain(400, {"error": {"code": "context_length_exceeded", "message": "maximum context length"}}),
            "model_window",
        ),
        (refused(500), "model_failed"),
        (plain(502, b"<html>"), "model_failed"),
        (reply("half of", fault=True), "model_failed"),
        (reply(""), "model_empty"),
    ],
)
async def test_each_failure_has_its_sentence(server, answer, key):
    server.on(CHAT, answer)
    brain = made(server, [])
    with pytest.raises(BotError) as told:
        await think(brain)
    assert told.value.key == key
    assert say(told.value, "zh") != str(told.value)
    server.on(CHAT, reply("Well again."))
    assert isinstance((await think(brain))[-1], Plan)


async def test_nobody_there_and_nothing_named():
    async with DifyServer() as server:
        brain = made(server)
    with pytest.raises(BotError) as told:
        await think(brain)
    assert told.value.key == "model_unreachable"
    assert "MODEL_URL" in await brain.health("en")
    with pytest.raises(BotError) as told:
        await think(langchain.make(settings=ModelSettings()))
    assert told.value.key == "model_unnamed"
