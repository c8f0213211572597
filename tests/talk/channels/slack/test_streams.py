"""Answers that grow word by word: as Slack's own stream where somebody asked, posted and updated everywhere else."""

from dataclasses import replace

import pytest

from bot.domain.card import Button, Buttons, Card, Markdown, Task, Tasks
from bot.domain.message import PressKind, Thread
from bot.errors import ChannelError, TryLater
from bot.talk.channels import Delivery
from bot.talk.channels.slack import make
from bot.talk.rests import FIRST
from tests.fakes.slack_server import said

HERE = Thread("slack", "5.1", "C1", "T1")
STOP = Buttons((Button("Stop", "stop", "a-1"),))
POST, START, APPEND, END = "chat.postMessage", "chat.startStream", "chat.appendStream", "chat.stopStream"


def state(text, *tasks, ref="", final=False):
    told = Tasks(tuple(Task(name, name, state) for name, state in tasks))
    blocks = (told, Markdown(text), *(() if final else (STOP,)))
    return Delivery("answer:1", HERE, Card("Answer", blocks, streaming=not final), 1, ref, final=final)


@pytest.fixture
async def asked(channel, slack, ears):
    """Somebody has asked something in the thread."""
    await slack.push("events_api", said("<@UBOT> why?", ts="5.1"))
    await ears.wait()
    return channel


async def test_an_answer_grows_in_a_stream_over_its_plan_and_ends_as_its_card(asked, slack):
    first = await asked.show(state("", ("look", "running")))
    assert slack.sessions["C1", "5.1"] == "processing"
    (started,) = slack.called(START)
    assert (started["recipient_user_id"], started["recipient_team_id"]) == ("U1", "T1")
    assert started["task_display_mode"] == "plan"
    assert first.thread == HERE
    await asked.show(state("The pool ", ("look", "done"), ref=first.ref))
    await asked.show(state("The pool is **exhaus", ("look", "done"), ref=first.ref))
    (stream,) = slack.streams.values()
    assert (stream["text"], stream["tasks"]) == ("The pool is ", {"look": "complete"})
    said_so_far = len(slack.called(APPEND))
    await asked.show(state("The pool is **exhaus", ("look", "done"), ref=first.ref))
    assert len(slack.called(APPEND)) == said_so_far
    done = await asked.show(state("The pool is **exhausted**.", ("look", "done"), ref=first.ref, final=True))
    assert (done.ref, stream["open"]) == (first.ref, False)
    assert slack.sessions["C1", "5.1"] == "active"
    (message,) = slack.messages.values()
    assert any(block.get("text") == "The pool is **exhausted**." for block in message["blocks"])
    assert slack.called(POST) == []


async def test_slacks_own_stop_stops_what_is_streamed(asked, slack, ears):
    await asked.show(state("", ("look", "running")))
    await slack.push("events_api", said("", kind="agent_session_stopped", thread_ts="5.1"))
    *_, press = await ears.wait(2)
    assert (press.kind, press.target) == (PressKind.STOP, "a-1")


async def test_nothing_said_in_pieces_calls_anybody(asked, slack):
    text = "see <!channel> and @channel and ![x](http://x/p.png) now "
    first = await asked.show(state(""))
    for end in range(1, len(text) + 1, 3):
        first = await asked.show(state(text[:end], ref=first.ref))
    await asked.show(state(text, ref=first.ref))
    (stream,) = slack.streams.values()
    assert "see <" in stream["text"]
    assert not any(call in stream["text"] for call in ("<!", "@channel", "!["))


async def test_without_a_reader_it_is_posted_and_updated(channel, slack):
    first = await channel.show(state("", ("look", "running")))
    await channel.show(state("Done.", ref=first.ref, final=True))
    assert slack.called(START) == []
    assert len(slack.called(POST)) == 1


