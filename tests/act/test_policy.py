"""Who may do what: the rules, the roles, freezes, limits, protected namespaces, and a file that breaks."""

import itertools
import json
from dataclasses import replace
from datetime import datetime, timedelta

import jsonschema
import pytest
import yaml

from bot.act.explain import explained
from bot.act.policy import DEFAULT, Policy
from bot.act.rules import Freeze, Limits, PolicyFile, schema
from bot.domain.approval import ApprovalState, Verdict
from bot.domain.message import Person
from bot.errors import BadInput
from skills.change import Preview, Target
from tests.act.lamps import CHEN, LOOK, NOON, SMASH, SWITCH, Room
from tests.servers.fixtures import QUICK

RULES = """
version: 1
roles:
  dev: ["web::dev", "slack:T1:UDEV"]
  lead: ["web::lead", "slack:T1:ULEAD"]
  owner: ["web::owner", "feishu:tenant:ou_owner"]
protected: [kube-*]
rules:
  - {name: look, risk: [read], verdict: run}
  - {name: never, namespaces: [vault], verdict: refuse}
  - {name: prod, namespaces: [prod], risk: [change], ask: [dev, lead], verdict: ask, approve: [lead, owner], quorum: 2}
  - {name: prod-destroy, namespaces: [prod], risk: [destroy], ask: [lead], verdict: ask, approve: [owner]}
  - {name: own, namespaces: [sandbox], ask: [dev], verdict: ask, approve: [dev], self_approval: true}
  - {name: rest, namespaces: [shop], ask: [dev], verdict: ask, approve: [lead]}
"""


def written(folder, text=RULES, **more):
    path = folder / "policy.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(text) | more, sort_keys=False))
    return path


@pytest.fixture
async def ruled(tmp_path):
    room = await Room(tmp_path, policy=Policy.read(written(tmp_path))).open()
    yield room
    await room.database.close()


def test_who_reads_which_labels_of_the_library(tmp_path):
    policy = Policy.read(written(tmp_path, reads={"lead": ["jira:OPS:*", "sre"], "oncall": ["payroll"]}))
    assert policy.reads(Person("lead", "Lead")) == {"jira:OPS:*", "sre"}
    assert policy.reads(Person("dev", "Dev", roles=frozenset({"oncall"}))) == {"payroll"}
    assert policy.reads(Person("nobody", "N")) == set()


def test_the_schema_beside_the_file_is_the_one_that_is_made():
    assert json.loads((DEFAULT.parent / "policy.schema.json").read_text()) == json.loads(json.dumps(schema()))


def test_what_comes_with_dutybot_is_right_by_its_own_schema():
    jsonschema.validate(yaml.safe_load(DEFAULT.read_text()), schema())


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"rules": []},
        {"rules": [{"name": "x", "verdict": "ask"}]},
        {"rules": [{"name": "x", "verdict": "run"}]},
        {"rules": [{"name": "x", "risk": ["change"], "verdict": "run"}]},
        {"surprise": 1},
        {"freezes": [{"name": "x", "cron": "every day"}]},
        {"freezes": [{"name": "x", "cron": "0 0 * * *", "zone": "Mars"}]},
        {"break_glass": {"roles": ["x"], "lasts": "long"}},
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_sentence(tmp_path, wrong):
    with pytest.raises(BadInput) as told:
        Policy.read(written(tmp_path, **wrong))
    assert told.value.values["why"]


PEOPLE = {
    "dev": Person("dev", "d"),
    "lead": Person("lead", "l"),
    "owner": Person("owner", "o"),
    "slack dev": Person("UDEV", "d", "slack", "T1"),
    "slack lead": Person("ULEAD", "l", "slack", "T1"),
    "feishu owner": Person("ou_owner", "o", "feishu", "tenant"),
    "another workspace": Person("ULEAD", "l", "slack", "T2"),
    "another tenant": Person("ou_owner", "o", "feishu", "other"),
    "forged name": Person("guest", "lead"),
    "forged id in another channel": Person("lead", "lead", "slack", "T1"),
    "forged key": Person("::lead", "x", "web"),
    "nobody": Person("", "", ""),
    "pattern": Person("*", "*", "*", "*"),
}
DEV, LEAD, OWNER = {"dev", "slack dev"}, {"lead", "slack lead"}, {"owner", "feishu owner"}
WHO = {
    ("prod", SWITCH): (DEV | LEAD, LEAD | OWNER, 2, False),
    ("prod", SMASH): (LEAD, OWNER, 1, False),
    ("sandbox", SWITCH): (DEV, DEV, 1, True),
    ("sandbox", SMASH): (DEV, DEV, 1, True),
    ("shop", SWITCH): (DEV, LEAD, 1, False),
    ("shop", SMASH): (DEV, LEAD, 1, False),
}
"""Written down apart from the code: namespace and action -> who may ask, who may approve, how many, themselves too."""
ASKS = list(
    itertools.product(PEOPLE, ("prod", "sandbox", "shop", "vault", "kube-system", "else"), (SWITCH, SMASH, LOOK))
)
PAIRS = list(itertools.product(PEOPLE, PEOPLE, WHO))


