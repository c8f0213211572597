"""Repairs pause when they keep failing; what comes too soon is refused, with its reason."""

from dataclasses import replace
from datetime import timedelta

import pytest
import yaml

from bot.act.policy import DEFAULT, Policy
from bot.act.rules import PolicyFile
from bot.domain.approval import ApprovalState
from bot.domain.message import Person
from bot.domain.plan import Plan, Step
from bot.talk.cards.autonomy import autonomy_card
from bot.talk.cards.words import Words
from skills.change import Owner
from tests.act.lamps import CHEN, LIN, SMASH, SWITCH, THREAD, Killed, Room

BOT = Person("dutybot", "DutyBot", "bot")


async def fail(room, lamp):
    room.world.helps[lamp] = [False]
    taken = await room.ask((SWITCH, {"name": lamp}))
    if taken.asked is None:
        return taken.seen[0].key
    await room.say(taken.asked)
    await room.carry_out(taken.asked)
    room.clock += timedelta(minutes=10)
    return ""


async def test_three_in_a_row_on_one_target_pause_it_and_no_other(room):
    assert [await fail(room, "a") for _ in range(4)] == ["", "", "", "breaker_open"]
    assert await room.gate.paused() == (False, 1)
    assert (await room.ask((SWITCH, {"name": "b"}))).asked
    other = room.replica()
    assert (await room.ask((SWITCH, {"name": "a"}), gate=other)).seen[0].key == "breaker_open"


async def test_a_success_between_them_counts_anew(room):
    assert [await fail(room, "a") for _ in range(2)] == ["", ""]
    room.world.helps["a"] = [True]
    assert (await room.do((SWITCH, {"name": "a"}))).state is ApprovalState.EXECUTED
    room.world.lit["a"] = None
    assert [await fail(room, "a") for _ in range(3)] == ["", "", ""]


async def test_five_anywhere_pause_all(room):
    assert [await fail(room, name) for name in "abcdef"] == [""] * 5 + ["breaker_open_everywhere"]
    assert await room.gate.paused() == (True, 0)
    await room.gate.latitude.reset_breaker(CHEN, "")
    assert await room.gate.paused() == (False, 0)


async def test_after_the_cool_down_one_may_try_and_a_failure_opens_it_again(room):
    for _ in range(3):
        await fail(room, "a")
    room.clock += timedelta(minutes=51)
    assert await fail(room, "a") == ""
    assert await fail(room, "a") == "breaker_open"
    room.clock += timedelta(hours=1)
    room.world.helps["a"] = [True]
    assert (await room.do((SWITCH, {"name": "a"}))).state is ApprovalState.EXECUTED
    room.world.lit["a"] = None
    assert await fail(room, "a") == ""


async def test_half_open_lets_one_through_and_no_second_beside_it(room):
    waiting = []
    for name in "ab":
        waiting.append((await room.ask((SMASH, {"name": name}))).asked)
    for name in "cdefg":
        await fail(room, name)
    room.clock += timedelta(minutes=61)
    for lamp in "hi":
        waiting.append((await room.ask((SWITCH, {"name": lamp}))).asked)
    first, second = waiting[-2:]
    for each in (first, second):
        await room.say(each)
    room.world.kill = "after run"
    with pytest.raises(Killed):
        await room.carry_out(first)
    done = await room.carry_out(second, room.replica())
    assert (done.state, (await room.gate.outcomes(second.id))[0].key) == (ApprovalState.FAILED, "breaker_half_open")
    assert (await room.ask((SWITCH, {"name": "j"}))).seen[0].key == "breaker_half_open"
    assert (await room.carry_out(first, room.replica())).state is ApprovalState.EXECUTED
    assert (await room.ask((SWITCH, {"name": "j"}))).asked


async def test_what_was_refused_counts_neither_as_a_failure_nor_as_a_success(room):
    for _ in range(2):
        await fail(room, "a")
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(asked)
    room.world.generation["a"] = 9
    assert (await room.carry_out(asked)).state is ApprovalState.FAILED
    room.clock += timedelta(minutes=10)
    assert [await fail(room, "a") for _ in range(2)] == ["", "breaker_open"]


async def test_an_approver_resets_it_and_nobody_else(room):
    for _ in range(3):
        await fail(room, "a")
    assert await room.gate.latitude.reset_breaker(LIN, "shop/Lamp/a") == "breaker_may_not"
    assert await fail(room, "a") == "breaker_open"
    assert await room.gate.latitude.reset_breaker(CHEN, "shop/Lamp/a") == "breaker_was_reset"
    assert await fail(room, "a") == ""


