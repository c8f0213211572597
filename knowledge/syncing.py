"""Brings in what is new by the clock, once for all replicas that share a library."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import text

from knowledge.errors import LibraryError
from knowledge.importers import Importer, live_names, make, names
from knowledge.importing import Progress, run
from knowledge.library import Library
from knowledge.schedules import Schedule

Told = Callable[[str, Progress | LibraryError], None]
Lent = Mapping[str, Callable[[], Importer]]
ROUND = 240
"""Seconds for which a live source is listened to before it is listed anew."""
LEASE = 600.0
"""Seconds after which somebody else may listen in place of one who was not heard of."""
AFTER_TROUBLE = 30.0
BETWEEN = 1.0


def is_live(source: str) -> bool:
    """Does it tell of news by itself?"""
    return source.partition(":")[0] in live_names()


def importer_of(source: str, lent: Lent | None = None) -> Importer:
    """`NAME`, or `NAME:PATH` for folders and repositories. What else it needs stands in its settings.

    `lent`: importers of what only the house itself can read.
    """
    name, _, path = source.partition(":")
    if lent and name in lent:
        return lent[name]()
    if name not in names():
        raise LibraryError("library_no_importer", name=name, names=", ".join(sorted({*names(), *(lent or ())})))
    return make(name, {"path": path} if path else {})


async def claim(library: Library, source: str, every: float, now: float) -> bool:
    """True for one replica of all, once in `every` seconds."""
    claimed = text(
        "INSERT INTO notes(name, value) VALUES (:name, :now) ON CONFLICT (name) DO UPDATE SET value = :now "
        "WHERE CAST(notes.value AS DOUBLE PRECISION) <= :before"
    )
    values = {"name": _note(source), "now": repr(now), "before": now - every}
    async with library.records.engine.begin() as connection:
        return (await connection.execute(claimed, values)).rowcount == 1


async def sync(
    library: Library,
    schedules: Sequence[Schedule],
    every: float,
    told: Told,
    clock: Callable[[], float] = time.time,
    lent: Lent | None = None,
) -> None:
    """Each source that is due and that nobody else has taken. What goes wrong with one keeps none of the others."""
    for each in schedules:
        if await claim(library, str(each), every, clock()):
            await _read(library, each, told, clock, lent)


async def live(
    library: Library, schedule: Schedule, told: Told, clock: Callable[[], float] = time.time, lent: Lent | None = None
) -> None:
    """Listen to a source that tells of news by itself, one replica at a time, until we are cancelled.

    Each round begins with a list, so that what happened between two rounds is not missed.
    """
    while True:
        if await claim(library, str(schedule), LEASE, clock()):
            well = await _read(library, schedule, told, clock, lent, follow=ROUND)
            await _note_down(library, schedule, clock() - LEASE + (0 if well else AFTER_TROUBLE))
        await asyncio.sleep(BETWEEN)


async def _read(
    library: Library,
    schedule: Schedule,
    told: Told,
    clock: Callable[[], float],
    lent: Lent | None,
    follow: int = 0,
) -> bool:
    async def still_at_it(_: Progress) -> None:
        """Nobody else begins while we are at it, however long it takes."""
        await _note_down(library, schedule, clock())

    name = str(schedule)
    try:
        done = await run(
            library,
            importer_of(schedule.source, lent),
            told=still_at_it,
            tenant=schedule.tenant,
            label=schedule.label,
            clock=clock,
            follow=follow,
        )
    except LibraryError as error:
        told(name, error)
        return False
    told(name, done)
    return True


async def _note_down(library: Library, schedule: Schedule, moment: float) -> None:
    async with library.records.engine.begin() as connection:
        query = text("UPDATE notes SET value = :now WHERE name = :name")
        await connection.execute(query, {"name": _note(str(schedule)), "now": repr(moment)})


def _note(source: str) -> str:
    return f"sync:{source}"[:100]