def test_the_matrix_is_large_enough():
    assert len(ASKS) + len(PAIRS) >= 500


async def test_who_may_ask(ruled):
    wrong = []
    for who, namespace, name in ASKS:
        action = ruled.catalogue[name]
        verdict = ruled.policy.judge(action, Target("Lamp", "a", namespace), PEOPLE[who], NOON).verdict
        may, *_ = WHO.get((namespace, name), (set(),))
        wanted = Verdict.RUN if name == LOOK else (Verdict.ASK if who in may else Verdict.REFUSE)
        if verdict is not wanted:
            wrong.append((who, namespace, name, verdict))
    assert wrong == []


async def test_who_may_approve_what_whom_asked_for(ruled):
    wrong = []
    for number, (asker, approver, (namespace, name)) in enumerate(PAIRS[:: 5 if QUICK else 1]):
        may_ask, may_approve, quorum, themselves = WHO[namespace, name]
        lamp = {"name": f"l{number}", "namespace": namespace}
        taken = await ruled.ask((name, lamp), who=PEOPLE[asker])
        if taken.asked is None:
            if asker in may_ask:
                wrong.append((asker, "could not ask", namespace, name, taken.seen))
            continue
        settled = await ruled.say(taken.asked, PEOPLE[approver])
        counts = approver in may_approve and (themselves or asker != approver)
        if settled.counted != counts:
            wrong.append((asker, approver, namespace, name, settled.key))
        approved = (await ruled.gate.approval(taken.asked.id)).state is ApprovalState.APPROVED
        if approved != (counts and quorum == 1):
            wrong.append((asker, approver, "approved", approved))
    assert wrong == []


async def test_n_of_m_takes_n_different_people(ruled):
    dev, lead, owner = PEOPLE["dev"], PEOPLE["lead"], PEOPLE["owner"]
    asked = (await ruled.ask((SWITCH, {"name": "a", "namespace": "prod"}), who=dev)).asked
    assert (await ruled.say(asked, lead)).approval.state is ApprovalState.PENDING
    assert (await ruled.say(asked, lead, key="again")).key == "approval_voted"
    assert (await ruled.say(asked, owner)).approval.state is ApprovalState.APPROVED


async def test_leave_is_gone_when_the_approver_has_lost_the_role(tmp_path):
    path = written(tmp_path)
    room = await Room(tmp_path, policy=Policy.read(path)).open()
    asked = (await room.ask((SWITCH, {"name": "a"}), who=PEOPLE["dev"])).asked
    await room.say(asked, PEOPLE["lead"])
    path.write_text(path.read_text().replace("web::lead", "web::somebody-else"))
    done = await room.carry_out(asked)
    assert (done.state, room.world.done) == (ApprovalState.FAILED, [])
    assert (await room.gate.outcomes(asked.id))[0].key == "refused_leave_gone"
    await room.database.close()


async def test_a_file_that_breaks_lets_nothing_run_and_says_so_until_it_is_mended(tmp_path):
    path = written(tmp_path)
    room = await Room(tmp_path, policy=Policy.read(path)).open()
    asked = (await room.ask((SWITCH, {"name": "a"}), who=PEOPLE["dev"])).asked
    right = path.read_text()
    path.write_text("rules: [")
    for name in (SWITCH, LOOK):
        (refused,) = (await room.ask((name, {"name": "b"}), who=PEOPLE["dev"])).seen
        assert refused.key == "refused_policy_broken"
    assert (await room.say(asked, PEOPLE["lead"])).counted is False
    assert (room.world.done, room.world.looked) == ([], [])
    path.write_text(right + "\n")
    assert (await room.say(asked, PEOPLE["lead"])).counted
    path.unlink()
    assert (await room.carry_out(asked)).state is ApprovalState.FAILED
    assert room.world.done == []
    await room.database.close()


