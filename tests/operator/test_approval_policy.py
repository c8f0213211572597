"""The rules as a custom resource: read, watched, broken, gone; and its definition is the one of the file."""

from pathlib import Path

import yaml

from bot.act.policy import DEFAULT
from bot.act.posted import Posted
from bot.domain.approval import Verdict
from bot.operator.approval_policy import resource_definition, status_of
from skills import Clock, Unreachable
from skills.change import Target
from tests.act.lamps import LIN, NOON, SWITCH, Room

CRD = Path(__file__).parents[2] / "helm/crds/approvalpolicy.yaml"
RULES = yaml.safe_load(DEFAULT.read_text())


class Wire:
    """An API server that holds one thing, or none, or is away."""

    thing = None
    away = False

    async def find(self, kind, namespace, name, authors):
        assert (kind.plural, namespace, name) == ("approvalpolicies", "oncall", "rules")
        if self.away:
            raise Unreachable("unreachable", system="Kubernetes", url="https://k", why="no answer")
        return self.thing


async def test_it_holds_as_soon_as_it_is_read_and_nothing_runs_while_it_is_broken_or_gone(tmp_path):
    room = await Room(tmp_path).open()
    wire, times = Wire(), [NOON]
    posted = Posted(wire, "oncall/rules", Clock(lambda: times[0]))

    async def verdict():
        await posted.read()
        return posted.policy.judge(room.catalogue[SWITCH], Target("Lamp", "a", "shop"), LIN, NOON).verdict

    assert posted.policy.broken
    assert await verdict() is Verdict.REFUSE
    wire.thing = {"spec": RULES}
    assert await verdict() is Verdict.ASK
    wire.thing = {"spec": RULES | {"surprise": 1}}
    assert await verdict() is Verdict.REFUSE
    assert "surprise" in posted.policy.broken
    wire.thing = {"spec": RULES}
    assert await verdict() is Verdict.ASK
    wire.away = True
    assert await verdict() is Verdict.ASK, "the server may be silent for a moment"
    times[0] = NOON.replace(hour=13)
    assert await verdict() is Verdict.REFUSE
    wire.away, wire.thing = False, None
    assert await verdict() is Verdict.REFUSE
    assert "there is no ApprovalPolicy" in posted.policy.broken
    await room.database.close()


def test_its_status_says_whether_it_holds():
    assert status_of(RULES)["valid"] is True
    told = status_of(RULES | {"version": 2})
    assert (told["valid"], told["conditions"][0]["status"]) == (False, "False")
    assert "version" in told["why"]
    assert "calendar" in status_of(RULES | {"calendar": "x.yaml"})["why"]


def test_its_definition_is_made_from_the_policy_file():
    assert yaml.safe_load(CRD.read_text()) == resource_definition()
