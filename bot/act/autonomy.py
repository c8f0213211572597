"""Leave that is given beforehand: by a list with a budget, or earned by a record; and shadow mode."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.act.policy import Judgement
from bot.act.repairs import Repair, Repairs
from bot.act.rules import Automatic, Earning, any_fits
from bot.domain.approval import Approval, ApprovalState, Verdict
from bot.domain.plan import Step
from skills import Catalogue

HOUR = timedelta(hours=1)
RECORD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Standing:
    """The record of one action in one namespace, for one finding that it is to mend."""

    action: str
    namespace: str
    finding: str
    runs: int
    verified: int
    undone_lately: int
    failed_last: bool

    def earned(self, bar: Earning) -> bool:
        """One failure takes it away, until the record is whole again."""
        share = self.verified / self.runs if self.runs else 0.0
        enough = self.runs >= bar.runs and share >= bar.verified
        return enough and not self.undone_lately and not self.failed_last

    @property
    def told(self) -> str:
        """For the card."""
        what = f"{self.action} in {self.namespace or '-'}" + (f" for {self.finding}" if self.finding else "")
        return f"{what}: {self.verified}/{self.runs} verified"


class Autonomy:
    """Decides whether an approval needs a person."""

    def __init__(self, repairs: Repairs) -> None:
        self._repairs = repairs

    async def settled(
        self, asked: Approval, judged: Sequence[Judgement], catalogue: Catalogue, now: datetime, bar: Earning
    ) -> Approval:
        """As it is asked, or with leave given beforehand, or as a shadow of what would have been done."""
        if any(each.shadow for each in judged):
            return replace(asked, state=ApprovalState.SHADOW, automatic="shadow", settled_at=now)
        if asked.requested_by.channel != "bot":
            return asked  # a person who asks waits for another person, as always
        told: list[str] = []
        before: Counter[str] = Counter()
        for step, judgement in zip(asked.steps, judged, strict=True):
            if judgement.verdict is Verdict.RUN:
                continue
            leave = await self.leave(asked, step, judgement, catalogue, now, bar)
            entry = judgement.automatic
            if not leave or entry is None or await self.spent(entry, now, before[entry.name]):
                return asked
            before[entry.name] += 1
            told.append(leave)
        if not told:
            return asked
        return replace(asked, state=ApprovalState.APPROVED, automatic="; ".join(told), quorum=0, settled_at=now)

    async def leave(
        self, asked: Approval, step: Step, judgement: Judgement, catalogue: Catalogue, now: datetime, bar: Earning
    ) -> str:
        """By which entry nobody need be asked, and the record that earned it; empty: somebody must be."""
        entry = judgement.automatic
        if entry is None or asked.requested_by.channel != "bot":
            return ""
        target = catalogue[step.action].target(step.arguments)
        standing = await self.standing(step.action, target.namespace, asked.finding, now, bar)
        return "" if entry.earned and not standing.earned(bar) else f"{entry.name} ({standing.told})"

    async def spent(self, entry: Automatic, now: datetime, before: int = 0) -> bool:
        """Whether its budget is used up; `before`: what earlier steps of the same plan will use of it."""
        lately = await self._repairs.since(now - HOUR)
        return sum(each.automatic and _fits(entry, each) for each in lately) + before >= entry.per_hour

    async def standing(self, action: str, namespace: str, finding: str, now: datetime, bar: Earning) -> Standing:
        """What the record of an action in a namespace shows, for what it was to mend."""
        record = [
            each
            for each in await self._repairs.since(now - RECORD, action=action)
            if (each.namespace, each.finding) == (namespace, finding) and each.ended
        ]
        lately = now.timestamp() - bar.quiet.total_seconds()
        return Standing(
            action,
            namespace,
            finding,
            len(record),
            sum(each.result == "verified" for each in record),
            sum(each.failed and each.at >= lately for each in record),
            bool(record) and record[0].failed,
        )

    async def standings(self, now: datetime, bar: Earning) -> tuple[Standing, ...]:
        """All of them, for people."""
        lately = await self._repairs.since(now - RECORD)
        known = {(each.action, each.namespace, each.finding) for each in lately if each.ended}
        return tuple([await self.standing(*each, now, bar) for each in sorted(known)])


def _fits(entry: Automatic, repair: Repair) -> bool:
    return any_fits(entry.actions, repair.action) and any_fits(entry.namespaces, repair.namespace)
