"""The operator does what was approved and signed, once, and nothing else."""

import base64
from datetime import timedelta

import pytest
import yaml

from bot.act.hands import spec_of
from bot.act.signing import is_signed, new_pair, private_key, public_key, signed
from bot.errors import BadInput
from bot.operator.remediation import Remediator
from bot.operator.rights import of_actions, operator_role, rules, split
from skills import Catalogue, Clock, Unsure
from skills.kubernetes import Kubernetes
from skills.kubernetes.settings import KubernetesSettings
from tests.act.lamps import CHEN, LIN, SWITCH, Lamp, Room


@pytest.fixture
async def room(tmp_path):
    made = await Room(tmp_path).open()
    new_pair(tmp_path / "key.pem", tmp_path / "pub.pem")
    made.key, made.public = private_key(tmp_path / "key.pem"), public_key(tmp_path / "pub.pem")
    made.remediator = Remediator(made.catalogue, made.policy, made.public, made.now)
    yield made
    await made.database.close()


async def approved(room, lamp="a", who=LIN):
    asked = (await room.ask((SWITCH, {"name": lamp}), who=who)).asked
    return (await room.say(asked)).approval


async def spec(room, operation="run", **changes):
    made = spec_of(await approved(room), 0, operation, room.clock + timedelta(minutes=5))
    return signed(made | changes, room.key)


async def test_what_is_signed_is_done_and_what_has_ended_is_left(room):
    told = await room.remediator.take(await spec(room), {})
    assert (told["phase"], room.world.done) == ("Done", ["a"])
    assert told["conditions"][0]["status"] == "True"
    assert await room.remediator.take(await spec_again(room), told) == {}


async def test_what_has_grown_past_its_limits_is_not_done(room):
    made = await spec(room)
    room.world.pods = tuple(f"shop/p{number}" for number in range(51))
    told = await room.remediator.take(made, {})
    assert (told["phase"], room.world.done) == ("Refused", [])
    assert told["why"] == "it would hit 51 pods, and the rule changing allows 50"
    assert (await room.remediator.take(made, {"phase": "Running"}))["phase"] == "Done"


async def test_a_change_whose_answer_is_lost_is_looked_at(room, monkeypatch):
    """Made, and not answered: it is Done, and not Failed."""
    run, broken = Lamp.run, []

    async def lost(self, snapshot):
        told = await run(self, snapshot)
        if not broken:
            broken.append(1)
            raise Unsure("unsure", system="Lamps", url="http://lamps", why="the connection broke")
        return told

    monkeypatch.setattr(Lamp, "run", lost)
    monkeypatch.setattr("bot.act.unsure.PAUSES", (0.0, 0.0))
    told = await room.remediator.take(await spec(room), {})
    assert (told["phase"], room.world.done) == ("Done", ["a"])


async def test_a_change_that_was_lost_on_the_way_failed(room, monkeypatch):
    async def lost(self, snapshot):
        raise Unsure("unsure", system="Lamps", url="http://lamps", why="the connection broke")

    monkeypatch.setattr(Lamp, "run", lost)
    monkeypatch.setattr("bot.act.unsure.PAUSES", (0.0, 0.0))
    told = await room.remediator.take(await spec(room), {})
    assert (told["phase"], told["key"], room.world.done) == ("Failed", "not_done", [])


async def spec_again(room):
    return {}


async def test_every_byte_is_held_by_the_signature(room):
    whole = await spec(room)
    for name in whole:
        changed = dict(whole)
        changed[name] = {"x": 1} if isinstance(whole[name], dict) else [] if isinstance(whole[name], list) else "x"
        told = await room.remediator.take(changed, {})
        assert told["phase"] == "Refused", name
    other = base64.b64encode(b"x" * 64).decode()
    assert not is_signed(whole | {"signature": other}, room.public)
    assert room.world.done == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"action": "lamps.look"}, "not switched on"),
        ({"action": "kubectl.exec"}, "not switched on"),
        ({"approvedBy": []}, "0 of 1 approvals"),
        ({"automatic": "because"}, "without asking"),
        ({"arguments": {"name": "a", "namespace": "kube-system"}}, "refused_protected"),
        ({"arguments": {"name": "a", "force": True}}, "force"),
        ({"arguments": {"name": "b", "namespace": "shop"}}, "not what the digest"),
        ({"digest": "0" * 64}, "not what the digest"),
        ({"approval": "another"}, "not what the digest"),
        ({"place": 1}, "not what the digest"),
        ({"bound": "[]"}, "not what the digest"),
        ({"glass": "it burns"}, "not what the digest"),
        ({"snapshot": {"uid": "uid-b", "resource_version": "1", "generation": 1}}, "not what the digest"),
    ],
)
async def test_a_bot_that_was_taken_over_can_sign_but_not_pass_the_operators_own_policy(room, changes, why):
    told = await room.remediator.take(await spec(room, **changes), {})
    assert (told["phase"], room.world.done) == ("Refused", [])
    assert why in told["why"]


