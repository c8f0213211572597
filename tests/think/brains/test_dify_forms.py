"""Human Input: shown, answered by a word, and never taken for leave."""

import json

import pytest

from bot.database import Database
from bot.domain.case import Filled
from bot.errors import BrainError, BrainRefused
from bot.think.brains import dify
from bot.think.dify import exchange
from bot.think.dify.forms import Form, Reply, read_form
from bot.think.dify.settings import DifySettings
from bot.think.means import Means
from tests.fakes.dify_server import FIXTURES, DifyServer, plain, replay, retold
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


def sent(server):
    return [each["json"] for each in server.requests if "/form/" in each["path"]]


def wants(**data):
    return retold("hitl_1_pause", "human_input_required", **data)


FIELDS = [
    {"output_variable_name": "comment", "type": "paragraph", "default": {"type": "constant", "value": "none"}},
    {
        "output_variable_name": "window",
        "type": "select",
        "option_source": {"type": "constant", "value": ["now", "late"]},
    },
    {"output_variable_name": "who", "type": "text_input", "default": {"type": "variable", "selector": ["a", "b"]}},
]


async def test_a_form_is_shown_and_answered_by_a_word(server, brain):
    asked = await think(brain, "restart checkout")
    assert asked.steps == ()
    assert "fill in comment, or write it here, as `Approve: your words`" in asked.says
    assert "FORM-TOKEN" not in asked.says
    assert "{{" not in asked.says
    done = await think(brain, " approve ", conversation=asked.conversation)
    assert sent(server)[0] == {"inputs": {"comment": "by Lin"}, "action": "approve", "user": "slack:T1:C1:171.5"}
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
        (replay("hitl_3d_submit_twice"), "dify_form_done"),
        (replay("hitl_3a_submit_bad_action"), "dify_form_refused"),
        (replay("hitl_3b_submit_missing_input"), "dify_form_refused"),
        (plain(412, {"code": "human_input_form_expired", "message": "x", "status": 412}), "dify_form_expired"),
        (plain(404, {"code": "human_input_form_not_found", "message": "x", "status": 404}), "dify_form_gone"),
    ],
)
async def test_what_dify_refuses(server, brain, answer, key):
    asked = await think(brain, "restart checkout")
    server.on(FORM, answer)
    with pytest.raises(BrainRefused) as told:
        await think(brain, "Reject", conversation=asked.conversation)
    assert told.value.key == key


@pytest.mark.parametrize(
    ("answer", "key"),
    [(plain(502, b"<html>"), "dify_down"), (replay("hitl_3b_submit_missing_input"), "dify_form_refused")],
)
async def test_what_dify_did_not_take_is_answered_again(server, brain, answer, key):
    asked = await think(brain, "restart checkout")
    server.on(FORM, answer)
    filled = Filled(asked.form, "Approve", (("comment", "go"),))
    with pytest.raises(BrainError) as told:
        await think(brain, "Approve", conversation=asked.conversation, filled=filled)
    assert told.value.key == key
    server.on(FORM, replay("hitl_3c_submit_other_user"))
    assert (await think(brain, "Approve", conversation=asked.conversation, filled=filled)).says
    assert [each["inputs"]["comment"] for each in sent(server)] == ["go", "go"]


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


async def test_the_fields_stand_on_the_card_and_what_is_filled_in_goes_to_dify(server, brain):
    server.on("/chat-messages$", wants(inputs=FIELDS, resolved_default_values={"who": "Lin"}))
    asked = await think(brain, "restart checkout")
    assert [(each.name, each.value, each.options, each.lines) for each in asked.asks] == [
        ("comment", "none", (), True),
        ("window", "", ("now", "late"), False),
        ("who", "Lin", (), False),
    ]
    fields = (("comment", "go on"), ("window", "late"), ("other", "x"))
    filled = Filled(asked.form, "Approve", fields)
    done = await think(brain, "Approve\ncomment: go on", conversation=asked.conversation, filled=filled)
    assert done.says
    assert sent(server) == [
        {
            "inputs": {"comment": "go on", "window": "late", "who": "Lin"},
            "action": "approve",
            "user": "slack:T1:C1:171.5",
        }
    ]


async def test_what_may_only_be_picked_is_checked_before_it_is_sent(server, brain):
    server.on("/chat-messages$", wants(inputs=FIELDS))
    asked = await think(brain, "restart checkout")
    for fields in ((), (("window", "tomorrow"),)):
        filled = Filled(asked.form, "Approve", fields)
        with pytest.raises(BrainRefused) as told:
            await think(brain, "Approve", conversation=asked.conversation, filled=filled)
        assert (told.value.key, told.value.values["options"]) == ("dify_form_pick", "now · late")
    assert sent(server) == []
    await think(brain, "Approve\nwindow: LATE\nwho: me", conversation=asked.conversation)
    assert sent(server)[0]["inputs"] == {"comment": "none", "window": "late", "who": "me"}


