"""Each change of the rules stands in the ledger before anything is changed by the new ones."""

import shutil

import pytest
import yaml

from bot.act.ledger.reading import records
from bot.act.policy import DEFAULT, Policy
from bot.act.posted import Posted
from bot.act.repairs import Repairs
from bot.act.rulebook import Rulebook
from bot.domain.plan import Step
from bot.errors import StoreDown
from skills import Clock
from tests.act.lamps import LOOK, NOON, SWITCH, Room


@pytest.fixture
async def room(tmp_path):
    shutil.copy(DEFAULT, tmp_path / "policy.yaml")
    made = await Room(tmp_path, policy=Policy.read(tmp_path / "policy.yaml")).open()
    yield made
    await made.database.close()


def changes(room):
    return [each for _, each in records(room.ledger_path) if each.did == "policy"]


def book(room):
    return Rulebook(room.policy, Repairs(room.database), room.ledger, room.now)


def rewrite(room, **changed):
    path = room.ledger_path.with_name("policy.yaml")
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changed))


async def test_a_changed_file_is_written_down_before_the_next_change_is_begun(room):
    await room.do((SWITCH, {"name": "a"}))
    rewrite(room, protected=["kube-*"])
    await room.do((SWITCH, {"name": "b"}))
    told = [each for _, each in records(room.ledger_path) if each.did in {"policy", "intent"}]
    assert [each.did for each in told] == ["policy", "intent", "policy", "intent"]
    first, second = changes(room)
    assert (first.facts["old"], second.facts["old"]) == ("none", first.facts["new"])
    assert second.facts["new"] != first.facts["new"]
    assert second.outcome == f"{first.facts['new']} → {second.facts['new']}"
    assert (second.to, second.who.partition(":")[0]) == (str(room.ledger_path.with_name("policy.yaml")), "file")


async def test_each_intent_says_under_which_rules_it_runs(room):
    await room.do((SWITCH, {"name": "a"}))
    rewrite(room, protected=["kube-*"])
    await room.do((SWITCH, {"name": "b"}))
    told = [each for _, each in records(room.ledger_path) if each.did in {"policy", "intent", "undo intent", "result"}]
    rules = [each.facts["new"] for each in told if each.did == "policy"]
    assert [each.facts["policy"] for each in told if each.did.endswith("intent")] == rules
    assert rules[-1] == room.policy.digest
    assert not [each for each in told if each.did == "result" and "policy" in each.facts]


async def test_what_means_the_same_is_no_change_and_a_restart_is_none(room):
    await book(room).look()
    path = room.ledger_path.with_name("policy.yaml")
    path.write_text(f"# the same in other words\n{yaml.safe_dump(yaml.safe_load(path.read_text()))}")
    await book(room).look()
    assert len(changes(room)) == 1


async def test_a_change_made_while_nobody_was_on_duty_is_seen_at_the_start(room):
    await book(room).look()
    rewrite(room, shadow=["shop"])
    room.policy = Policy.read(room.ledger_path.with_name("policy.yaml"))
    await book(room).look()
    assert [each.facts["old"] for each in changes(room)] == ["none", changes(room)[0].facts["new"]]


async def test_a_broken_file_is_told_with_the_reason_once_and_so_is_its_mending(room):
    await book(room).look()
    rewrite(room, surprise=1)
    for _ in range(3):
        await book(room).look()
    broken = changes(room)[-1]
    assert (len(changes(room)), broken.facts["new"]) == (2, "broken")
    assert "surprise" in broken.outcome
    path = room.ledger_path.with_name("policy.yaml")
    shutil.copy(DEFAULT, path)
    await book(room).look()
    assert changes(room)[-1].facts == {"old": "broken", "new": changes(room)[0].facts["new"]}


async def test_no_change_runs_by_rules_that_cannot_be_written_down_and_looks_go_on(room, tmp_path):
    await book(room).look()
    rewrite(room, protected=["kube-*"])
    room.ledger_path.rename(tmp_path / "away")
    room.ledger_path.mkdir()
    with pytest.raises(StoreDown):
        await room.ask((SWITCH, {"name": "a"}))
    assert room.world.done == []
    judged = await room.gate._asking.judge(room.gate._asking.whole(Step(LOOK, {"name": "a"})), room.case().asked_by)
    assert judged.verdict.value == "run"


async def test_two_replicas_whose_files_arrive_one_after_the_other_tell_it_once(room, tmp_path):
    late = tmp_path / "late.yaml"
    shutil.copy(DEFAULT, late)
    other = Rulebook(Policy.read(late), Repairs(room.database), room.ledger, room.now)
    mine = book(room)
    await mine.look()
    await other.look()
    rewrite(room, protected=["kube-*"])
    await mine.look()
    await other.look()
    shutil.copy(tmp_path / "policy.yaml", late)
    await other.look()
    assert len(changes(room)) == 2


async def test_a_resource_names_who_wrote_its_rules(room):
    rules = yaml.safe_load(DEFAULT.read_text())
    wrote = [
        {"manager": "kubectl-create", "time": "2026-11-01T00:00:00Z", "fieldsV1": {"f:spec": {}}},
        {"manager": "kubectl-edit", "time": "2026-11-23T00:00:00Z", "fieldsV1": {"f:spec": {"f:rules": {}}}},
        {"manager": "dutybot-operator", "time": "2026-11-24T00:00:00Z", "fieldsV1": {"f:status": {}}},
    ]

    class Wire:
        async def find(self, kind, namespace, name, authors):
            return {"metadata": {"managedFields": wrote if authors else []}, "spec": rules}

    posted = Posted(Wire(), "oncall/rules", Clock(lambda: NOON))
    await posted.read()
    room.policy = posted.policy
    await book(room).look()
    (told,) = changes(room)
    assert (told.who, told.to) == ("kubernetes:kubectl-edit", "ApprovalPolicy oncall/rules")
