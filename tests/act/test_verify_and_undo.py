"""What was done is checked; what did not help is put back, also when the process dies in between."""

import json

import pytest

from bot.domain.approval import ApprovalState
from bot.talk.cards.approval import approval_card
from bot.talk.cards.words import Words
from tests.act.lamps import NOON, SMASH, SWITCH, Killed


def text(card):
    return repr(card)


async def test_it_is_watched_until_it_is_better(room):
    room.world.helps["a"] = ["waiting", "unreachable", "waiting", True]
    done = await room.do((SWITCH, {"name": "a"}))
    assert (done.state, room.world.done, room.world.undone) == (ApprovalState.EXECUTED, ["a"], [])
    assert next(course.checking for _, course in room.told if course.checking) == "still warming up"
    assert (room.clock - NOON).total_seconds() == 3
    (course,) = (await room.gate.courses(done.id)).values()
    assert (course.aftermath.better, course.aftermath.why) == (True, "it shines")
    card = approval_card(done, Words("zh"), await room.gate.courses(done.id))
    assert "已验证：it shines" in text(card)


@pytest.mark.parametrize("answers", [[False], ["waiting", False], ["waiting"], ["unreachable"]])
async def test_what_does_not_help_in_time_is_put_back_exactly(room, answers):
    room.world.lit["a"], room.world.helps["a"] = "dim", answers
    done = await room.do((SWITCH, {"name": "a"}))
    assert (done.state, room.world.lit["a"], room.world.undone) == (ApprovalState.UNDONE, "dim", ["a"])
    assert (room.clock - NOON).total_seconds() <= 61
    (told,) = await room.gate.outcomes(done.id)
    assert "it did not help" in told.summary
    assert "undone" in told.summary
    card = approval_card(done, Words("en"), await room.gate.courses(done.id))
    assert "undone: a is as it was" in text(card)
    did = [json.loads(line)["record"]["did"] for line in room.ledger_path.read_text().splitlines()]
    assert did[1:] == ["asked", "decided", "intent", "result", "not verified", "undo intent", "undo result"]


async def test_a_plan_is_undone_as_a_whole_the_last_step_first(room):
    room.world.helps["b"] = [False]
    done = await room.do((SWITCH, {"name": "a"}), (SWITCH, {"name": "b"}), (SWITCH, {"name": "c"}))
    assert (room.world.done, room.world.undone) == (["a", "b"], ["b", "a"])
    assert done.state is ApprovalState.UNDONE
    assert set(room.world.lit.values()) == {None}


async def test_what_cannot_be_undone_is_said_before_and_after(room):
    room.world.helps["a"] = [False]
    asked = (await room.ask((SMASH, {"name": "a"}))).asked
    assert "cannot be undone" in text(approval_card(asked, Words("en")))
    assert "无法撤销" in text(approval_card(asked, Words("zh")))
    await room.say(asked)
    done = await room.carry_out(asked)
    assert (done.state, room.world.undone) == (ApprovalState.FAILED, [])
    assert "could not be undone" in text(approval_card(done, Words("en"), await room.gate.courses(done.id)))


@pytest.mark.parametrize("where", ["before run", "after run", "verify", "before undo", "after undo"])
@pytest.mark.parametrize("helps", [True, False])
async def test_killed_anywhere_another_replica_ends_it(room, where, helps):
    room.world.helps["a"] = [helps]
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(asked)
    room.world.kill = where
    if helps and "undo" in where:
        room.world.kill = ""
    else:
        with pytest.raises(Killed):
            await room.carry_out(asked)
    done = await room.carry_out(asked, room.replica()) or await room.gate.approval(asked.id)
    assert done.state is (ApprovalState.EXECUTED if helps else ApprovalState.UNDONE)
    assert (room.world.done, room.world.undone) == (["a"], [] if helps else ["a"])


async def test_while_one_replica_works_the_other_waits_and_does_nothing(room):
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(asked)
    other = room.replica()
    store = room.gate._store
    assert await store.claim(asked.id, "somebody else", room.clock, 5)
    await room.carry_out(asked, other)
    assert (room.clock - NOON).total_seconds() == 5
    assert room.world.done == ["a"]