async def test_nobody_approves_their_own_here_either(room):
    made = spec_of(await approved(room), 0, "run", room.clock + timedelta(minutes=5))
    made["requestedBy"] = made["approvedBy"][0]
    assert (await room.remediator.take(signed(made, room.key), {}))["phase"] == "Refused"
    assert made["approvedBy"][0]["id"] == CHEN.id


async def test_too_late_is_refused_but_what_was_begun_is_ended(room):
    late = await spec(room)
    room.clock += timedelta(minutes=5)
    assert (await room.remediator.take(late, {}))["phase"] == "Refused"
    assert (await room.remediator.take(late, {"phase": "Running"}))["phase"] == "Done"


async def test_the_live_thing_has_changed_since(room):
    asked = await spec(room)
    room.world.generation["a"] = 2
    told = await room.remediator.take(asked, {})
    assert (told["phase"], told["key"], room.world.done) == ("Failed", "changed_since", [])


async def test_it_is_put_back(room):
    approval = await approved(room)
    until = room.clock + timedelta(minutes=5)
    await room.remediator.take(signed(spec_of(approval, 0, "run", until), room.key), {})
    assert room.world.lit["a"] is True
    undo = signed(spec_of(approval, 0, "undo", until), room.key)
    assert (await room.remediator.take(undo, {}))["phase"] == "Done"
    assert room.world.lit["a"] is None


def test_a_key_that_cannot_be_used_is_said(tmp_path):
    for load in (private_key, public_key):
        with pytest.raises(BadInput):
            load(tmp_path / "none.pem")
        with pytest.raises(BadInput):
            load(None)


ACTIONS = list(Catalogue([Kubernetes(KubernetesSettings(), Clock())]).values())


def test_rights_are_just_what_the_actions_declare():
    told = {
        (group, resource, verb)
        for rule in rules(of_actions(ACTIONS))
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    wanted = {(*split(need.rpartition(":")[0]), need.rpartition(":")[2]) for need in of_actions(ACTIONS)}
    assert told == wanted
    assert not any("*" in part for each in told for part in each)
    assert not {"secrets", "roles", "rolebindings", "clusterroles", "pods/exec"} & {each[1] for each in told}


def test_without_one_right_just_the_actions_that_declare_it_lack_it():
    for need in of_actions(ACTIONS):
        left = set(of_actions(ACTIONS)) - {need}
        broken = {each.name for each in ACTIONS if each.risk.name != "READ" and not set(each.needs) <= left}
        declared = {each.name for each in ACTIONS if each.risk.name != "READ" and need in each.needs}
        assert broken == declared
        assert declared


def test_the_role_is_yaml_that_kubectl_takes():
    assert yaml.safe_load(yaml.safe_dump(operator_role(ACTIONS)))["kind"] == "ClusterRole"


async def test_what_another_replica_has_begun_is_left_to_it(room):
    async def begun(_status):
        return False

    assert await room.remediator.take(await spec(room), {}, begun) == {}
    assert room.world.done == []


async def test_it_says_that_it_has_begun_before_it_does_anything(room):
    told = []

    async def begin(status):
        told.append((status["phase"], status["conditions"][0]["status"], list(room.world.done)))
        return True

    await room.remediator.take(await spec(room), {}, begin)
    assert told == [("Running", "Unknown", [])]
    assert room.world.done == ["a"]