@pytest.mark.parametrize(
    ("freeze", "at", "frozen"),
    [
        ({"cron": "0 18 * * 5", "lasts": "62h", "zone": "Asia/Shanghai"}, "2026-11-27T09:59:59+00:00", False),
        ({"cron": "0 18 * * 5", "lasts": "62h", "zone": "Asia/Shanghai"}, "2026-11-27T10:00:00+00:00", True),
        ({"cron": "0 18 * * 5", "lasts": "62h", "zone": "Asia/Shanghai"}, "2026-11-29T23:59:59+00:00", True),
        ({"cron": "0 18 * * 5", "lasts": "62h", "zone": "Asia/Shanghai"}, "2026-11-30T00:00:00+00:00", False),
        ({"start": "2026-11-11T00:00:00+08:00", "end": "2026-11-12T00:00:00+08:00"}, "2026-11-10T16:00:00Z", True),
        ({"start": "2026-11-11T00:00:00+08:00", "end": "2026-11-12T00:00:00+08:00"}, "2026-11-11T16:00:00Z", False),
    ],
)
def test_freezes_begin_and_end_in_their_zone(freeze, at, frozen):
    assert Freeze(name="f", **freeze).on(datetime.fromisoformat(at)) is frozen


async def test_nothing_is_changed_in_a_freeze_not_even_what_was_approved_before_it(tmp_path):
    start = (NOON + timedelta(minutes=5)).isoformat()
    freeze = {"name": "sale", "start": start, "end": (NOON + timedelta(hours=5)).isoformat(), "namespaces": ["shop"]}
    (tmp_path / "calendar.yaml").write_text(yaml.safe_dump({"freezes": [freeze]}))
    room = await Room(tmp_path, policy=Policy.read(written(tmp_path, calendar="calendar.yaml"))).open()
    asked = (await room.ask((SWITCH, {"name": "a"}), who=PEOPLE["dev"])).asked
    await room.say(asked, PEOPLE["lead"])
    room.clock += timedelta(minutes=5)
    assert (await room.carry_out(asked)).state is ApprovalState.FAILED
    assert (await room.ask((SWITCH, {"name": "b"}), who=PEOPLE["dev"])).seen[0].key == "refused_frozen"
    assert (await room.ask((LOOK, {"name": "b"}), who=PEOPLE["dev"])).seen[0].summary == "b is off"
    assert room.world.done == []
    await room.database.close()


async def test_the_glass_passes_over_freezes_and_the_quorum_loudly_and_not_for_long(tmp_path):
    freeze = {"name": "always", "cron": "0 * * * *", "lasts": "1h"}
    path = written(tmp_path, freezes=[freeze], break_glass={"roles": ["lead"], "lasts": "30m"})
    room = await Room(tmp_path, policy=Policy.read(path)).open()
    lead, dev = PEOPLE["lead"], PEOPLE["dev"]
    lamp = (SWITCH, {"name": "a", "namespace": "prod"})
    assert (await room.ask(lamp, who=lead)).seen[0].key == "refused_frozen"
    assert await room.gate.latitude.break_glass(dev, "the shop burns, I must act", room_thread()) == "glass_may_not"
    assert await room.gate.latitude.break_glass(lead, "now", room_thread()) == "glass_no_reason"
    assert await room.gate.latitude.break_glass(lead, "the shop burns, I must act", room_thread()) == "glass_broken"
    assert (await room.ask(lamp, who=dev)).seen[0].key == "refused_frozen"
    asked = (await room.ask(lamp, who=lead)).asked
    assert (asked.quorum, asked.glass) == (1, "the shop burns, I must act")
    assert (await room.say(asked, lead)).key == "approval_own"
    await room.say(asked, PEOPLE["owner"])
    assert (await room.carry_out(asked)).state is ApprovalState.EXECUTED
    did = [json.loads(line)["record"] for line in room.ledger_path.read_text().splitlines()]
    assert any(each["did"] == "GLASS BROKEN" and "the shop burns" in each["outcome"] for each in did)
    room.clock += timedelta(minutes=31)
    assert (await room.ask((SWITCH, {"name": "c", "namespace": "prod"}), who=lead)).seen[0].key == "refused_frozen"
    protected = (SWITCH, {"name": "c", "namespace": "kube-system"})
    assert (await room.ask(protected, who=lead)).seen[0].key in {"refused_protected", "refused_no_rule"}
    await room.database.close()


def room_thread():
    from tests.act.lamps import THREAD

    return THREAD


@pytest.mark.parametrize(
    ("limit", "world", "key"),
    [
        ({"max_pods": 2}, {"pods": ("a", "b", "c")}, "refused_limit_pods"),
        ({"max_fraction": 0.5}, {"fraction": 0.51}, "refused_limit_fraction"),
        ({"max_nodes": 1}, {"nodes": ("n1", "n2")}, "refused_limit_nodes"),
        ({"per_hour": 0}, {}, "refused_limit_hour"),
    ],
)
async def test_more_than_the_limit_is_refused(tmp_path, limit, world, key):
    file = yaml.safe_load(RULES)
    file["rules"][-1]["limits"] = limit
    room = await Room(tmp_path, policy=Policy(PolicyFile.model_validate(file))).open()
    for name, value in world.items():
        setattr(room.world, name, value)
    assert (await room.ask((SWITCH, {"name": "a"}), who=PEOPLE["dev"])).seen[0].key == key
    await room.database.close()


