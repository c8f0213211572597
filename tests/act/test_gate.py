"""Nothing is done but through the gate: judged, asked for, settled once, done once, written down."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from bot.act.executor import Executor
from bot.act.gate import Gate
from bot.act.ledger.file import FileLedger
from bot.act.policy import Policy
from bot.act.store import ApprovalStore
from bot.database import Database
from bot.domain.approval import ApprovalState, Refusal
from bot.domain.case import Case
from bot.domain.message import Decision, Person, Thread
from bot.domain.plan import Plan, Step
from bot.errors import NotApproved
from skills import Catalogue, Evidence, Risk, Skill, action
from skills.change import Preview, Snapshot, Target, Verification

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
THREAD = Thread("web", "t1")
LIN, CHEN = Person("asker", "Lin"), Person("approver", "Chen")


class Lamp:
    """A change whose far end is a list."""

    def __init__(self, world, name):
        self.world, self.name = world, name

    @property
    def target(self):
        return Target("Lamp", self.name, "shop")

    async def preview(self):
        return Preview(diff=("on: false -> true",))

    async def observe(self):
        return Snapshot("uid-1", "1", self.world["generation"], {"on": False})

    async def run(self, snapshot):
        self.world["done"].append(self.name)
        return Evidence(f"{self.name} is on", f"PATCH lamps/{self.name}")

    async def verify(self, snapshot):
        return Verification(settled=True, better=True, why="on")

    async def undo(self, snapshot):
        return Evidence("off", "PATCH")


class Lamps(Skill):
    """Lamps."""

    def __init__(self, world):
        self.world = world

    @action(risk=Risk.READ)
    async def look(self, name: str = "x") -> Evidence:
        """Look at a lamp.

        Args:
            name: Which.
        """
        self.world["looked"].append(name)
        return Evidence(f"{name} is off", f"GET lamps/{name}")

    @action(risk=Risk.CHANGE, needs=("/lamps:patch",), undo="switch it off", verify="it is on")
    def switch_on(self, name: str) -> Lamp:
        """Switch a lamp on.

        Args:
            name: Which.
        """
        return Lamp(self.world, name)


@pytest.fixture
def world():
    return {"done": [], "looked": [], "generation": 1}


@pytest.fixture
async def gate(tmp_path, world):
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await database.open()
    catalogue = Catalogue([Lamps(world)])
    clock, ids = [NOON], count(1)
    ledger = FileLedger(tmp_path / "audit.jsonl")
    executor = Executor(catalogue, ledger, lambda: clock[0])

    def make():
        return Gate(
            catalogue,
            Policy.read(),
            executor,
            ApprovalStore(database),
            ledger,
            lambda: clock[0],
            lambda: f"a{next(ids)}",
        )

    made = make()
    made.make, made.clock, made.executor, made.ledger_path = make, clock, executor, tmp_path / "audit.jsonl"
    yield made
    await database.close()


def case(who=LIN):
    return Case("c1", THREAD, who, "please")


def plan(*steps):
    return Plan("May I?", tuple(Step(name, arguments) for name, arguments in steps), title="lamps")


def word(approval, person=CHEN, granted=True, **changes):
    return replace(Decision("k1", THREAD, approval.id, approval.digest, person, granted, NOON), **changes)


async def unseen(place, outcome):
    """Nobody watches."""


SWITCH = "test_gate.switch_on"
LOOK = "test_gate.look"


@pytest.fixture
async def names(gate):
    found = list(gate._catalogue)
    return next(n for n in found if n.endswith("look")), next(n for n in found if n.endswith("switch_on"))


async def test_looking_runs_and_a_change_waits_and_what_comes_after_it_waits_too(gate, world, names):
    look, switch = names
    taken = await gate.take(plan((look, {}), (switch, {"name": "a"}), (look, {"name": "after"})), case(), unseen)
    assert [each.summary for each in taken.seen] == ["x is off"]
    assert [step.action for step in taken.asked.steps] == [switch, look]
    assert (world["looked"], world["done"]) == (["x"], [])
    assert taken.asked.previews[0].diff == ("on: false -> true",)


async def test_approved_once_it_is_done_once_however_often_it_is_clicked_and_carried_out(gate, world, names):
    taken = await gate.take(plan((names[1], {"name": "a"})), case(), unseen)
    words = [word(taken.asked, key=f"k{number}") for number in range(10)]
    settled = await asyncio.gather(*(gate.make().settle(each) for each in words))
    assert sorted(each.counted for each in settled) == [False] * 9 + [True]
    assert {each.key for each in settled if not each.counted} == {"approval_approved"}
    for _ in range(3):
        await gate.make().carry_out(taken.asked.id, unseen)
    assert world["done"] == ["a"]
    assert (await gate.approval(taken.asked.id)).state is ApprovalState.EXECUTED


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"person": LIN}, "approval_may_not"),
        ({"person": Person("approver", "Chen", channel="slack")}, "approval_may_not"),
        ({"person": Person("guest", "approver")}, "approval_may_not"),
        ({"digest": "0" * 64}, "approval_changed"),
        ({"approval_id": "a99"}, "approval_unknown"),
    ],
)
async def test_a_word_that_does_not_count_is_told_why_and_does_nothing(gate, world, names, change, why):
    taken = await gate.take(plan((names[1], {"name": "a"})), case(), unseen)
    settled = await gate.settle(word(taken.asked, **change))
    assert (settled.counted, settled.key) == (False, why)
    assert await gate.carry_out(taken.asked.id, unseen) is None
    assert world["done"] == []


async def test_nobody_approves_what_they_asked_for(gate, world, names):
    taken = await gate.take(plan((names[1], {"name": "a"})), case(CHEN), unseen)
    assert (await gate.settle(word(taken.asked))).key == "approval_own"
    assert world["done"] == []


async def test_too_late_is_too_late(gate, world, names):
    taken = await gate.take(plan((names[1], {"name": "a"})), case(), unseen)
    gate.clock[0] = NOON + timedelta(minutes=15)
    assert (await gate.settle(word(taken.asked))).key == "approval_expired"
    assert [each.id for each in await gate.expire()] == [taken.asked.id]
    assert await gate.expire() == ()
    assert world["done"] == []


async def test_rejected_is_rejected(gate, world, names):
    taken = await gate.take(plan((names[1], {"name": "a"})), case(), unseen)
    assert (await gate.settle(word(taken.asked, granted=False, reason="not now"))).counted
    assert (await gate.settle(word(taken.asked, key="k2"))).key == "approval_rejected"
    assert await gate.carry_out(taken.asked.id, unseen) is None
    assert world["done"] == []


async def test_who_may_not_ask_is_refused_and_what_is_unknown_too(gate, world, names):
    guest = await gate.take(plan((names[1], {"name": "a"})), case(Person("guest", "Gast")), unseen)
    assert (guest.asked, guest.seen[0].key) == (None, "refused_may_not_ask")
    wild = await gate.take(plan(("kubectl.delete_everything", {})), case(), unseen)
    assert isinstance(wild.seen[0], Refusal)
    extra = await gate.take(plan((names[1], {"name": "a", "force": True})), case(), unseen)
    assert isinstance(extra.seen[0], Refusal)
    assert world["done"] == []


async def test_no_action_runs_without_leave_even_for_our_own_code(gate, world, names):
    taken = await gate.take(plan((names[1], {"name": "a"})), case(), unseen)
    with pytest.raises(NotApproved):
        await gate.executor.change(taken.asked, 0)
    with pytest.raises(NotApproved):
        await gate.executor.look(Step(names[1], {"name": "a"}), LIN, THREAD)
    assert world["done"] == []


async def test_all_of_it_is_written_down_and_chained(gate, names):
    taken = await gate.take(plan((names[1], {"name": "a"})), case(), unseen)
    await gate.settle(word(taken.asked))
    await gate.carry_out(taken.asked.id, unseen)
    lines = [json.loads(line) for line in gate.ledger_path.read_text().splitlines()]
    assert [line["record"]["did"] for line in lines] == ["policy", "asked", "decided", "intent", "result", "verified"]
    assert taken.asked.digest in lines[3]["record"]["leave"]
