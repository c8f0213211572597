"""The page's threads and what stands in them, kept so that a reload or a restart loses nothing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, String, Table, func, select

from bot.database import Database, metadata
from bot.database.batch import Batch
from bot.domain.message import Thread
from bot.talk.channels.web.entry import Entry

THREADS = Table(
    "web_threads",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("place", String(200), nullable=False, default=""),
    Column("workspace", String(200), nullable=False, default=""),
    Column("title", String(200), nullable=False, default=""),
    Column("opened_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("severity", String(8), nullable=False, default="info"),
    Column("said", String(200), nullable=False, default=""),
    Index("ix_web_threads_seq", "seq"),
)
ENTRIES = Table(
    "web_entries",
    metadata,
    Column("slot", String(400), primary_key=True),
    Column("thread", String(80), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("asks", Boolean, nullable=False, default=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_web_entries_thread", "thread", "position"),
    Index("ix_web_entries_seq", "thread", "seq"),
)
MARKS = re.compile(r"[*`]+|(?m:^\s*(?:[-#>]|\d+\.)+\s)|(?<=[:：])\s+-(?=\s)")
"""What Markdown adds to a text, for one plain line of the list."""
LISTED = ("id", "title", "opened_at", "changed_at", "seq", "severity", "said")


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry, and the thread that it stands in."""

    entry: Entry
    place: Thread


class Store:
    """Many that are kept at once share one commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batch: Batch[Kept, None] = Batch(self._commit)

    @property
    def shared(self) -> bool:
        """Whether other replicas may write here."""
        return not self._database.is_sqlite

    async def newest_seq(self) -> int:
        async with self._database.read() as connection:
            return int((await connection.execute(select(func.max(ENTRIES.c.seq)))).scalar() or 0)

    async def keep(self, entry: Entry, place: Thread) -> None:
        """Returns when it is on disk. An older revision never takes the place of a newer one. Raises StoreDown."""
        await self._batch.add(Kept(entry, place))

    async def place(self, thread: str) -> Thread | None:
        """The thread in the house's words, if there is one."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(THREADS).where(THREADS.c.id == thread))).one_or_none()
        return Thread("web", row.id, row.place, row.workspace) if row else None

    async def known(self, slot: str) -> tuple[int, int] | None:
        """Position and revision of a slot that stands already."""
        query = select(ENTRIES.c.position, ENTRIES.c.revision).where(ENTRIES.c.slot == slot)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return (row.position, row.revision) if row else None

    async def entries(self, thread: str, most: int, before: int | None = None) -> list[Entry]:
        """The last ones of a thread, oldest first."""
        query = select(ENTRIES).where(ENTRIES.c.thread == thread)
        if before is not None:
            query = query.where(ENTRIES.c.position < before)
        return (await self._read(query.order_by(ENTRIES.c.position.desc()).limit(most)))[::-1]

    async def after(self, thread: str, seq: int) -> list[Entry]:
        """The newest state of all that changed since."""
        return await self._read(
            select(ENTRIES).where(ENTRIES.c.thread == thread, ENTRIES.c.seq > seq).order_by(ENTRIES.c.seq)
        )

    async def recent(self, threads: Iterable[str], seq: int) -> list[Entry]:
        """The newest state of all that changed since in these threads."""
        return await self._read(select(ENTRIES).where(ENTRIES.c.thread.in_(list(threads)), ENTRIES.c.seq > seq))

    async def changed(self, seq: int) -> dict[str, int]:
        """The threads that changed since, and their newest state."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(THREADS.c.id, THREADS.c.seq).where(THREADS.c.seq > seq))
            return {row.id: row.seq for row in rows}

    async def threads(self, only: Iterable[str] | None = None, most: int = 200, after: int = 0) -> list[dict[str, Any]]:
        """What the list shows of each thread, the one that changed last first."""
        asks = select(ENTRIES.c.slot).where(ENTRIES.c.thread == THREADS.c.id, ENTRIES.c.asks).exists()
        query = select(THREADS, asks.label("asks")).where(THREADS.c.seq > after)
        if only is not None:
            query = query.where(THREADS.c.id.in_(list(only)))
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(THREADS.c.seq.desc()).limit(most))).mappings().all()
        return [{**{name: row[name] for name in LISTED}, "asks": bool(row["asks"])} for row in rows]

    async def _read(self, query: Any) -> list[Entry]:
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Entry("entry", row.seq, row.body, slot=row.slot, thread=row.thread, position=row.position) for row in rows
        ]

    async def _commit(self, kept: list[Kept]) -> list[None]:
        newest = {each.entry.slot: each for each in kept}
        entries = self._database.insert(ENTRIES)
        changed = {name: entries.excluded[name] for name in ("seq", "revision", "asks", "body")}
        entries = entries.on_conflict_do_update(
            index_elements=["slot"], set_=changed, where=ENTRIES.c.revision <= entries.excluded.revision
        )
        async with self._database.begin() as connection:
            await connection.execute(self._thread_upsert(), _thread_rows(kept))
            await connection.execute(entries, [_entry_row(each.entry) for each in newest.values()])
        return [None] * len(kept)

    def _thread_upsert(self) -> Any:
        threads = self._database.insert(THREADS)
        changed = {name: threads.excluded[name] for name in ("changed_at", "seq", "severity", "said")}
        return threads.on_conflict_do_update(index_elements=["id"], set_=changed)


def _entry_row(entry: Entry) -> dict[str, Any]:
    return {
        "slot": entry.slot,
        "thread": entry.thread,
        "position": entry.position,
        "seq": entry.seq,
        "revision": entry.revision,
        "asks": entry.asks,
        "body": entry.encoded(),
    }


def _thread_rows(kept: list[Kept]) -> list[dict[str, Any]]:
    """The last word on each thread; the first one gives it its title."""
    first: dict[str, str] = {}
    rows: dict[str, dict[str, Any]] = {}
    for each in sorted(kept, key=lambda one: one.entry.seq):
        entry = each.entry
        said = _plainly(entry)
        title = first.setdefault(entry.thread, " ".join((entry.card.title if entry.card else said).split())[:120])
        rows[entry.thread] = {
            "id": entry.thread,
            "place": each.place.place,
            "workspace": each.place.workspace,
            "title": title,
            "opened_at": entry.at,
            "changed_at": entry.at,
            "seq": entry.seq,
            "severity": entry.card.severity if entry.card else "info",
            "said": said,
        }
    return list(rows.values())


def _plainly(entry: Entry) -> str:
    """One line of what was said: a person's words as they are, ours without their Markdown."""
    ours = MARKS.sub(" ", entry.card.summary or entry.card.title) if entry.card else ""
    return " ".join((entry.text or ours).split())[:200]
