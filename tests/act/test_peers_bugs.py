"""Bugs that others had when letting a machine act, one test each."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.database import Database
from bot.domain.approval import ApprovalState, Refusal
from bot.domain.message import Person
from bot.errors import BadInput, StoreDown
from bot.talk.channels.web.events import Decided
from skills import Risk
from skills.kubernetes import Kubernetes
from tests.act.lamps import CHEN, LIN, LOOK, SMASH, SWITCH, THREAD, Room


async def test_an_argument_that_says_it_is_only_a_trial_does_not_make_a_change_a_look(room):
    """`--dry-run=none` counted as a dry run, so nobody was asked."""
    for wild in ({"dry_run": "none"}, {"dryRun": "All"}, {"name": "a --dry-run=none"}):
        taken = await room.ask((SWITCH, {"name": "a"} | wild))
        assert taken.asked is None or taken.asked.state is ApprovalState.PENDING
    assert room.world.done == []


def test_risk_is_declared_by_the_action_and_never_read_from_its_words():
    """`kubectl auth reconcile` counted as read-only by its name."""
    from skills import Catalogue, Clock
    from skills.kubernetes.settings import KubernetesSettings

    for action in Catalogue([Kubernetes(KubernetesSettings(), Clock())]).values():
        writes = {"create", "patch", "update", "delete", "deletecollection", "*", "escalate", "bind", "impersonate"}
        verbs = {need.rpartition(":")[2] for need in action.needs}
        assert bool(verbs & writes) == (action.risk is not Risk.READ), action.name
        assert "*" not in verbs


async def test_below_the_bar_means_not_done(room):
    """The threshold was not met, and then it was applied all the same."""
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    kept, version = await room.gate._store.load(asked.id)
    await room.gate._store.replace(replace(kept, quorum=2), version)
    assert (await room.say(kept)).key == "approval_changed"
    assert await room.carry_out(asked) is None
    assert room.world.done == []


async def test_what_is_run_is_what_was_shown(room):
    """The text that was scored was not the text that was applied."""
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(asked)
    kept, version = await room.gate._store.load(asked.id)
    other = replace(kept.steps[0], arguments={"name": "b", "namespace": "shop"})
    await room.gate._store.replace(replace(kept, steps=(other,)), version)
    with pytest.raises(BadInput):
        await room.carry_out(asked)
    assert room.world.done == []


def test_who_decides_is_never_read_from_the_body():
    """`decided_by` was taken from the request."""
    names = set(Decided.model_fields)
    assert not names & {"person", "who", "user", "decided_by", "approver", "roles"}
    with pytest.raises(ValueError, match="decided_by"):
        Decided.model_validate(
            {"key": "k" * 8, "thread": "t", "approval_id": "a", "digest": "d", "granted": True, "decided_by": "boss"}
        )


async def test_when_the_store_is_down_nothing_runs(tmp_path):
    """A policy that allowed when its store was down."""
    room = await Room(tmp_path).open()
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(asked)
    async with room.database.begin() as connection:
        await connection.execute(text("DROP TABLE repairs"))
    with pytest.raises(StoreDown):
        await room.carry_out(asked)
    with pytest.raises(StoreDown):
        await room.ask((SWITCH, {"name": "b"}))
    assert room.world.done == []
    await room.database.close()


async def test_when_the_ledger_is_down_nothing_runs(tmp_path):
    """What cannot be written down is not done."""
    room = await Room(tmp_path).open()
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(asked)
    room.ledger_path.unlink()
    room.ledger_path.mkdir()
    with pytest.raises(StoreDown):
        await room.carry_out(asked)
    assert room.world.done == []
    await room.database.close()


async def test_seeing_the_button_is_not_enough(room):
    """Anyone who saw the button could click it."""
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    for who in (LIN, Person("guest", "Chen"), Person("approver", "Chen", "slack"), Person("APPROVER", "Chen")):
        assert not (await room.say(asked, who)).counted
    assert (await room.gate.approval(asked.id)).state is ApprovalState.PENDING


async def test_after_a_restart_every_waiting_approval_can_still_be_given(tmp_path):
    """Every approval failed on resume."""
    room = await Room(tmp_path).open()
    asked = [(await room.ask((SWITCH, {"name": f"l{number}"}))).asked for number in range(5)]
    await room.database.close()
    again = await Room(tmp_path).open()
    for each in asked:
        assert (await again.say(each)).counted
        assert (await again.carry_out(each)).state is ApprovalState.EXECUTED
    assert len(again.world.done) == 5
    await again.database.close()


async def test_a_decision_outlives_the_process_that_heard_it(tmp_path):
    """It was kept in a cache, or in memory."""
    room = await Room(tmp_path).open()
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    assert (await room.say(asked)).counted
    await room.database.close()
    again = await Room(tmp_path).open()
    assert [each.id for each in await again.gate.allowed()] == [asked.id]
    assert (await again.say(asked)).key == "approval_approved"
    assert (await again.carry_out(asked)).state is ApprovalState.EXECUTED
    assert again.world.done == ["a"]
    await again.database.close()


async def test_an_old_button_is_good_for_nothing(room):
    """A stored click could be sent again for ever: its time was not looked at."""
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    room.clock = asked.expires_at
    assert (await room.say(asked, at=asked.asked_at)).key == "approval_expired"
    assert await room.carry_out(asked) is None
    assert room.world.done == []


async def test_the_first_click_counts(room):
    """A guard in memory swallowed it."""
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    assert (await room.say(asked, gate=room.replica())).counted


async def test_a_late_request_does_not_undo_the_next_repair(room):
    """A stale request undid the one after it."""
    room.world.helps["a"] = [False]
    first = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(first)
    assert (await room.carry_out(first)).state is ApprovalState.UNDONE
    room.clock += timedelta(minutes=10)
    room.world.helps["a"] = [True]
    second = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(second)
    await room.carry_out(second)
    assert await room.carry_out(first) is None
    assert room.world.lit["a"] is True


async def test_a_change_never_goes_through_the_door_for_looks(room):
    """A tool for reading that could write."""
    from bot.domain.plan import Step

    refused = await room.gate.look(Step(SMASH, {"name": "a"}), CHEN, THREAD)
    assert isinstance(refused, Refusal)
    assert (await room.gate.look(Step(LOOK, {"name": "a"}), CHEN, THREAD)).summary == "a is off"
    assert room.world.done == []


async def test_no_database_no_work(tmp_path):
    """An address where nothing answers."""
    with pytest.raises(StoreDown):
        await Database("postgresql://nobody@127.0.0.1:1/none").open()
