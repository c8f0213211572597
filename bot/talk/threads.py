"""Threads that we open ourselves: they have our name first, and the platform's once the first card is there."""

import asyncio
import time
from dataclasses import replace

from sqlalchemy import Column, String, Table, select, true
from sqlalchemy.sql.elements import ColumnElement

from bot.database import Codec, Database, metadata
from bot.domain.message import Thread
from bot.talk.mirrors import Mirrors

THREADS = Table(
    "threads",
    metadata,
    Column("ours", String(400), primary_key=True),
    Column("named", String(2000), nullable=False),
    Column("theirs", String(400), nullable=False, unique=True),
    Column("placed", String(2000), nullable=False),
)
MARK = "@"
DOUBT = 600.0
"""Seconds."""


def our_thread(channel: str, place: str, name: str) -> Thread:
    """A thread under our own name, e.g. of an incident; the platform gives it another when it is first shown."""
    return Thread(channel, f"{MARK}{name}", place)


class Threads:
    """Both names of every thread that we opened. Few enough to be held in memory."""

    def __init__(self, database: Database, mirrors: Mirrors | None = None) -> None:
        self._database = database
        self.mirrors = mirrors or Mirrors()
        self._codec: Codec[Thread] = Codec(Thread)
        self._placed: dict[str, Thread] = {}
        self._named: dict[str, Thread] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._doubted: dict[str, float] = {}

    async def start(self) -> None:
        """Read all that were opened before."""
        await self._look_up(true())

    def ours(self, thread: Thread) -> Thread:
        """Under our name, if we opened it."""
        return self.mirrors.home_of(self._named.get(thread.key, thread))

    async def known(self, thread: Thread) -> Thread:
        """Under our name, if we or another replica opened it. Raises StoreDown."""
        if thread.key not in self._named and not self._database.is_sqlite:
            await self._look_up(THREADS.c.theirs == thread.key)
        return self.ours(thread)

    async def placed(self, thread: Thread) -> Thread | None:
        """Under the platform's name; None while neither we nor another replica opened it. Raises StoreDown."""
        if not self.theirs(thread) and not self._database.is_sqlite:
            await self._look_up(THREADS.c.ours == thread.key)
        return self.theirs(thread)

    def theirs(self, thread: Thread) -> Thread | None:
        """Under the platform's name; None while it has none."""
        return self._placed.get(thread.key) if thread.id.startswith(MARK) else thread

    def doubt(self, thread: Thread) -> None:
        """A process that ended was at work here: it may have posted what we do not know of."""
        self._doubted[self.ours(thread).key] = time.monotonic()

    def doubted(self, thread: Thread) -> bool:
        """For a while, until all that was begun anew stands there."""
        return time.monotonic() - self._doubted.get(self.ours(thread).key, -DOUBT) < DOUBT

    def opening(self, thread: Thread) -> asyncio.Lock:
        """Held by whoever shows the first card of a thread, so that there is one first card."""
        return self._opening.setdefault(thread.key, asyncio.Lock())

    async def opened(self, named: Thread, placed: Thread) -> None:
        """The platform has given it a name."""
        row = {
            "ours": named.key,
            "named": self._codec.dump(named),
            "theirs": placed.key,
            "placed": self._codec.dump(placed),
        }
        async with self._database.begin() as connection:
            await connection.execute(self._database.insert(THREADS).values(**row).on_conflict_do_nothing())
        self._know(named, placed)
        self._opening.pop(named.key, None)

    async def _look_up(self, wanted: ColumnElement[bool]) -> None:
        async with self._database.read() as connection:
            for row in await connection.execute(select(THREADS).where(wanted)):
                self._know(self._codec.load(row.named), self._codec.load(row.placed))

    def _know(self, named: Thread, placed: Thread) -> None:
        self._placed[named.key] = placed
        self._named[placed.key] = named


def unnamed(thread: Thread) -> Thread:
    """What a channel sees of a thread that is to be opened."""
    return replace(thread, id="")
