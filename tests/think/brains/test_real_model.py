"""The agent over a real model behind a real OpenAI-compatible server: it talks nonsense; we hear it rightly."""

import asyncio
import json

import httpx
import pytest

from bot.domain.plan import Plan
from bot.domain.proposal import proposal_schema
from bot.domain.thought import Words
from bot.errors import BotError
from bot.think.agent.settings import ModelSettings
from bot.think.agent.toolbox import Toolbox
from bot.think.brains import langchain
from bot.think.means import Means
from skills import Evidence
from tests.servers.fixtures import QUICK
from tests.servers.model_server import ModelServer
from tests.servers.programs import NotBuilt
from tests.think.brains.briefings import ACTIONS, briefing

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def model():
    if QUICK:
        pytest.skip("not run: needs a model; DUTYBOT_TESTS=quick leaves it out")
    try:
        server = ModelServer()
    except NotBuilt as why:
        pytest.skip(f"not run: {why}")
    yield server
    server.stop()


def made(model, **settings):
    async def look(step, case):
        return Evidence("checkout is at 91% CPU", "up")

    chosen = {"url": model.url, "name": "smollm2", "most_tokens": 24, "rounds": 2, "seconds": 600, "temperature": 0.0}
    return langchain.make(Means(None, look), ModelSettings(**chosen | settings))


async def think(brain, question="Say hello to the team."):
    return [thought async for thought in brain.think(briefing(question))]


@pytest.mark.parametrize("tools", [True, False])
async def test_streams_takes_our_tools_and_counts(model, tools):
    brain = made(model, tools=tools)
    assert await brain.health() == ""
    *thoughts, plan = await think(brain)
    words = [each.text for each in thoughts if isinstance(each, Words)]
    assert len(words) > 3, "it streams"
    assert "".join(words).strip() == plan.says
    assert plan.usage.tokens > 300, "the rules and the question were read"
    assert plan.steps == () or {step.action for step in plan.steps} <= {action.name for action in ACTIONS}


async def test_garbage_for_a_plan_is_refused_with_a_reason(model):
    """The model is made to call propose_plan; whatever it puts into it, no unchecked step comes out."""
    tool = {"type": "function", "function": {"name": "propose_plan", "parameters": proposal_schema(ACTIONS)}}
    asked = {
        "model": "smollm2",
        "messages": [{"role": "user", "content": "Restart everything now."}],
        "tools": [tool],
        "tool_choice": "required",
        "max_tokens": 200,
        "temperature": 0,
    }
    async with httpx.AsyncClient(timeout=600) as client:
        told = (await client.post(f"{model.url}/chat/completions", json=asked)).json()
    message = told["choices"][0]["message"]
    written = message["tool_calls"][0]["function"]["arguments"] if message.get("tool_calls") else message["content"]
    toolbox = Toolbox(briefing())
    try:
        wanted = json.loads(written)
    except ValueError:
        wanted = {"steps": written}
    answer = json.loads(await toolbox.tools()[-1].coroutine(**(wanted if isinstance(wanted, dict) else {})))
    assert answer["status"] in {"rejected", "pending_approval"}
    assert (toolbox.plan is None) == (answer["status"] == "rejected")
    assert answer.get("plan_id") or all(reason.strip() for reason in answer["reasons"])


async def test_what_is_too_much_for_it_is_one_sentence(model):
    brain = made(model)
    with pytest.raises(BotError) as told:
        await think(brain, "why? " * 3900)
    assert told.value.key == "model_window"


async def test_stopped_early_it_is_free_again(model):
    brain = made(model, most_tokens=2000, tools=False)
    thoughts = brain.think(briefing("Write a long story."))
    async for thought in thoughts:
        if isinstance(thought, Words):
            break
    await thoughts.aclose()
    async with asyncio.timeout(600):
        assert isinstance((await think(made(model, tools=False)))[-1], Plan)