@pytest.mark.parametrize("mark", ["", "somebody else's"])
async def test_a_card_whose_form_is_not_open_asks_nothing_anew(server, brain, mark):
    asked = await think(brain, "restart checkout")
    if not mark:
        await think(brain, "Approve", conversation=asked.conversation)
    before = len(server.requests)
    filled = Filled(mark or asked.form, "Approve")
    with pytest.raises(BrainRefused) as told:
        await think(brain, "Approve", conversation=asked.conversation, filled=filled)
    assert told.value.key == "dify_form_done"
    assert len(server.requests) == before


async def test_an_expired_form_is_told_as_expired_without_asking_dify(server, brain):
    server.on("/chat-messages$", wants(expiration_time=1_000_000_000))
    asked = await think(brain, "restart checkout")
    assert asked.until == 1_000_000_000
    with pytest.raises(BrainRefused) as told:
        await think(brain, "Approve", conversation=asked.conversation)
    assert told.value.key == "dify_form_expired"
    assert sent(server) == []


async def test_a_form_that_wants_a_file_says_that_it_cannot_be_had_here(server, brain):
    server.on("/chat-messages$", wants(inputs=[{"output_variable_name": "report", "type": "file"}]))
    asked = await think(brain, "restart checkout")
    assert "wants a file in “report”" in asked.says
    assert (asked.choices, asked.asks) == ((), ())
    with pytest.raises(BrainRefused) as told:
        await think(brain, "Approve", conversation=asked.conversation)
    assert told.value.key == "dify_form_file"


ONE = Form("t", "r", "x", (("ok", "Send"),), (("when", ""),))
TWO = Form("t", "r", "x", (("yes", "Approve"), ("no", "Reject")), (("comment", ""),))
MANY = Form("t", "r", "x", (("yes", "批准"),), (("a", "1"), ("b", "")), {"b": ("x", "y")})


@pytest.mark.parametrize(
    ("form", "said", "reply"),
    [
        (ONE, "tonight at ten", Reply("ok", {"when": "tonight at ten"})),
        (ONE, "Send: now", Reply("ok", {"when": "now"})),
        (ONE, "what is it for?", None),
        (ONE, "/help", None),
        (TWO, "approve", Reply("yes")),
        (TWO, "Approve： 可以", Reply("yes", {"comment": "可以"})),
        (TWO, "no, not today", Reply("no", {"comment": "not today"})),
        (TWO, "not today", None),
        (TWO, "Approve: ", None),
        (MANY, "批准\nb：x", Reply("yes", {"b": "x"})),
        (MANY, "批准\nwhat else is there", None),
        (MANY, "anything", None),
    ],
)
def test_words_that_answer_a_form(form, said, reply):
    assert form.written(said) == reply


def test_what_is_written_leaves_without_secrets_and_a_long_default_stays_behind():
    secret = "password=hunter2hunter2"
    assert "hunter2" not in ONE.filled(Reply("ok", {"when": secret}), "Lin")["when"]
    told = {"form_token": "t", "form_content": "x", "actions": [{"id": "a", "title": "A"}], "inputs": FIELDS}
    form = read_form(told | {"resolved_default_values": {"comment": "long " * 200, "who": secret}}, "r")
    assert [each.value for each in form.asks] == ["", "", ""]
    assert form.filled(Reply("a", {"window": "now"}), "Lin")["comment"] == "long " * 200


async def test_a_restart_after_the_form_was_answered_answers_it_no_second_time(server, database):
    settings = DifySettings(url=server.url, key="app-x", read_seconds=5)
    first = dify.make(Means(None, database=database, leaving=lambda: True), settings)
    asked = await think(first, "restart checkout")
    server.on(EVENTS, replay("hitl_4_resume_stream", limit=2000))
    thoughts = first.think(briefing("Approve", conversation=asked.conversation))
    await anext(thoughts)
    await thoughts.aclose()
    await first.close()
    server.on(EVENTS, replay("hitl_4_resume_stream"))
    after = made(server, database)
    done = await think(after, "Approve", conversation=asked.conversation)
    assert done.says.startswith("Approved")
    assert len(sent(server)) == 1
    assert not any(each["path"].endswith("/stop") for each in server.requests)
    await after.close()


async def test_who_leaves_in_the_middle_has_the_run_stopped_and_forgotten(server, database):
    server.on(r"/stop$", plain(200, {"result": "success"}))
    server.on("/chat-messages$", replay("chatflow_client_disconnect"))
    brain = made(server, database)
    thoughts = brain.think(briefing("slowly"))
    await anext(thoughts)
    await thoughts.aclose()
    await brain.close()
    assert [each["path"].rpartition("/")[2] for each in server.requests] == ["chat-messages", "stop"]
    after = made(server, database)
    server.on("/chat-messages$", replay("hitl_1_pause"))
    assert (await think(after, "slowly")).choices == ("Approve", "Reject")
    assert not any("/events" in each["path"] for each in server.requests)
    await after.close()