async def test_what_was_approved_before_it_opened_is_not_done_after(room):
    waiting = (await room.ask((SMASH, {"name": "a"}))).asked
    await room.say(waiting)
    for name in "bcdef":
        await fail(room, name)
    done = await room.carry_out(waiting)
    assert (done.state, (await room.gate.outcomes(waiting.id))[0].key) == (
        ApprovalState.FAILED,
        "breaker_open_everywhere",
    )


async def test_a_failure_backs_off_ever_longer(room):
    room.world.helps["a"] = [False]
    await room.do((SWITCH, {"name": "a"}))
    refused = (await room.ask((SWITCH, {"name": "a"}))).seen[0]
    assert (refused.key, refused.values["seconds"]) == ("refused_back_off", 60)
    room.clock += timedelta(seconds=60)
    await room.do((SWITCH, {"name": "a"}))
    assert (await room.ask((SWITCH, {"name": "a"}))).seen[0].values["seconds"] == 120


async def test_the_same_twice_is_refused_while_it_waits(room):
    assert (await room.ask((SWITCH, {"name": "a"}))).asked
    assert (await room.ask((SWITCH, {"name": "a"}))).seen[0].key == "refused_duplicate"
    room.clock += timedelta(minutes=16)
    assert (await room.ask((SWITCH, {"name": "a"}))).asked


async def test_a_target_that_is_being_changed_is_busy(room):
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(asked)
    assert (await room.ask((SMASH, {"name": "a"}))).seen[0].key == "refused_busy"


