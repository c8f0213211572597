"""Shadow mode's record: what would have been done, beside what people did instead, and which of the two was right."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Column, Float, Integer, String, Table, Text, insert, select, update

from bot.act.store import ApprovalStore
from bot.database import Database, metadata
from bot.domain.approval import Approval
from skills import Catalogue, Risk, SkillError
from skills.change import Since

SHADOWS = Table(
    "shadows",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("approval_id", String(64), nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("thread", String(400), nullable=False),
    Column("by_itself", Integer, nullable=False),
    Column("action", String(200), nullable=False),
    Column("namespace", String(253), nullable=False),
    Column("target", String(600), nullable=False),
    Column("finding", String(200), nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("verdict", String(20), nullable=False, index=True),
    Column("did", Text, nullable=False),
)


class Weighed(enum.StrEnum):
    """What the plan would have been."""

    OPEN = "open"
    """Nobody can say yet."""
    RIGHT = "right"
    """People brought about the same."""
    WRONG = "wrong"
    """It got well in another way."""
    HARMFUL = "harmful"
    """It got well by itself while the plan would have stopped pods or removed things; or people did the opposite."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """One step that was not taken."""

    id: str
    approval_id: str
    place: int
    thread: str
    by_itself: int
    action: str
    namespace: str
    target: str
    finding: str
    at: float
    verdict: str = Weighed.OPEN.value
    did: str = ""
    """What people did to the target instead."""


class Shadows:
    """All of them; each is weighed once, when what it was about is over."""

    def __init__(self, database: Database, store: ApprovalStore) -> None:
        self._database = database
        self._store = store

    async def keep(self, approval: Approval, catalogue: Catalogue) -> None:
        """Write down each change that it would have made."""
        rows = []
        for place, step in enumerate(approval.steps):
            if catalogue[step.action].risk is not Risk.READ:
                target = catalogue[step.action].target(step.arguments)
                by_itself = int(approval.requested_by.channel == "bot")
                about = (approval.thread.key, by_itself, step.action, target.namespace, str(target), approval.finding)
                one = Shadow(f"{approval.id}:{place}"[:80], approval.id, place, *about, approval.asked_at.timestamp())
                rows.append({name: getattr(one, name) for name in Shadow.__slots__})
        async with self._database.begin() as connection:
            for row in rows:
                await connection.execute(insert(SHADOWS).values(**row))

    async def since(self, at: datetime) -> Sequence[Shadow]:
        """The newest first."""
        query = select(SHADOWS).where(SHADOWS.c.at >= at.timestamp()).order_by(SHADOWS.c.at.desc(), SHADOWS.c.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Shadow(*(getattr(row, name) for name in Shadow.__slots__)) for row in rows]

    async def weigh(self, shadow: Shadow, catalogue: Catalogue) -> Shadow | None:
        """Look at what has become of its target, and write the verdict down; None: it cannot be seen."""
        found = await self._store.load(shadow.approval_id)
        if found is None or shadow.action not in catalogue:
            return None
        approval, step = found[0], found[0].steps[shadow.place]
        change, seen = catalogue[shadow.action].change, approval.targets[shadow.place]
        if change is None or seen is None:
            return None
        try:
            since = await change.since(step.arguments, seen)
        except SkillError:
            return None
        verdict = weighed(since, _would_harm(approval, shadow.place, catalogue))
        async with self._database.begin() as connection:
            told = {"verdict": verdict.value, "did": since.did}
            await connection.execute(update(SHADOWS).where(SHADOWS.c.id == shadow.id).values(**told))
        return replace(shadow, verdict=verdict.value, did=since.did)


def weighed(since: Since, harms: bool) -> Weighed:
    """Against what has become of the target. `harms`: doing it for nothing would have cost something."""
    if since.same:
        return Weighed.RIGHT
    if since.against or (not since.touched and harms):
        return Weighed.HARMFUL
    return Weighed.WRONG


def _would_harm(approval: Approval, place: int, catalogue: Catalogue) -> bool:
    action, preview = catalogue[approval.steps[place].action], approval.previews[place]
    pods = float((preview.figures or {}).get("pods", len(preview.pods))) if preview else 0.0
    return action.risk is Risk.DESTROY or pods > 0 or not action.undo
