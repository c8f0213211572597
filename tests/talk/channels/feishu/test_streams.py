"""Answers that are typed as they come: as an entity where Feishu has them, as a patched message everywhere else."""

import json
from dataclasses import replace

import pytest

from bot.domain.card import Button, Buttons, Card, Markdown, Task, Tasks
from bot.domain.message import Thread
from bot.errors import ChannelError, TryLater
from bot.talk.channels import Delivery
from bot.talk.channels.feishu import make
from bot.talk.channels.feishu.streams import EPOCH
from bot.talk.rests import FIRST
from tests.fakes.feishu_rules import buttons

HERE = Thread("feishu", "om_1", "oc_1")
STOP = Buttons((Button("Stop", "stop", "a-1"),))


def state(text, *tasks, ref="", final=False):
    told = Tasks(tuple(Task(name, name, state) for name, state in tasks))
    blocks = (told, Markdown(text), *(() if final else (STOP,)))
    return Delivery("answer:1", HERE, Card("Answer", blocks, streaming=not final), 1, ref, final=final)


def only(kept):
    (one,) = kept.values()
    return one


@pytest.fixture(autouse=True)
def unhurried(channel):
    channel.client._wait = lambda _: 0.0


async def test_an_answer_is_typed_and_ends_as_a_card_whose_buttons_can_change_it(channel, feishu):
    first = await channel.show(state("The pool", ("look", "running")))
    card = only(feishu.cards)
    assert card["streaming"] is True
    await channel.show(state("The pool is", ("look", "running"), ref=first.ref))
    await channel.show(state("The pool is", ("look", "running"), ref=first.ref))
    assert card["updates"] == ["content"]
    await channel.show(state("The pool is ex", ("look", "done"), ref=first.ref))
    done = await channel.show(state("The pool is exhausted.", ("look", "done"), ref=first.ref, final=True))
    assert card["updates"] == ["content", "whole", "settings", "whole"]
    assert (done.ref, card["streaming"]) == (first.ref, False)
    assert "The pool is exhausted." in feishu.messages[first.ref]["content"]
    assert "streaming_mode" not in card["content"]
    assert len(feishu.messages) == 1


async def test_what_is_final_at_once_and_what_is_an_approval_is_a_plain_message(channel, feishu):
    placed = await channel.show(state("Done.", final=True))
    await channel.show(state("Done, really.", ref=placed.ref, final=True))
    assert feishu.cards == {}
    assert "really" in only(feishu.messages)["content"]


@pytest.mark.parametrize("code", [99991672, 1])
async def test_where_no_entity_can_be_made_it_is_posted_and_patched(channel, feishu, code):
    feishu.trouble["/cardkit/v1/cards"] = [(400, {"code": code, "msg": "no"}, {})]
    first = await channel.show(state("One"))
    await channel.show(state("One two.", ref=first.ref, final=True))
    await channel.show(replace(state("Two"), slot="answer:2"))
    assert len(feishu.called("/cardkit/v1/cards")) == 1
    assert "One two." in feishu.messages[first.ref]["content"]
    assert len(feishu.messages) == 2


async def test_a_refused_entity_is_asked_for_again_later_and_ever_more_seldom(channel, feishu):
    clock = [EPOCH + 1_000.0]
    channel.streams._rests._now = lambda: clock[0]
    feishu.trouble["/cardkit/v1/cards"] = [(400, {"code": 99991672, "msg": "no"}, {})] * 2
    made = []
    for number, later in enumerate((0, FIRST - 1, 1, FIRST, FIRST)):
        clock[0] += later
        await channel.show(replace(state("One"), slot=f"answer:{number}"))
        made.append((len(feishu.called("/cardkit/v1/cards")), len(feishu.cards)))
    assert made == [(1, 0), (1, 0), (2, 0), (2, 0), (3, 1)]


async def test_an_entity_whose_streaming_ran_out_is_written_whole(channel, feishu):
    first = await channel.show(state("One"))
    only(feishu.cards)["streaming"] = False
    feishu.trouble["/content"] = [(429, {"code": 99991400, "msg": "busy"}, {})]
    with pytest.raises(TryLater):
        await channel.show(state("One two", ref=first.ref))
    await channel.show(state("One two three", ref=first.ref))
    await channel.show(state("One two three.", ref=first.ref, final=True))
    assert "One two three." in feishu.messages[first.ref]["content"]
    assert len(feishu.messages) == 1


async def test_after_a_restart_the_same_card_is_finished(channel, feishu, database, settings, ears):
    first = await channel.show(state("One"))
    await channel.stop()
    after = make(database, settings)
    after.client._wait = lambda _: 0.0
    await after.start(ears)
    placed = await after.show(state("One two.", ref=first.ref, final=True))
    await after.stop()
    assert placed.ref == first.ref
    assert (only(feishu.cards)["streaming"], "One two." in only(feishu.messages)["content"]) == (False, True)


async def test_a_sequence_that_is_behind_is_raised_and_nothing_is_lost(channel, feishu):
    first = await channel.show(state("One"))
    only(feishu.cards)["sequence"] = 2**30
    done = state("One two.", ref=first.ref, final=True)
    with pytest.raises(TryLater):
        await channel.show(done)
    channel.streams._sequences[next(iter(feishu.cards))] = 2**30
    await channel.show(done)
    assert "One two." in only(feishu.messages)["content"]


async def test_an_entity_that_is_gone_is_posted_anew_and_never_silent(channel, feishu):
    first = await channel.show(state("One"))
    feishu.cards.clear()
    again = await channel.show(state("One two.", ref=first.ref, final=True))
    assert again.ref != first.ref
    assert "One two." in feishu.messages[again.ref]["content"]


async def test_an_answer_that_was_lost_makes_no_second_entity(channel, feishu):
    feishu.trouble["/reply"] = [(500, {"code": 2200, "msg": "inner"}, {})]
    with pytest.raises(ChannelError):
        await channel.show(state("One"))
    first = await channel.show(state("One two"))
    await channel.show(state("One two.", ref=first.ref, final=True))
    assert "One two." in only(feishu.messages)["content"]
    assert len(feishu.cards) == 1


async def test_a_final_state_after_a_lost_answer_is_the_one_that_stands(channel, feishu):
    feishu.trouble["/reply"] = [(500, {"code": 2200, "msg": "inner"}, {})]
    with pytest.raises(ChannelError):
        await channel.show(state("One"))
    await channel.show(state("One two.", final=True))
    assert (only(feishu.cards)["streaming"], "One two." in only(feishu.messages)["content"]) == (False, True)


async def test_a_typed_card_can_be_stopped(channel, feishu):
    first = await channel.show(state("One"))
    assert [value["a"] for value in buttons(feishu.messages[first.ref]["content"])] == ["stop"]
    assert json.loads(feishu.messages[first.ref]["content"])["config"]["streaming_mode"] is True