async def test_a_scale_down_counts_by_the_pods_that_go(tmp_path):
    limits = Limits(max_pods=2)
    assert limits.exceeded(Preview(figures={"pods": 3.0})) == ("pods", 3.0, 2.0)
    assert limits.exceeded(Preview(pods=("a", "b", "c"), figures={"pods": 0.0})) is None


async def test_rules_go_by_the_labels_of_the_live_target(tmp_path):
    """A critical lamp takes two; what is not marked takes one; and the mark is read again before it is done."""
    file = yaml.safe_load(RULES)
    critical = {"name": "critical", "labels": {"tier": "crit*"}, "ask": ["dev"], "verdict": "ask"}
    file["rules"].insert(2, critical | {"approve": ["lead", "owner"], "quorum": 2})
    room = await Room(tmp_path, policy=Policy(PolicyFile.model_validate(file))).open()
    room.world.labels["a"] = {"tier": "critical"}
    asked = {name: (await room.ask((SWITCH, {"name": name}), who=PEOPLE["dev"])).asked for name in "abc"}
    assert {name: (each.rule, each.quorum) for name, each in asked.items()} == {
        "a": ("critical", 2),
        "b": ("rest", 1),
        "c": ("rest", 1),
    }
    for name in "bc":
        await room.say(asked[name], PEOPLE["lead"])
    room.world.labels["b"] = {"tier": "critical"}
    states = [(await room.carry_out(asked[name])).state for name in "bc"]
    assert states == [ApprovalState.FAILED, ApprovalState.EXECUTED]
    assert (await room.gate.outcomes(asked["b"].id))[0].key == "refused_leave_gone"
    told = explained(
        "web::dev kubernetes.rollout_restart shop/Deployment/x tier=critical", room.policy, ("kubernetes",)
    )
    assert any("rule    critical" in line for line in told)
    await room.database.close()


def test_who_is_called_are_the_approvers_named_by_id(tmp_path):
    assert Policy.read(written(tmp_path)).named_approvers == (
        "web::dev",
        "slack:T1:UDEV",
        "web::lead",
        "slack:T1:ULEAD",
        "web::owner",
        "feishu:tenant:ou_owner",
    )
    assert Policy.read().named_approvers == ()


async def test_the_hour_is_counted_also_for_what_was_approved_together(tmp_path):
    file = yaml.safe_load(RULES)
    file["rules"][-1]["limits"] = {"per_hour": 1}
    room = await Room(tmp_path, policy=Policy(PolicyFile.model_validate(file))).open()
    both = [(await room.ask((SWITCH, {"name": name}), who=PEOPLE["dev"])).asked for name in "ab"]
    for each in both:
        await room.say(each, PEOPLE["lead"])
    states = [(await room.carry_out(each)).state for each in both]
    assert states == [ApprovalState.EXECUTED, ApprovalState.FAILED]
    assert room.world.done == ["a"]
    room.clock += timedelta(hours=1, seconds=1)
    assert (await room.ask((SWITCH, {"name": "c"}), who=PEOPLE["dev"])).asked
    await room.database.close()


async def test_who_approves_a_plan_may_approve_each_of_its_steps(ruled):
    mixed = [(SWITCH, {"name": "a", "namespace": "shop"}), (SMASH, {"name": "b", "namespace": "prod"})]
    lead = replace(PEOPLE["lead"], roles=frozenset({"dev"}))
    assert (await ruled.ask(*mixed, who=lead)).seen[0].key == "refused_no_common_approver"


def test_explain_says_who_what_rule_and_verdict(tmp_path):
    told = explained("web::asker kubernetes.rollout_restart shop/Deployment/order", Policy.read(), ("kubernetes",))
    assert any("leave is asked for: 1 of approver" in line for line in told)
    told = explained("web::x kubernetes.rollout_restart kube-system/Deployment/dns", Policy.read(), ("kubernetes",))
    assert any("refused" in line for line in told)
    for wrong in ("asker", "x kubernetes.rollout_restart a/b", "web::a kubernetes.nothing a/b", "web::a list a"):
        with pytest.raises(BadInput):
            explained(wrong, Policy.read(), ("kubernetes",))


def test_roles_come_from_the_platform_or_the_file_and_never_from_a_name():
    policy = Policy.read()
    assert policy.roles(CHEN) == {"operator", "approver"}
    assert policy.roles(Person("x", "approver", "web")) == frozenset()
    assert "lead" in policy.roles(Person("U1", "x", "slack", "T1", roles=frozenset({"lead"})))
