"""Who answers when a brain is away, and when it is asked again."""

from dataclasses import replace

import pytest

from bot.domain.plan import Plan
from bot.domain.thought import Activity, Rewrite, Words
from bot.errors import BrainAway, BrainRefused, Declined
from bot.think.brains import dify, scripted
from bot.think.dify.settings import DifySettings
from bot.think.means import Means
from bot.think.relay import Relay
from skills import discover
from tests.fakes.dify_server import DifyServer, plain, replay
from tests.think.brains.briefings import briefing

CHAT = "/chat-messages$"


class Rules:
    """A brain that is always there."""

    name = "scripted"

    async def think(self, briefing):
        yield Words("by rules")
        yield Plan("by rules", brain=self.name)

    async def suggest(self, case):
        return (f"{self.name}?",)

    async def rate(self, case, up, why=""):
        return None

    async def health(self, language="en"):
        return ""

    async def close(self):
        return None


@pytest.fixture
async def server():
    async with DifyServer() as server:
        yield server


@pytest.fixture
async def dify_brain(server):
    brain = dify.make(settings=DifySettings(url=server.url, key="app-x", read_seconds=0.5))
    yield brain
    await brain.close()


async def think(brain):
    return [thought async for thought in brain.think(briefing())]


def shown(thoughts):
    text = ""
    for thought in thoughts:
        text = text + thought.text if isinstance(thought, Words) else text
        text = thought.text if isinstance(thought, Rewrite) else text
    return text


async def test_the_first_that_is_there_answers(server, dify_brain):
    server.on(CHAT, replay("chat_plain_turn1"))
    *_, plan = await think(Relay([dify_brain, Rules()]))
    assert plan.brain == "dify"


@pytest.mark.parametrize("answer", [plain(502, b"x"), replay("err_bad_key"), replay("chat_plain_turn1", limit=1500)])
async def test_the_next_one_answers_and_says_so(server, dify_brain, answer):
    server.on(CHAT, answer)
    *thoughts, plan = await think(Relay([dify_brain, Rules()]))
    assert plan.brain == "scripted"
    assert "Dify" in plan.says
    assert "scripted" in plan.says
    assert shown(thoughts) == plan.says
    assert any(isinstance(each, Activity) and each.state == "failed" for each in thoughts)


async def test_it_is_left_alone_and_comes_back_by_itself(server, dify_brain):
    clock = [0.0]
    relay = Relay([dify_brain, Rules()], lambda: clock[0])
    server.on(CHAT, replay("err_bad_key")).on("/info$", replay("err_bad_key"))
    for _ in range(3):
        await think(relay)
    asked = len(server.requests)
    assert "DIFY_KEY" in (await think(relay))[-1].says
    assert len(server.requests) == asked, "left alone"
    clock[0] += 20
    await think(relay)
    assert [each["path"] for each in server.requests[asked:]] == ["/v1/info"], "not well yet"
    server.on(CHAT, replay("chat_plain_turn1")).on("/info$", replay("get_info"))
    clock[0] += 20
    assert (await think(relay))[-1].brain == "scripted", "left alone for longer"
    clock[0] += 20
    assert (await think(relay))[-1].brain == "dify"


async def test_what_is_not_for_this_person_is_no_failure_of_the_brain():
    class Waits(Rules):
        name = "waits"

        async def think(self, briefing):
            if briefing.case.asked_by.id != "U2":
                raise Declined("dify_form_not_yours")
            yield Plan("taken", brain=self.name)

    relay = Relay([Waits(), Rules()])
    for _ in range(4):
        with pytest.raises(Declined):
            await think(relay)
    asked = briefing()
    asked = replace(asked, case=replace(asked.case, asked_by=replace(asked.case.asked_by, id="U2")))
    assert [thought async for thought in relay.think(asked)][-1].brain == "waits"


async def test_when_all_are_away_the_first_error_is_told(server, dify_brain):
    server.on(CHAT, plain(502, b"x"))
    with pytest.raises(BrainAway) as told:
        await think(Relay([dify_brain]))
    assert told.value.key == "dify_down"
    server.on(CHAT, replay("err_bad_key"))
    with pytest.raises(BrainRefused):
        await think(Relay([dify_brain]))


async def test_rules_that_stand_in_show_what_they_were_asked(server, dify_brain):
    server.on(CHAT, plain(502, b"x"))
    relay = Relay([dify_brain, scripted.make(Means(discover(())))])
    asked = briefing("what is 192.168.7.7 with password=hunter2secret doing?")
    *_, plan = [thought async for thought in relay.think(asked)]
    assert (plan.brain, plan.prompts) == ("scripted", "")
    assert "192.168.7.7" in plan.asked
    assert "hunter2" not in plan.asked
    *_, ordered = [thought async for thought in relay.think(briefing("/help"))]
    assert ordered.asked == "", "a command is asked of nobody"


async def test_it_says_so_in_the_language_of_the_question(server, dify_brain):
    server.on(CHAT, plain(502, b"x"))
    asked = briefing("为什么慢？", language="zh")
    *_, plan = [thought async for thought in Relay([dify_brain, Rules()]).think(asked)]
    assert "在此期间由" in plan.says
    assert server.requests[0]["json"]["inputs"]["language"] == "zh"
