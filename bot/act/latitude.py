"""What people widen or narrow for all that comes after: the breaker, the glass, earned leave, and shadow mode."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.act.asking import GLASS, Asking
from bot.act.autonomy import RECORD, Standing
from bot.act.breaker import TooSoon
from bot.act.shadows import Shadow, Weighed
from bot.domain.approval import Approval
from bot.domain.message import Person, Thread

SOON = timedelta(hours=1)
"""After so long what a person asked for, and shadow mode left undone, is weighed."""


@dataclass(frozen=True, slots=True)
class Latitude:
    """Beside the gate, and with the same rules and records."""

    asking: Asking
    now: Callable[[], datetime]
    note: Callable[..., Awaitable[None]]

    async def reset_breaker(self, person: Person, target: str) -> str:
        """An approver says that repairs may go on. Gives the wording key of what came of it."""
        policy = self.asking.policy
        if not policy.may_approve(person, tuple(policy.every_approver)):
            return "breaker_may_not"
        await self.note("breaker reset", person.key, target or "everywhere", "", "")
        await self.asking.breaker.reset(target, person.key, self.now())
        return "breaker_was_reset"

    async def paused(self, approval: Approval) -> TooSoon | None:
        """Why repairs of what this one was about are paused now; None: they are not."""
        targets = self.asking.targets(approval)
        return await self.asking.breaker.stops(sorted(targets), self.now(), self.asking.policy.breaker)

    async def break_glass(self, person: Person, reason: str, thread: Thread) -> str:
        """An emergency: this person's requests pass over freezes and the quorum for a while."""
        if not self.asking.policy.may_break_glass(person):
            return "glass_may_not"
        if len(reason.strip()) < 10:
            return "glass_no_reason"
        await self.note("GLASS BROKEN", person.key, "freezes, quorum", reason, thread.key)
        await self.asking.repairs.mark(f"{GLASS}:{person.key}", self.now(), reason.strip())
        return "glass_broken"

    @property
    def glass_lasts(self) -> timedelta:
        """For how long a broken glass stays broken."""
        return self.asking.policy.glass.lasts

    def approvers(self) -> tuple[Person, ...]:
        """Everyone whom the policy names as an approver, by id."""
        found = []
        for each in self.asking.policy.named_approvers:
            channel, _, rest = each.partition(":")
            workspace, _, name = rest.rpartition(":")
            found.append(Person(name, name, channel, workspace))
        return tuple(found)

    @property
    def approving(self) -> frozenset[str]:
        """All roles that may give leave to anything."""
        return self.asking.policy.every_approver

    async def standings(self) -> tuple[tuple[Standing, bool], ...]:
        """The record of each action in each namespace for each finding, and whether it has earned leave."""
        bar = self.asking.policy.earning
        return tuple((each, each.earned(bar)) for each in await self.asking.autonomy.standings(self.now(), bar))

    async def shadowed(self) -> Sequence[Shadow]:
        """What shadow mode wrote down of late."""
        return await self.asking.shadows.since(self.now() - RECORD)

    async def weigh(self, thread: str = "") -> int:
        """Weigh what of shadow mode is over: all of a thread; else what people asked for a while ago. How many."""
        count = 0
        for each in await self.shadowed():
            ripe = not each.by_itself and self.now().timestamp() - each.at >= SOON.total_seconds()
            if each.verdict == Weighed.OPEN.value and (each.thread == thread if thread else ripe):
                weighed = await self.asking.shadows.weigh(each, self.asking.catalogue)
                if weighed:
                    told = f"{weighed.verdict}: {weighed.did}"
                    await self.note("shadow weighed", "bot", f"{each.action} {each.target}", told, each.thread)
                    count += 1
        return count
