"""The page as a channel: keeps what stands in its threads, and tells every open page at once."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from datetime import datetime

import orjson
import structlog
from starlette.routing import BaseRoute

from bot.domain.card import Card
from bot.domain.event import Event
from bot.domain.message import Attachment, Person, Thread
from bot.errors import StoreDown
from bot.talk.channels import Delivery, Ears, Pace, Placed
from bot.talk.channels.web.elsewhere import Elsewhere
from bot.talk.channels.web.entry import Entry, Frame
from bot.talk.channels.web.hub import Hub, Reader
from bot.talk.channels.web.store import Store
from bot.talk.channels.web.uploads import Uploads
from bot.talk.refused import Refused

log = structlog.get_logger()
MOST_REMEMBERED = 20_000
LIST_EVERY = 0.25
"""Seconds between two looks at which lines of the list have changed."""


class WebChannel:
    """Shows cards to whoever has the page open, and hears what they write and click."""

    name = "web"

    def __init__(
        self, store: Store, now: Callable[[], datetime], uploads: Uploads, people: Sequence[Person] = ()
    ) -> None:
        self._uploads = uploads
        self._people = people
        self.pace = Pace(live=0.008)
        self.hub = Hub()
        self.store = store
        self.now = now
        self.elsewhere = Elsewhere(store, self.hub, self._list)
        self._routes: Sequence[BaseRoute] = ()
        self._ears: Ears | None = None
        self._seq = 0
        self._live: dict[str, dict[str, Entry]] = {}
        """By thread and slot: states that are not on disk (yet)."""
        self._places: dict[str, tuple[int, int]] = {}
        """By slot: its position and newest revision."""
        self._opened: dict[str, Thread] = {}
        """Threads whose first entry is not on disk yet."""
        self._changed: set[str] = set()
        self._lister: asyncio.Task[None] | None = None
        self._down = ""

    def serve(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = routes

    def routes(self) -> Sequence[BaseRoute]:
        return self._routes

    async def start(self, ears: Ears) -> None:
        self._ears = ears
        self._seq = max(await self.store.newest_seq(), self._microseconds())
        self.elsewhere.start(self._microseconds)

    async def stop(self) -> None:
        await self.elsewhere.stop()
        self.hub.close()
        self._changed.clear()
        if self._lister:
            await self._lister

    async def health(self) -> str:
        return self._down

    def next_seq(self) -> int:
        """Grows over restarts too: it begins at the clock, which runs faster than we can count.

        Where other replicas count too, each goes by the clock.
        """
        self._seq = max(self._seq + 1, self._microseconds() if self.store.shared else 0)
        return self._seq

    async def fetch(self, attachment: Attachment) -> bytes:
        return await self._uploads.content(attachment)

    async def show(self, delivery: Delivery) -> Placed:
        """Open pages see it before it is on disk; a crash in between only means that it is shown again."""
        thread = delivery.thread.id or "t-" + hashlib.sha256(delivery.slot.encode()).hexdigest()[:20]
        place = replace(delivery.thread, id=thread)
        position, revision = await self._place_of(delivery)
        if delivery.revision >= revision:
            entry = Entry(
                "entry",
                self.next_seq(),
                slot=delivery.slot,
                thread=thread,
                position=position or self._seq,
                revision=delivery.revision,
                at=self.now().timestamp(),
                card=delivery.card,
                final=delivery.final,
            )
            await self._post(entry, place)
        return Placed(delivery.slot, place)

    async def members(self, roles: frozenset[str]) -> Sequence[Person]:
        """As the settings name them."""
        return [person for person in self._people if person.roles & roles]

    async def whisper(self, thread: Thread, person: Person, card: Card) -> None:
        body = orjson.dumps({"thread": thread.id, "card": card})
        frame = Frame("whisper", self.next_seq(), body, numbered=False)
        self.hub.publish(f"person:{person.id}", f"whisper:{frame.seq}", frame)

    async def hear(self, event: Event, entry: Entry | None = None, place: Thread | None = None) -> bool:
        """Keep what a person sent; a message stands in its thread before it is answered."""
        if self._ears is None:
            raise Refused(503, "web_not_on_duty")
        try:
            if entry and place and not await self.store.known(entry.slot):
                await self._post(entry, place)
            return await self._ears.hear(event)
        except StoreDown:
            if entry:
                gone = Frame("gone", self.next_seq(), orjson.dumps({"slot": entry.slot}), numbered=False)
                self.hub.publish(f"thread:{entry.thread}", entry.slot, gone)
            raise

    async def entries(self, thread: str, after: int | None, most: int = 200, before: int | None = None) -> list[Entry]:
        """What stands in a thread, or what of it changed after `after`; the unkept newest states included."""
        live = dict(self._live.get(thread, {}))
        if after is None:
            kept = await self.store.entries(thread, most, before)
        else:
            kept = await self.store.after(thread, after)
        newest = {entry.slot: entry for entry in kept}
        for slot, entry in live.items():
            newer = slot not in newest or newest[slot].seq < entry.seq
            if newer and entry.seq > (after or 0) and (before is None or entry.position < before):
                newest[slot] = entry
        return sorted(newest.values(), key=lambda entry: entry.position if after is None else entry.seq)

    async def place(self, thread: str) -> Thread | None:
        """A thread in the house's words: from disk, or opened just now by a card that still streams."""
        if thread in self._opened:
            return self._opened[thread]
        return await self.store.place(thread)

    def reader(self, thread: str, person: Person) -> Reader:
        """Somebody who looks from now on."""
        reader = Reader()
        self.hub.join(reader, "threads", f"person:{person.id}", *([f"thread:{thread}"] if thread else []))
        return reader

    def _microseconds(self) -> int:
        return int(self.now().timestamp() * 1_000_000)

    async def _place_of(self, delivery: Delivery) -> tuple[int, int]:
        known = self._places.get(delivery.slot)
        if known is None and delivery.ref:
            known = await self.store.known(delivery.slot)
        return known or (0, 0)

    async def _post(self, entry: Entry, place: Thread) -> None:
        slots = self._live.setdefault(entry.thread, {})
        slots[entry.slot] = entry
        self._remember(entry)
        self.elsewhere.here(entry.slot, entry.seq)
        self.hub.publish(f"thread:{entry.thread}", entry.slot, entry)
        if not entry.final:
            self._opened[entry.thread] = place
            return
        try:
            await self.store.keep(entry, place)
            self._down = ""
        except StoreDown as error:
            self._down = "The page cannot keep its entries: the database does not answer."
            log.warning("an entry could not be kept", slot=entry.slot, why=str(error))
            raise
        finally:
            if slots.get(entry.slot) is entry:
                del slots[entry.slot]
            if not slots:
                self._live.pop(entry.thread, None)
        self._opened.pop(entry.thread, None)
        self._list({entry.thread})

    def _remember(self, entry: Entry) -> None:
        if len(self._places) >= MOST_REMEMBERED:
            self._places.pop(next(iter(self._places)))
        self._places[entry.slot] = (entry.position, entry.revision)

    def _list(self, threads: Set[str]) -> None:
        if not threads or not self.hub.read("threads"):
            return
        self._changed |= threads
        if self._lister is None or self._lister.done():
            self._lister = asyncio.create_task(self._tell_lists(), name="web list")

    async def _tell_lists(self) -> None:
        while self._changed:
            changed, self._changed = self._changed, set()
            try:
                summaries = await self.store.threads(changed)
            except StoreDown as error:
                log.warning("the list could not be read", why=str(error))
                return
            for summary in summaries:
                frame = Frame("thread", summary["seq"], orjson.dumps(summary), numbered=False)
                self.elsewhere.here(summary["id"], summary["seq"])
                self.hub.publish("threads", f"list:{summary['id']}", frame)
            await asyncio.sleep(LIST_EVERY)
