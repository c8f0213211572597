"""Plans that were proposed through a door: kept, once each, until the conversation they belong to claims them."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Column, Float, String, Table, Text, delete, select, update

from bot.database import Codec, Database, metadata
from bot.domain.plan import Plan, digest_of

OFFERS = Table(
    "offered_plans",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("conversation", String(200), nullable=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("plan", Text, nullable=False),
    Column("offered", Float, nullable=False),
    Column("claimed", Float),
)


class Offers:
    """The shelf. A plan's id cannot be guessed; who knows it has read it in the stream of its conversation."""

    def __init__(self, database: Database, now: Callable[[], datetime], minutes: float = 20.0) -> None:
        self._database = database
        self._now = now
        self._keep = timedelta(minutes=minutes).total_seconds()
        self._codec: Codec[Plan] = Codec(Plan)

    async def offer(self, plan: Plan, conversation: str) -> str:
        """Its id. The same steps of the same conversation, offered again, are the same plan."""
        now = self._now().timestamp()
        conversation = conversation[:200]
        digest = digest_of([conversation, plan.title, [step.digest for step in plan.steps]])
        async with self._database.begin() as connection:
            await connection.execute(delete(OFFERS).where(OFFERS.c.offered < now - self._keep))
            found = select(OFFERS.c.id).where(OFFERS.c.digest == digest, OFFERS.c.claimed.is_(None))
            if known := (await connection.execute(found)).scalar():
                await connection.execute(update(OFFERS).where(OFFERS.c.id == known).values(offered=now))
                return str(known)
            name = "P-" + secrets.token_hex(6)
            row = {"id": name, "conversation": conversation, "digest": digest, "offered": now}
            await connection.execute(OFFERS.insert().values(plan=self._codec.dump(plan), **row))
            return name

    async def claim(self, plan_id: str, conversation: str) -> Plan | None:
        """The plan, once; None when there is none, it is another conversation's, or it has waited too long."""
        now = self._now().timestamp()
        mine = (
            (OFFERS.c.id == plan_id)
            & OFFERS.c.conversation.in_(["", conversation[:200]])
            & OFFERS.c.claimed.is_(None)
            & (OFFERS.c.offered >= now - self._keep)
        )
        async with self._database.begin() as connection:
            taken = await connection.execute(update(OFFERS).where(mine).values(claimed=now).returning(OFFERS.c.plan))
            kept = taken.scalar()
        return replace(self._codec.load(kept), id=plan_id) if kept else None

    async def waiting(self, conversation: str, since: datetime) -> Plan | None:
        """The newest plan that was proposed for just this conversation since then, once."""
        if not conversation:
            return None
        mine = (OFFERS.c.conversation == conversation[:200]) & (OFFERS.c.offered >= since.timestamp())
        newest = select(OFFERS.c.id).where(mine, OFFERS.c.claimed.is_(None)).order_by(OFFERS.c.offered.desc()).limit(1)
        async with self._database.read() as connection:
            found = (await connection.execute(newest)).scalar()
        return await self.claim(str(found), conversation) if found else None
