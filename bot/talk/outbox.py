"""What goes out: the newest state of each message of ours, kept first, then sent until it is accepted."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from bot.database import Database
from bot.domain.card import Card, RedactedCard
from bot.domain.message import Person, Thread
from bot.errors import ODD, CardRefused, ChannelError, StoreDown, TryLater, Undeliverable
from bot.talk.cards.masked import masked
from bot.talk.channels import Channel, Delivery, Placed
from bot.talk.outgoing import Outgoing
from bot.talk.threads import Threads, unnamed
from bot.telemetry import OUTBOX_GIVEN_UP, span

log = structlog.get_logger()
NEXT_AFTER = 2.0
"""Seconds that one card, which a channel does not accept, holds up the next."""


@dataclass(slots=True)
class _Line:
    """One message of ours, and how far it has got."""

    newest: Delivery
    promised: int
    """The newest revision that was given a number; it may not be kept yet."""
    render: Callable[[], Card] | None = None
    """Of a live state: called only when the channel is ready for it."""
    sent: int = 0
    sender: asyncio.Task[None] | None = None


class Outbox:
    """`show` returns when the card is kept; the sending goes on by itself."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        threads: Threads,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._outgoing = Outgoing(database, now)
        self._channels = channels
        self._places = threads
        self._sleep = sleep
        self._lines: dict[str, _Line] = {}
        self._resending: asyncio.Task[None] | None = None

    async def adopt(self) -> int:
        """Send on what was kept and not accepted, and nobody on duty holds. Returns how many those were."""
        found = await self._outgoing.adopt(self._lines)
        lines = [_Line(each, each.revision, sent=sent) for each, sent in found if each.slot not in self._lines]
        self._lines |= {line.newest.slot: line for line in lines}
        for line in lines:
            if line.newest.ref:
                self._send(line.newest.slot, line)
        unsure = [line for line in lines if not line.newest.ref]
        for line in unsure:
            line.newest = replace(line.newest, doubted=True)
        self._resending = asyncio.create_task(self._resend(unsure, self._resending), name="send what was kept")
        return len(lines)

    async def _resend(self, lines: list[_Line], before: asyncio.Task[None] | None) -> None:
        """What may have been posted already is sent one by one: ended amid this, we leave one in doubt and not all."""
        if before:
            await asyncio.wait([before])
        for line in lines:
            if self._lines.get(line.newest.slot) is line:
                self._send(line.newest.slot, line)
            if line.sender:
                await asyncio.wait([line.sender], timeout=NEXT_AFTER)

    async def stop(self, patience: float = 5.0) -> None:
        """Wait a little for what is under way; the rest is sent after the next start."""
        if self._resending:
            self._resending.cancel()
        senders = [line.sender for line in self._lines.values() if line.sender]
        if senders:
            _, late = await asyncio.wait(senders, timeout=patience)
            for task in late:
                task.cancel()

    async def show(self, slot: str, thread: Thread, card: Card) -> None:
        """Keep this as the newest state of the slot, and see that it arrives, in each mirror too. Raises StoreDown."""
        for mirror in self._places.mirrors.of(thread):
            await self._show(f"{slot}~{mirror.channel}:{mirror.place}", mirror, card)
        await self._show(slot, thread, card)

    async def _show(self, slot: str, thread: Thread, card: Card) -> None:
        line = await self._line(slot, thread)
        kept = await self._outgoing.keep(self._next(line, thread, masked(card), final=True))
        if kept is None:  # another replica is sending an older state of it, and sends this one next
            if self._lines.get(slot) is line and line.sender is None:
                del self._lines[slot]
            return
        if kept.revision > line.newest.revision or not line.newest.final:  # what is kept wins over what is only live
            revision = max(kept.revision, line.newest.revision + 1)
            line.newest, line.render = replace(kept, revision=revision, ref=line.newest.ref or kept.ref), None
        line.promised = max(line.promised, line.newest.revision)
        self._send(slot, line)

    async def live(self, slot: str, thread: Thread, render: Callable[[], Card]) -> None:
        """Show a state that the next one will replace: not kept, and skipped when the channel is busy."""
        for mirror in self._places.mirrors.of(thread):
            await self._live(f"{slot}~{mirror.channel}:{mirror.place}", mirror, render)
        await self._live(slot, thread, render)

    async def _live(self, slot: str, thread: Thread, render: Callable[[], Card]) -> None:
        line = self._lines.get(slot) or await self._line(slot, thread)
        line.newest, line.render = self._next(line, thread, line.newest.card, final=False), render
        self._send(slot, line)

    async def knows(self, slot: str) -> bool:
        """Whether there is such a card. Raises StoreDown."""
        return await self._outgoing.knows(slot)

    def mirrored(self, thread: Thread) -> bool:
        """Whether all of this thread stands in other places as well."""
        return bool(self._places.mirrors.of(thread))

    async def whisper(self, thread: Thread, person: Person, card: Card) -> None:
        """Show a card to one person only; not kept."""
        thread = self._places.mirrors.seen_by(thread, person)
        if channel := self._channels.get(thread.channel):
            await channel.whisper(self._places.theirs(thread) or thread, person, masked(card))

    async def settled(self, slot: str) -> None:
        """Return when nothing of this slot is under way."""
        while (line := self._lines.get(slot)) and (under_way := line.sender or self._resending):
            if under_way.done():
                return
            await asyncio.wait([under_way])

    @property
    def depth(self) -> int:
        """How many messages are behind their newest state."""
        return sum(line.sent < line.newest.revision for line in self._lines.values())

    async def _line(self, slot: str, thread: Thread) -> _Line:
        if slot in self._lines:
            return self._lines[slot]
        known = await self._outgoing.begun(slot, thread)
        known = replace(known, doubted=not known.ref and self._places.doubted(thread))
        if slot not in self._lines:
            self._lines[slot] = _Line(known, known.revision, sent=known.revision)
        return self._lines[slot]

    def _next(self, line: _Line, thread: Thread, card: RedactedCard, *, final: bool) -> Delivery:
        line.promised += 1
        return replace(line.newest, thread=thread, card=card, revision=line.promised, final=final)

    def _send(self, slot: str, line: _Line) -> None:
        self._lines[slot] = line
        if line.sender is None or line.sender.done():
            line.sender = asyncio.create_task(self._deliver(line), name=f"send {slot}")
            line.sender.add_done_callback(_told)

    async def _deliver(self, line: _Line) -> None:
        failures = 0
        while line.sent < line.newest.revision:
            delivery = replace(line.newest, card=masked(line.render())) if line.render else line.newest
            channel = self._channels.get(delivery.thread.channel)
            if channel is None:
                await self._give_up(delivery, f"no channel {delivery.thread.channel}")
                return
            try:
                with span("send", channel=channel.name):
                    placed = await self._place(channel, delivery)
            except TryLater as busy:
                await self._sleep(busy.after)
                continue
            except (CardRefused, Undeliverable) as refused:
                await self._give_up(delivery, str(refused))
                return
            except (ChannelError, *ODD) as error:
                failures += 1
                log.warning("a card was not accepted yet", slot=delivery.slot, why=str(error), failures=failures)
                await self._sleep(min(60.0, 0.5 * 2**failures) * random.uniform(0.5, 1.0))  # noqa: S311
                continue
            failures = 0
            line.sent = delivery.revision
            line.newest = replace(line.newest, ref=placed.ref)
            if not (delivery.final or delivery.ref):
                await self._keep_place(replace(delivery, ref=placed.ref))
            if delivery.final and (newer := await self._mark_kept(replace(delivery, ref=placed.ref))):
                line.promised = max(line.promised, newer.revision)
                line.newest = newer if newer.revision > line.newest.revision else line.newest
            if pace := channel.pace.live:
                await self._sleep(pace if not line.newest.final else 0)
        if line.newest.final and line.sent >= max(line.newest.revision, line.promised):
            self._lines.pop(line.newest.slot, None)

    async def _place(self, channel: Channel, delivery: Delivery) -> Placed:
        """Show it in its thread; the first card of a thread of ours opens it there."""
        if thread := self._places.theirs(delivery.thread):
            return await channel.show(replace(delivery, thread=thread))
        async with self._places.opening(delivery.thread):
            if thread := await self._places.placed(delivery.thread):
                return await channel.show(replace(delivery, thread=thread))
            placed = await channel.show(replace(delivery, thread=unnamed(delivery.thread)))
            await self._places.opened(delivery.thread, placed.thread)
            return placed

    async def _keep_place(self, delivery: Delivery) -> None:
        """Where a card stands that is only live yet: after a restart it is updated there, and not posted again."""
        try:
            await self._outgoing.keep_place(delivery)
        except StoreDown as error:
            log.warning("the place of a card could not be written down", slot=delivery.slot, why=str(error))

    async def _mark_kept(self, delivery: Delivery) -> Delivery | None:
        """If the store is down now, the card is sent once more after a restart: the channel updates it in place.

        Gives the newer state that another replica has left to us, if one has.
        """
        try:
            return await self._outgoing.mark(delivery)
        except StoreDown as error:
            log.warning("a delivery could not be written down", slot=delivery.slot, why=str(error))
            return None

    async def _give_up(self, delivery: Delivery, why: str) -> None:
        log.error("a card cannot be delivered", slot=delivery.slot, why=why)
        self._lines.pop(delivery.slot, None)
        OUTBOX_GIVEN_UP.labels(delivery.thread.channel).inc()
        await self._outgoing.give_up(delivery.slot, why)


def _told(sender: asyncio.Task[None]) -> None:
    """A channel that failed in a way it does not name must be heard of; the card is kept, and sent after a restart."""
    if not sender.cancelled() and (error := sender.exception()):
        log.error("a card could not be sent", sender=sender.get_name(), error=repr(error)[:500])