async def test_the_bot_by_itself_does_not_repeat_what_did_not_help_nor_repair_again_at_once(room):
    await fail(room, "a")
    assert (await room.ask((SWITCH, {"name": "a"}), who=BOT)).seen[0].key == "refused_ineffective"
    assert (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.do((SWITCH, {"name": "b"}))
    room.world.lit["b"] = None
    assert (await room.ask((SWITCH, {"name": "b"}), who=BOT)).seen[0].key == "refused_moments_ago"
    room.clock += timedelta(minutes=5)
    assert (await room.ask((SWITCH, {"name": "b"}), who=BOT)).asked


async def test_what_did_not_help_against_a_finding_is_not_tried_again_in_other_words(room):
    plan = Plan("May I?", (Step(SWITCH, {"name": "a"}),), finding="oom_killed")
    room.world.helps["a"] = [False]
    asked = (await room.gate.take(plan, room.case(), room._unseen)).asked
    await room.say(asked)
    await room.carry_out(asked)
    room.clock += timedelta(minutes=10)
    again = await room.gate.take(plan, room.case(BOT), room._unseen)
    assert again.seen[0].key == "refused_ineffective"
    other = replace(plan, finding="disk_full", steps=(Step(SWITCH, {"name": "b"}),))
    assert (await room.gate.take(other, room.case(BOT), room._unseen)).asked


async def test_what_another_system_manages_is_left_to_it_unless_a_person_asks(room):
    room.world.owner = Owner("argocd", "shop")
    assert (await room.ask((SWITCH, {"name": "a"}), who=BOT)).seen[0].key == "refused_owner"
    assert (await room.ask((SWITCH, {"name": "a"}))).asked


def trusting(**entry):
    file = yaml.safe_load(DEFAULT.read_text())
    entry = {"name": "lamps", "actions": ["lamps.*"], "namespaces": ["shop"], "per_hour": 2} | entry
    file["automatic"] = [entry]
    file["breaker"]["moments"] = "1s"
    return Policy(PolicyFile.model_validate(file))


async def by_itself(room, lamp, action=SWITCH):
    taken = await room.ask((action, {"name": lamp}), who=BOT)
    if taken.asked and taken.asked.state is ApprovalState.APPROVED:
        await room.carry_out(taken.asked)
    return taken.asked.state if taken.asked else taken.seen[0].key


async def test_listed_and_within_its_budget_nobody_is_asked(tmp_path):
    room = await Room(tmp_path, policy=trusting()).open()
    assert [await by_itself(room, name) for name in "abc"] == [
        ApprovalState.APPROVED,
        ApprovalState.APPROVED,
        ApprovalState.PENDING,
    ]
    assert room.world.done == ["a", "b"]
    assert await by_itself(room, "d", SMASH) is ApprovalState.PENDING
    assert (await room.ask((SWITCH, {"name": "e"}), who=LIN)).asked.state is ApprovalState.PENDING
    await room.database.close()


@pytest.mark.slow
async def test_earned_only_by_its_record_and_lost_by_one_failure(tmp_path):
    room = await Room(tmp_path, policy=trusting(earned=True, per_hour=100)).open()
    for number in range(20):
        assert await by_itself(room, f"x{number}") is ApprovalState.PENDING
        await room.do((SWITCH, {"name": f"l{number}"}))
    taken = await room.ask((SWITCH, {"name": "ready"}), who=BOT)
    assert taken.asked.state is ApprovalState.APPROVED
    assert "20/20 verified" in taken.asked.automatic
    room.world.helps["ready"] = [False]
    assert (await room.carry_out(taken.asked)).state is ApprovalState.UNDONE
    assert await by_itself(room, "next") is ApprovalState.PENDING
    ((standing, earned),) = await room.gate.latitude.standings()
    assert (standing.runs, standing.verified, earned) == (21, 20, False)
    await room.database.close()


@pytest.mark.slow
async def test_leave_is_earned_for_one_finding_and_not_for_another(tmp_path):
    room = await Room(tmp_path, policy=trusting(earned=True, per_hour=100)).open()

    async def mended(lamp, finding, who):
        plan = Plan("May I?", (Step(SWITCH, {"name": lamp}),), finding=finding)
        return (await room.gate.take(plan, room.case(who), room._unseen)).asked

    for number in range(20):
        asked = await mended(f"l{number}", "oom_killed", LIN)
        await room.say(asked)
        await room.carry_out(asked)
    assert (await mended("x", "disk_full", BOT)).state is ApprovalState.PENDING
    earned = await mended("y", "oom_killed", BOT)
    assert earned.state is ApprovalState.APPROVED
    assert "for oom_killed: 20/20 verified" in earned.automatic
    assert [each.result for each in earned.past] == ["verified"] * 5
    await room.database.close()


@pytest.mark.parametrize(
    ("people", "action", "verdict"),
    [
        ("same", SWITCH, "right"),
        ("nothing", SWITCH, "wrong"),
        ("nothing", SMASH, "harmful"),
        ("other", SWITCH, "wrong"),
    ],
)
async def test_a_shadow_is_weighed_by_what_people_did_instead(tmp_path, people, action, verdict):
    file = yaml.safe_load(DEFAULT.read_text()) | {"shadow": ["shop"]}
    room = await Room(tmp_path, policy=Policy(PolicyFile.model_validate(file))).open()
    asked = (await room.ask((action, {"name": "a"}))).asked
    room.world.helps["a"] = [people == "same"]
    if people == "other":
        room.world.generation["a"] = 2
    assert await room.gate.latitude.weigh() == 0
    room.clock += timedelta(hours=1)
    assert [await room.gate.latitude.weigh() for _ in range(2)] == [1, 0]
    (shadow,) = await room.gate.latitude.shadowed()
    assert (shadow.verdict, shadow.approval_id, room.world.done) == (verdict, asked.id, [])
    assert '"did":"shadow weighed"' in room.ledger_path.read_text()
    for language in ("en", "zh"):
        card = autonomy_card(await room.gate.latitude.standings(), await room.gate.latitude.shadowed(), Words(language))
        assert Words(language)(f"shadow_{verdict}") in str(card)
    await room.database.close()


async def test_a_shadow_of_an_incident_waits_for_its_end(tmp_path):
    file = yaml.safe_load(DEFAULT.read_text()) | {"shadow": ["shop"]}
    room = await Room(tmp_path, policy=Policy(PolicyFile.model_validate(file))).open()
    await room.ask((SWITCH, {"name": "a"}), who=BOT)
    room.clock += timedelta(hours=5)
    assert await room.gate.latitude.weigh() == 0
    assert await room.gate.latitude.weigh("web:::another") == 0
    assert await room.gate.latitude.weigh(THREAD.key) == 1
    await room.database.close()


async def test_in_shadow_nothing_is_done_and_the_plan_is_written_down(tmp_path):
    file = yaml.safe_load(DEFAULT.read_text()) | {"shadow": ["shop"]}
    room = await Room(tmp_path, policy=Policy(PolicyFile.model_validate(file))).open()
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    assert asked.state is ApprovalState.SHADOW
    assert (await room.say(asked)).counted is False
    assert await room.carry_out(asked) is None
    assert room.world.done == []
    assert '"did":"shadow"' in room.ledger_path.read_text()
    await room.database.close()


@pytest.mark.parametrize(
    "key", ["breaker_open", "breaker_half_open", "refused_busy", "refused_duplicate", "refused_owner"]
)
def test_every_reason_has_its_sentence(key):
    assert Words("en").knows(key)
    assert Words("zh").knows(key)
