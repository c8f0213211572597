"""What other replicas have shown: read from the database, and told to whoever has the page open here."""

import asyncio
from collections.abc import Callable, Set

import structlog

from bot.errors import StoreDown
from bot.talk.channels.web.hub import Hub
from bot.talk.channels.web.store import Store

EVERY = 0.5
"""Seconds between two looks; none while nobody has the page open."""
BACK = 10_000_000
"""How far a look reaches back, in microseconds: commits and clocks of others may lag."""
log = structlog.get_logger()


class Elsewhere:
    """Each state once, and none that we have shown ourselves."""

    def __init__(self, store: Store, hub: Hub, changed: Callable[[Set[str]], None]) -> None:
        self._store = store
        self._hub = hub
        self._changed = changed
        self._shown: dict[str, int] = {}
        """By slot or thread: its newest state that was told here."""
        self._task: asyncio.Task[None] | None = None

    def start(self, now: Callable[[], int]) -> None:
        """Alone on SQLite there is nobody elsewhere. `now` in microseconds, as states are numbered."""
        if self._store.shared:
            self._task = asyncio.create_task(self._follow(now), name="web elsewhere")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    def here(self, slot: str, seq: int) -> None:
        """We have shown this ourselves."""
        if self._task:
            self._shown[slot] = seq

    async def look(self, after: int) -> None:
        """Tell what is newer than what was told. Raises StoreDown."""
        watched = self._hub.watched()
        threads = {topic.removeprefix("thread:") for topic in watched if topic.startswith("thread:")}
        for entry in await self._store.recent(threads, after) if threads else ():
            if self._shown.get(entry.slot, 0) < entry.seq:
                self._shown[entry.slot] = entry.seq
                self._hub.publish(f"thread:{entry.thread}", entry.slot, entry)
        if "threads" in watched:
            changed = await self._store.changed(after)
            news = {each for each, seq in changed.items() if self._shown.get(each, 0) < seq}
            self._changed(news)
        self._shown = {what: seq for what, seq in self._shown.items() if seq > after}

    async def _follow(self, now: Callable[[], int]) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                if self._hub.watched():
                    await self.look(now() - BACK)
            except StoreDown as error:
                log.warning("what other replicas show is seen later", why=str(error))