@pytest.mark.parametrize("error", ["unknown_method", "missing_scope"])
async def test_where_there_are_no_streams_nobody_asks_again_for_a_while(asked, slack, error):
    clock = [1_000.0]
    asked.streams._rests._now = lambda: clock[0]
    slack.trouble[START] = [(200, {"ok": False, "error": error}, {})]
    first = await asked.show(state("", ("look", "running")))
    assert first.ref in {f"{channel}:{ts}" for channel, ts in slack.messages}
    asked.client._buckets.clear()
    await asked.show(replace(state("", ("look", "running")), slot="answer:2"))
    assert len(slack.called(START)) == 1
    assert len(slack.called(POST)) == 2
    clock[0] += FIRST
    asked.client._buckets.clear()
    await asked.show(replace(state("", ("look", "running")), slot="answer:3"))
    assert len(slack.streams) == 1


async def test_without_slacks_stop_button_nothing_is_streamed(asked, slack):
    warned = {"ok": True, "warning": "missing_agent_session_stopped_event_subscription"}
    slack.trouble["agents.sessions.setStatus"] = [(200, warned, {})]
    await asked.show(state("", ("look", "running")))
    assert slack.called(START) == []
    assert len(slack.called(POST)) == 1


async def test_a_stream_that_ran_out_is_updated_and_nothing_of_its_end_is_lost(asked, slack):
    first = await asked.show(state("One "))
    (stream,) = slack.streams.values()
    stream["open"] = False
    again = await asked.show(state("One two ", ref=first.ref))
    await asked.show(state("One two three.", ref=again.ref, final=True))
    (message,) = slack.messages.values()
    assert any(block.get("text") == "One two three." for block in message["blocks"])


async def test_what_is_worded_anew_is_updated(asked, slack):
    first = await asked.show(state("It is the disk. "))
    await asked.show(state("It is the pool. ", ref=first.ref))
    (message,) = slack.messages.values()
    assert any(block.get("text") == "It is the pool." for block in message["blocks"])


async def test_a_busy_slack_is_waited_for_and_every_word_arrives(asked, slack):
    first = await asked.show(state("One "))
    slack.trouble[APPEND] = [(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"})]
    with pytest.raises(TryLater):
        await asked.show(state("One two ", ref=first.ref))
    asked.client._buckets.clear()
    await asked.show(state("One two three ", ref=first.ref))
    (stream,) = slack.streams.values()
    assert stream["text"] == "One two three "


async def test_a_stream_from_before_a_restart_is_ended_first(asked, slack, database, settings, ears):
    first = await asked.show(state("One "))
    await asked.stop()
    after = make(database, settings)
    await after.start(ears)
    with pytest.raises(TryLater):
        await after.show(state("One two.", ref=first.ref, final=True))
    placed = await after.show(state("One two.", ref=first.ref, final=True))
    await after.stop()
    assert placed.ref == first.ref
    (message,) = slack.messages.values()
    assert any(block.get("text") == "One two." for block in message["blocks"])


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("began", [True, False])
async def test_a_beginning_that_was_not_answered_makes_no_second_message(asked, slack, began, final):
    slack.trouble[START] = [(503, {"ok": False, "error": "fatal"}, {})]
    with pytest.raises(TryLater):
        await asked.show(state("One ", ("look", "running")))
    if began:
        slack._chat_startStream(slack.called(START)[0])
    other = {"channel": "C1", "thread_ts": "5.1", "text": "a card", "blocks": [], "metadata": {"event_payload": {}}}
    slack.messages["C1", "9.9"] = {**other, "ts": "9.9", "user": "UBOT"}
    placed = await asked.show(state("One two ", final=final))
    done = await asked.show(state("One two three.", ref=placed.ref, final=True))
    assert len(slack.messages) == 2
    assert "One two three." in str(slack.messages["C1", done.ref[3:]]["blocks"])
    assert not any(stream["open"] for stream in slack.streams.values())


async def test_while_slack_does_not_tell_whether_it_began_nothing_is_posted(asked, slack):
    slack.trouble[START] = [(503, {"ok": False, "error": "fatal"}, {})]
    slack.trouble["conversations.replies"] = [(503, {"ok": False, "error": "fatal"}, {})]
    for error in (TryLater, ChannelError):
        with pytest.raises(error):
            await asked.show(state("One ", ("look", "running")))
    slack._chat_startStream(slack.called(START)[0])
    await asked.show(state("Done.", final=True))
    assert len(slack.messages) == 1
