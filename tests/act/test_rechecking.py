"""Leave was given, and then the world changed: what is asked once more before a step is taken."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.act.rules import Automatic, Earning
from bot.domain.approval import ApprovalState
from bot.domain.message import Person
from bot.talk.cards.words import Words
from skills import Unreachable
from tests.act.lamps import CHEN, LIN, SWITCH, Lamp

BOT = Person("dutybot", "DutyBot", "bot")
FREELY = Automatic(name="lamps", actions=("lamps.*",), namespaces=("shop",), per_hour=2)


def allow(room, **changes):
    room.policy._file = room.policy._file.model_copy(update=changes)


async def approved(room, name="a", who=LIN):
    asked = (await room.ask((SWITCH, {"name": name}), who=who)).asked
    if asked.state is ApprovalState.PENDING:
        await room.say(asked)
    return asked


async def refused(room, asked, key):
    done = await room.carry_out(asked)
    assert (done.state, room.world.done) == (ApprovalState.FAILED, [])
    (course,) = (await room.gate.courses(asked.id)).values()
    assert course.outcome.key == key


@pytest.mark.parametrize(
    ("grown", "key"),
    [
        ({"pods": tuple(f"shop/p{n}" for n in range(51))}, "refused_limit_pods"),
        ({"nodes": ("n1", "n2")}, "refused_limit_nodes"),
    ],
)
async def test_what_has_grown_past_its_limits_since_is_not_done(room, grown, key):
    asked = await approved(room)
    for name, value in grown.items():
        setattr(room.world, name, value)
    await refused(room, asked, key)


async def test_what_cannot_be_measured_is_not_done(room, monkeypatch):
    asked = await approved(room)

    async def deaf(self):
        raise Unreachable("unreachable", system="Lamps", url="http://lamps", why="no answer")

    monkeypatch.setattr(Lamp, "preview", deaf)
    await refused(room, asked, "unreachable")


async def test_a_budget_that_others_used_up_in_the_meantime_holds(room):
    allow(room, automatic=(FREELY,))
    waiting = [await approved(room, f"l{number}", BOT) for number in range(3)]
    assert all(each.automatic for each in waiting)
    states = [(await room.carry_out(each)).state for each in waiting]
    assert states == [ApprovalState.EXECUTED, ApprovalState.EXECUTED, ApprovalState.FAILED]
    (course,) = (await room.gate.courses(waiting[2].id)).values()
    assert course.outcome.key == "refused_budget"
    assert room.world.done == ["l0", "l1"]


async def test_a_plan_that_its_budget_does_not_cover_whole_asks(room):
    allow(room, automatic=(FREELY,))
    steps = [(SWITCH, {"name": f"l{number}"}) for number in range(5)]
    assert (await room.ask(*steps[:2], who=BOT)).asked.automatic
    assert (await room.ask(*steps[2:], who=BOT)).asked.state is ApprovalState.PENDING


async def test_a_plan_that_its_rule_does_not_cover_whole_is_refused(room):
    rules = room.policy._file.rules
    tight = rules[1].model_copy(update={"limits": rules[1].limits.model_copy(update={"per_hour": 1})})
    allow(room, rules=(rules[0], tight, *rules[2:]))
    taken = await room.ask((SWITCH, {"name": "a"}), (SWITCH, {"name": "b"}))
    assert taken.seen[-1].key == "refused_limit_hour"


async def test_leave_that_is_no_longer_listed_does_not_count(room):
    allow(room, automatic=(FREELY,))
    asked = await approved(room, who=BOT)
    allow(room, automatic=())
    await refused(room, asked, "refused_leave_gone")


async def test_leave_whose_record_was_lost_does_not_count(room):
    """It was listed as earned since, and nothing has earned it."""
    allow(room, automatic=(FREELY,))
    asked = await approved(room, who=BOT)
    allow(room, automatic=(FREELY.model_copy(update={"earned": True}),), earning=Earning(runs=1))
    await refused(room, asked, "refused_leave_gone")


async def altered(room, asked, **changes):
    """As somebody would who can write to the database."""
    kept, version = await room.gate._store.load(asked.id)
    changed = replace(kept, state=ApprovalState.APPROVED, quorum=0, settled_at=room.clock, **changes)
    await room.gate._store.replace(changed, version)


@pytest.mark.parametrize("who", [LIN, CHEN, BOT])
async def test_a_row_that_says_it_needs_nobody_is_held_against_the_policy(room, who):
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await altered(room, asked, automatic="by myself", requested_by=who)
    await refused(room, asked, "refused_leave_gone")


async def test_a_row_that_says_it_needs_nobody_does_not_pass_for_a_person(room):
    """Only what the bot itself asked for may be automatic."""
    allow(room, automatic=(FREELY,))
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await altered(room, asked, automatic="lamps")
    await refused(room, asked, "refused_leave_gone")


async def test_a_row_that_says_it_needs_nobody_is_held_against_the_budget(room):
    allow(room, automatic=(FREELY.model_copy(update={"per_hour": 1}),))
    await room.carry_out(await approved(room, "first", BOT))
    room.world.done.clear()
    asked = (await room.ask((SWITCH, {"name": "a"}), who=BOT)).asked
    assert asked.state is ApprovalState.PENDING
    await altered(room, asked, automatic="lamps")
    await refused(room, asked, "refused_budget")


async def test_leave_that_lay_about_is_asked_for_again(room):
    asked = await approved(room)
    room.clock += timedelta(hours=1, seconds=1)
    await refused(room, asked, "refused_leave_old")


async def test_a_namespace_that_became_a_shadow_is_left_alone(room):
    asked = await approved(room)
    allow(room, shadow=("shop",))
    await refused(room, asked, "refused_shadow")


async def test_a_second_step_may_begin_long_after_the_first(room):
    room.world.helps["a"] = ["waiting"] * 50 + [True]
    asked = (await room.ask((SWITCH, {"name": "a"}), (SWITCH, {"name": "b"}))).asked
    await room.say(asked)
    assert (await room.carry_out(asked)).state is ApprovalState.EXECUTED


async def test_they_say_so_in_both_languages(room):
    for language in ("zh", "en"):
        for key in ("refused_budget", "refused_leave_old", "refused_shadow", "not_done"):
            assert key not in Words(language)(key, action="x", why="y")
