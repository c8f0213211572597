"""Human Input: shown, answered by a word, and never taken for leave."""

import json

import pytest

from bot.database import Database
from bot.errors import BrainRefused
from bot.think.brains import dify
from bot.think.dify import exchange
from bot.think.dify.settings import DifySettings
from bot.think.means import Means
from tests.fakes.dify_server import FIXTURES, DifyServer, plain, replay
from tests.think.brains.briefings import briefing

FORM = r"/form/human_input/FORM-TOKEN-02$"
EVENTS = r"/workflow/.*/events$"


@pytest.fixture
async def server():
    async with DifyServer() as server:
        server.on("/chat-messages$", replay("hitl_1_pause"))
        server.on(FORM, replay("hitl_3c_submit_other_user"))
        server.on(EVENTS, replay("hitl_4_resume_stream"))
        yield server


@pytest.fixture
async def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await database.open()
    yield database
    await database.close()


def made(server, database):
    return dify.make(Means(None, database=database), DifySettings(url=server.url, key="app-x", read_seconds=5))


@pytest.fixture
async def brain(server, database):
    brain = made(server, database)
    yield brain
    await brain.close()


async def think(brain, question, **case):
    return [thought async for thought in brain.think(briefing(question, **case))][-1]


async def test_a_form_is_shown_and_answered_by_a_word(server, brain):
    asked = await think(brain, "restart checkout")
    assert asked.steps == ()
    assert "write one of: Approve · Reject" in asked.says
    assert "FORM-TOKEN" not in asked.says
    assert "{{" not in asked.says
    done = await think(brain, " approve ", conversation=asked.conversation)
    sent = next(each for each in server.requests if "/form/" in each["path"])["json"]
    assert sent == {"inputs": {"comment": "by Lin"}, "action": "approve", "user": "slack:T1:C1:171.5"}
    finished = json.loads((FIXTURES / "hitl_4_resume_stream.sse").read_text().split("data: ")[-1])
    assert finished["data"]["outputs"]["answer"].split("\n")[0] in done.says
    assert len([each for each in server.requests if each["path"].endswith("chat-messages")]) <= 2


async def test_a_restart_does_not_forget_the_form(server, brain, database):
    asked = await think(brain, "restart checkout")
    assert asked.choices == ("Approve", "Reject")
    await brain.close()
    after = made(server, database)
    done = await think(after, "Approve", conversation=asked.conversation)
    assert [each["json"]["action"] for each in server.requests if "/form/" in each["path"]] == ["approve"]
    assert done.says
    again = made(server, database)
    await think(again, "Approve", conversation=asked.conversation)
    assert len([each for each in server.requests if "/form/" in each["path"]]) == 1
    await after.close()
    await again.close()


@pytest.mark.parametrize("lost", [replay("hitl_4_resume_stream", limit=2000, cut=True), plain(502, b"<html>")])
async def test_a_line_that_breaks_after_the_form_is_taken_up_again(server, brain, monkeypatch, lost):
    monkeypatch.setattr(exchange, "RESUME_AFTER", (0.01, 0.01))
    asked = await think(brain, "restart checkout")
    server.on(EVENTS, lost, replay("hitl_4_resume_stream"))
    done = await think(brain, "Approve", conversation=asked.conversation)
    finished = json.loads((FIXTURES / "hitl_4_resume_stream.sse").read_text().split("data: ")[-1])
    assert done.says.split("\n")[0] in finished["data"]["outputs"]["answer"]
    assert len([each for each in server.requests if "/form/" in each["path"]]) == 1


async def test_any_other_word_is_a_new_turn(server, brain):
    asked = await think(brain, "restart checkout")
    server.on("/chat-messages$", replay("hitl_2b_message_while_paused_same_conversation"))
    await think(brain, "what does it do?", conversation=asked.conversation)
    assert not any("/form/" in each["path"] for each in server.requests)


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ("hitl_3d_submit_twice", "dify_form_done"),
        ("hitl_3a_submit_bad_action", "dify_form_refused"),
        ("hitl_3b_submit_missing_input", "dify_form_refused"),
    ],
)
async def test_what_dify_refuses(server, brain, answer, key):
    asked = await think(brain, "restart checkout")
    server.on(FORM, replay(answer))
    with pytest.raises(BrainRefused) as told:
        await think(brain, "Reject", conversation=asked.conversation)
    assert told.value.key == key


async def test_who_may_ask_for_no_change_answers_no_form(server, database):
    told = []

    async def answers(case, choice):
        told.append((case.asked_by.key, choice))
        return False

    settings = DifySettings(url=server.url, key="app-x", read_seconds=5)
    brain = dify.make(Means(None, database=database, answers=answers), settings)
    asked = await think(brain, "restart checkout")
    with pytest.raises(BrainRefused) as refused:
        await think(brain, "Approve", conversation=asked.conversation)
    assert refused.value.key == "dify_form_not_yours"
    assert told == [("slack:T1:U1", "approve")]
    assert not any("/form/" in each["path"] for each in server.requests)
    await brain.close()
    other = made(server, database)
    assert (await think(other, "Approve", conversation=asked.conversation)).says
    await other.close()
