"""A plan proposed through our own door is claimed by the conversation whose stream tells of it."""

import json

from bot.think.brains import dify
from bot.think.dify.settings import DifySettings
from bot.think.means import Means
from tests.fakes.dify_server import FIXTURES, Answer, DifyServer
from tests.talk.tools.conftest import house  # noqa: F401
from tests.think.brains.briefings import briefing

STREAM = "chatflow_agent_propose_plan"
CONVERSATION = "23f623d7-eec5-4c0a-9cbd-99b0e5fda4d1"
STEPS = json.dumps([{"action": "rollout_restart", "namespace": "shop", "name": "from-the-door"}])


def told(plan_id):
    body = (FIXTURES / f"{STREAM}.sse").read_bytes().replace(b"P-1", plan_id.encode())
    return Answer(pieces=[(0, body)])


async def propose(house, conversation):  # noqa: F811
    asked = {"title": "Door", "steps_json": STEPS, "conversation_id": conversation}
    reply = await house.client.post("/tools/propose_plan", json=asked)
    return json.loads(reply.json()["result"])["plan_id"]


async def hear(house, plan_id):  # noqa: F811
    async with DifyServer() as server:
        server.on("/chat-messages$", told(plan_id))
        brain = dify.make(Means({}, shelf=house.doors.offers), DifySettings(url=server.url, key="app-x"))
        thoughts = [thought async for thought in brain.think(briefing())]
        await brain.close()
    return thoughts[-1]


async def test_the_kept_plan_counts_not_the_models_words(house):  # noqa: F811
    plan_id = await propose(house, CONVERSATION)
    plan = await hear(house, plan_id)
    assert (plan.id, plan.title, plan.steps[0].arguments["name"]) == (plan_id, "Door", "from-the-door")
    assert plan.conversation == CONVERSATION
    assert await house.doors.offers.claim(plan_id, CONVERSATION) is None, "claimed once"


async def test_a_plan_whose_call_the_stream_did_not_tell_of_is_claimed_by_its_conversation(house):  # noqa: F811
    """The line broke while the tool was called, and Dify tells of no call again: the plan stands on the shelf."""
    house.now = briefing().now
    plan_id = await propose(house, CONVERSATION)
    await propose(house, "somebody-elses")
    body = (FIXTURES / f"{STREAM}.sse").read_bytes()
    events = [each for each in body.split(b"\n\n") if each and b'"event":"agent_log"' not in each]
    async with DifyServer() as server:
        server.on("/chat-messages$", Answer(pieces=[(0, b"\n\n".join([*events, b""]))]))
        brain = dify.make(Means({}, shelf=house.doors.offers), DifySettings(url=server.url, key="app-x"))
        plans = [[thought async for thought in brain.think(briefing())][-1] for _ in range(2)]
        await brain.close()
    assert (plans[0].id, plans[0].title, plans[0].steps[0].arguments["name"]) == (plan_id, "Door", "from-the-door")
    assert plans[1].steps == (), "taken once"


async def test_another_conversations_plan_is_not_taken(house):  # noqa: F811
    plan_id = await propose(house, "somebody-elses")
    plan = await hear(house, plan_id)
    assert plan.steps[0].arguments["name"] == "checkout", "what its own stream says, checked anew"
