"""A small world to act on: lamps whose far end is a mapping, and a gate over them with a clock that sleeping moves."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from bot.act.executor import Executor
from bot.act.gate import Gate
from bot.act.ledger.file import FileLedger
from bot.act.policy import Policy
from bot.act.store import ApprovalStore
from bot.database import Database
from bot.domain.case import Case
from bot.domain.message import Decision, Person, Thread
from bot.domain.plan import Plan, Step
from skills import Catalogue, Conflict, Evidence, Risk, Skill, Unreachable, Unsure, action
from skills.change import Owner, Preview, Snapshot, Target, Verification

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
THREAD = Thread("web", "t1")
LIN, CHEN = Person("asker", "Lin"), Person("approver", "Chen")


class Killed(BaseException):
    """The process is no more."""


@dataclass
class World:
    """What is, what was done, and what shall happen next."""

    lit: dict = field(default_factory=dict)
    generation: dict = field(default_factory=dict)
    done: list = field(default_factory=list)
    undone: list = field(default_factory=list)
    looked: list = field(default_factory=list)
    helps: dict = field(default_factory=dict)
    """By lamp: the answers that verifying gives, the last one for good; True when absent."""
    kill: str = ""
    """`before run`, `after run`, `verify`, `before undo`, `after undo`: die there, once."""
    lost: str = ""
    """`unmade`, `made`: the answer to the next change is lost, before or after it was made."""
    pods: tuple = ()
    nodes: tuple = ()
    fraction: float | None = None
    owner: Owner | None = None
    labels: dict = field(default_factory=dict)

    def die(self, where):
        if self.kill == where:
            self.kill = ""
            raise Killed(where)


class Lamp:
    """A change that behaves as the world says."""

    def __init__(self, world, name, namespace, on=True):
        self.world, self.name, self.namespace, self.on = world, name, namespace, on

    @property
    def target(self):
        return Target("Lamp", self.name, self.namespace)

    async def preview(self):
        world = self.world
        return Preview(("on: changes",), world.pods, world.fraction, world.nodes, owner=world.owner)

    async def observe(self):
        return Snapshot(
            f"uid-{self.name}",
            "1",
            self.world.generation.get(self.name, 1),
            {"on": self.world.lit.get(self.name)},
            self.world.labels.get(self.name, {}),
        )

    async def run(self, snapshot):
        self.world.die("before run")
        if snapshot != await self.observe():
            if self.world.generation.get(self.name, 1) == snapshot.generation and self.name in self.world.done:
                return Evidence(f"{self.name} is on (it already was)", "PATCH")
            raise Conflict("changed_since", kind="Lamp", name=self.name)
        lost, self.world.lost = self.world.lost, ""
        if lost != "unmade":
            self.world.done.append(self.name)
            self.world.lit[self.name] = self.on
        self.world.die("after run")
        if lost:
            raise Unsure("unsure", system="Lamps", url="http://lamps", why="the connection broke")
        return Evidence(f"{self.name} is on", f"PATCH lamps/{self.name}")

    async def verify(self, snapshot):
        self.world.die("verify")
        answers = self.world.helps.get(self.name, [True])
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        if now == "unreachable":
            raise Unreachable("unreachable", system="Lamps", url="http://lamps", why="no answer")
        if now == "waiting":
            return Verification(False, None, "still warming up")
        return Verification(True, now, "it shines" if now else "it is dark")

    async def undo(self, snapshot):
        self.world.die("before undo")
        if self.world.lit.get(self.name) != snapshot.before["on"]:
            self.world.undone.append(self.name)
            self.world.lit[self.name] = snapshot.before["on"]
        self.world.die("after undo")
        return Evidence(f"{self.name} is as it was", f"PATCH lamps/{self.name}")


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
        self.world.looked.append(name)
        return Evidence(f"{name} is off", f"GET lamps/{name}")

    @action(risk=Risk.CHANGE, needs=("lamps:patch",), undo="as it was before", verify="it is on", settles_in=60)
    def switch_on(self, name: str, namespace: str = "shop") -> Lamp:
        """Switch a lamp on.

        Args:
            name: Which.
            namespace: Where.
        """
        return Lamp(self.world, name, namespace)

    @action(risk=Risk.DESTROY, needs=("lamps:delete",), verify="it is gone", settles_in=60)
    def smash(self, name: str, namespace: str = "shop") -> Lamp:
        """Smash a lamp.

        Args:
            name: Which.
            namespace: Where.
        """
        return Lamp(self.world, name, namespace, on=False)


LOOK, SWITCH, SMASH = "lamps.look", "lamps.switch_on", "lamps.smash"
Lamps.__module__ = "skills.lamps"


class Room:
    """A database, a ledger, a clock, and as many replicas of the gate as one likes."""

    def __init__(self, folder, url="", policy=None):
        self.world = World()
        self.clock = NOON
        self.by_the_wall = False
        self.ids = count(1)
        self.ledger_path = folder / "audit.jsonl"
        self.database = Database(url or f"sqlite:///{folder}/bot.sqlite")
        self.catalogue = Catalogue([Lamps(self.world)])
        self.ledger = FileLedger(self.ledger_path)
        self.policy = policy or Policy.read()
        self.told = []

    async def open(self):
        await self.database.open()
        self.gate = self.replica()
        return self

    def now(self):
        return self.clock

    async def sleep(self, seconds):
        if self.by_the_wall:
            await asyncio.sleep(seconds / 100)
        else:
            self.clock += timedelta(seconds=seconds)

    def replica(self):
        executor = Executor(self.catalogue, self.ledger, self.now, rules=lambda: self.policy.digest)
        store = ApprovalStore(self.database)
        new_id = lambda: f"a{next(self.ids)}"  # noqa: E731
        return Gate(self.catalogue, self.policy, executor, store, self.ledger, self.now, new_id, self.sleep)

    async def ask(self, *steps, who=LIN, gate=None, thread=THREAD):
        plan = Plan("May I?", tuple(Step(name, arguments) for name, arguments in steps), title="lamps")
        return await (gate or self.gate).take(plan, self.case(who, thread), self._unseen)

    @staticmethod
    def case(who=LIN, thread=THREAD):
        return Case("c1", thread, who, "please")

    async def say(self, approval, person=CHEN, granted=True, gate=None, **changes):
        word = Decision("k1", THREAD, approval.id, approval.digest, person, granted, self.clock)
        return await (gate or self.gate).settle(replace(word, **changes))

    async def carry_out(self, approval, gate=None):
        async def watch(place, course):
            self.told.append((place, course))

        return await (gate or self.gate).carry_out(approval.id, watch)

    async def do(self, *steps):
        asked = (await self.ask(*steps)).asked
        await self.say(asked)
        return await self.carry_out(asked)

    @staticmethod
    async def _unseen(place, outcome):
        """Nobody watches."""
