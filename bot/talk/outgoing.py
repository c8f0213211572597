"""What goes out, on disk: the newest state of each message of ours, how far it has got, and who sends it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, DateTime, Integer, String, Table, Text, and_, false, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database import Codec, Database, metadata
from bot.database.batch import Batch
from bot.database.replicas import orphaned, turn
from bot.domain.card import Card, RedactedCard
from bot.domain.message import Thread
from bot.talk.cards.masked import masked
from bot.talk.channels import Delivery

CARDS = Table(
    "outbox",
    metadata,
    Column("slot", String(400), primary_key=True),
    Column("thread", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("delivered", Integer, nullable=False, default=0),
    Column("ref", String(400), nullable=False, default=""),
    Column("given_up", Boolean, nullable=False, default=False),
    Column("error", Text),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("holder", String(64)),
)


class Outgoing:
    """All messages of ours by their slot. What is written at once shares one commit. Each method raises StoreDown."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._threads: Codec[Thread] = Codec(Thread)
        self._cards: Codec[Card] = Codec(Card)
        self._keep: Batch[Delivery, Delivery | None] = Batch(self._commit)
        self._place: Batch[Delivery, None] = Batch(self._commit_places)
        self._mark: Batch[Delivery, Delivery | None] = Batch(self._commit_marks)

    async def keep(self, delivery: Delivery) -> Delivery | None:
        """As it is to be sent; None when another replica is sending an older state: it sends this one next."""
        return await self._keep.add(delivery)

    async def keep_place(self, delivery: Delivery) -> None:
        """Where a card stands that is only live yet: after a restart it is updated there, and not posted again."""
        await self._place.add(delivery)

    async def mark(self, delivery: Delivery) -> Delivery | None:
        """It was accepted. Gives the newer state that another replica has left to us, if one has."""
        return await self._mark.add(delivery)

    async def give_up(self, slot: str, why: str) -> None:
        """It cannot be sent, now or later."""
        async with self._database.begin() as connection:
            await connection.execute(update(CARDS).where(CARDS.c.slot == slot).values(given_up=True, error=why[:2000]))

    async def adopt(self, but: Collection[str]) -> list[tuple[Delivery, int]]:
        """Take over what was kept and not accepted and nobody on duty holds, and how far each has got."""
        behind = (CARDS.c.delivered < CARDS.c.revision) & ~CARDS.c.given_up
        mine = CARDS.c.holder == self._database.me if not self._database.is_sqlite else false()
        free = behind & or_(mine, orphaned(self._database, CARDS.c.holder)) & CARDS.c.slot.not_in(list(but))
        async with self._database.begin() as connection:
            await turn(connection, self._database)
            rows = (await connection.execute(select(CARDS).where(free))).all()
            taken = update(CARDS).where(CARDS.c.slot.in_([row.slot for row in rows]))
            await connection.execute(taken.values(holder=self._database.me))
        return [(self._kept(row), row.delivered) for row in rows]

    async def knows(self, slot: str) -> bool:
        """Whether there is such a card."""
        async with self._database.read() as connection:
            return (await connection.execute(select(CARDS.c.slot).where(CARDS.c.slot == slot))).first() is not None

    async def begun(self, slot: str, thread: Thread) -> Delivery:
        """An empty card in this slot, after what stands there already."""
        query = select(CARDS.c.revision, CARDS.c.ref).where(CARDS.c.slot == slot)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return Delivery(slot, thread, masked(Card("")), row.revision if row else 0, row.ref if row else "")

    async def _commit(self, deliveries: list[Delivery]) -> list[Delivery | None]:
        newest = {delivery.slot: delivery for delivery in deliveries}
        statement = self._database.insert(CARDS)
        changed = {name: statement.excluded[name] for name in ("card", "revision", "changed_at", "given_up", "holder")}
        async with self._database.begin() as connection:
            await turn(connection, self._database)
            holders: dict[str, str] = {}
            for row in await self._sent_elsewhere(connection, list(newest)):
                each = newest[row.slot]
                newest[row.slot] = replace(each, revision=max(each.revision, row.revision + 1), ref=row.ref or each.ref)
                if row.busy and row.holder != self._database.me:
                    holders[row.slot] = row.holder
            rows = [self._row(each, holders.get(each.slot, self._database.me)) for each in newest.values()]
            await connection.execute(statement.on_conflict_do_update(index_elements=["slot"], set_=changed), rows)
        return [None if each.slot in holders else newest[each.slot] for each in deliveries]

    async def _commit_places(self, deliveries: list[Delivery]) -> list[None]:
        rows = [self._row(each, self._database.me) | {"delivered": each.revision} for each in deliveries]
        statement = self._database.insert(CARDS)
        placed = {"ref": statement.excluded.ref}
        async with self._database.begin() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["slot"], set_=placed), rows)
        return [None] * len(deliveries)

    async def _commit_marks(self, deliveries: list[Delivery]) -> list[Delivery | None]:
        newer: dict[str, Delivery] = {}
        async with self._database.begin() as connection:
            for each in sorted(deliveries, key=lambda delivery: delivery.slot):
                placed = {"delivered": each.revision, "ref": each.ref}
                marked = update(CARDS).where(CARDS.c.slot == each.slot).values(**placed)
                if self._database.is_sqlite:
                    await connection.execute(marked)
                elif row := (await connection.execute(marked.returning(*CARDS.c))).one_or_none():
                    ours = row.holder == self._database.me and row.revision > each.revision
                    newer |= {each.slot: self._kept(row)} if ours else {}
        return [newer.get(each.slot) for each in deliveries]

    async def _sent_elsewhere(self, connection: AsyncConnection, slots: list[str]) -> Sequence[Any]:
        """What stands already, for another replica may have been there; alone on SQLite we know ourselves."""
        if self._database.is_sqlite:
            return ()
        behind = (CARDS.c.delivered < CARDS.c.revision) & ~CARDS.c.given_up
        busy = and_(behind, not_(orphaned(self._database, CARDS.c.holder))).label("busy")
        query = select(CARDS.c.slot, CARDS.c.revision, CARDS.c.ref, CARDS.c.holder, busy)
        return (await connection.execute(query.where(CARDS.c.slot.in_(slots)).with_for_update())).all()

    def _row(self, delivery: Delivery, holder: str) -> dict[str, Any]:
        return {
            "slot": delivery.slot,
            "thread": self._threads.dump(delivery.thread),
            "card": self._cards.dump(delivery.card),
            "revision": delivery.revision,
            "delivered": 0,
            "ref": delivery.ref,
            "given_up": False,
            "changed_at": self._now(),
            "holder": holder,
        }

    def _kept(self, row: Any) -> Delivery:
        card = RedactedCard(self._cards.load(row.card))
        return Delivery(row.slot, self._threads.load(row.thread), card, row.revision, row.ref)
