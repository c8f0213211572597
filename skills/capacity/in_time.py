"""A deed that has a deadline: what is there only afterwards has not helped."""

from dataclasses import dataclass, replace
from datetime import datetime

from skills.change import Deed, Preview, Snapshot, Target, Verification
from skills.clock import Clock
from skills.evidence import Evidence
from skills.words import told


@dataclass(frozen=True, slots=True)
class InTime:
    """The same deed, checked against the clock."""

    deed: Deed
    by: datetime
    clock: Clock

    @property
    def target(self) -> Target:
        """The deed's."""
        return self.deed.target

    async def preview(self) -> Preview:
        """With the deadline among the notes."""
        seen = await self.deed.preview()
        when = self.by.astimezone(self.clock.now().tzinfo).strftime("%m-%d %H:%M")
        return replace(seen, notes=(*seen.notes, told(f"wanted by {when}", f"须在 {when} 前就绪")))

    async def observe(self) -> Snapshot:
        """The deed's."""
        return await self.deed.observe()

    async def run(self, snapshot: Snapshot) -> Evidence:
        """The deed's."""
        return await self.deed.run(snapshot)

    async def verify(self, snapshot: Snapshot) -> Verification:
        """Not settled at the deadline is too late: people have to look."""
        seen, now = await self.deed.verify(snapshot), self.clock.now()
        left = round((self.by - now).total_seconds() / 60)
        if seen.settled and seen.better:
            early = told(f"{left} minutes before they are wanted", f"距期限还有 {left} 分钟")
            return replace(seen, why=f"{seen.why}; {early}") if left >= 0 else self._late(seen, left)
        return self._late(seen, left) if now >= self.by else seen

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """The deed's."""
        return await self.deed.undo(snapshot)

    @staticmethod
    def _late(seen: Verification, left: int) -> Verification:
        late = told(f"{-left} minutes after they were wanted", f"已超过期限 {-left} 分钟")
        return Verification(True, False, f"{seen.why}; {late}")
