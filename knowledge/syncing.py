"""Brings in what is new by the clock, once for all replicas that share a library."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import text

from knowledge.errors import LibraryError
from knowledge.importers import Importer, make, names
from knowledge.importing import Progress, run
from knowledge.library import Library

Told = Callable[[str, Progress | LibraryError], None]


def wanted(told: str) -> tuple[str, ...]:
    """Sources with commas between: `jira, confluence, markdown:/srv/runbooks`."""
    return tuple(part.strip() for part in told.split(",") if part.strip())


def importer_of(source: str) -> Importer:
    """`NAME`, or `NAME:PATH` for folders and repositories. What else it needs stands in its settings."""
    name, _, path = source.partition(":")
    if name not in names():
        raise LibraryError("library_no_importer", name=name, names=", ".join(names()))
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
    library: Library, sources: Sequence[str], every: float, told: Told, clock: Callable[[], float] = time.time
) -> None:
    """Each source that is due and that nobody else has taken. What goes wrong with one keeps none of the others."""
    for source in sources:
        if not await claim(library, source, every, clock()):
            continue

        async def still_at_it(_: Progress, source: str = source) -> None:
            """Nobody else begins while we are at it, however long it takes."""
            async with library.records.engine.begin() as connection:
                query = text("UPDATE notes SET value = :now WHERE name = :name")
                await connection.execute(query, {"name": _note(source), "now": repr(clock())})

        try:
            told(source, await run(library, importer_of(source), told=still_at_it, clock=clock))
        except LibraryError as error:
            told(source, error)


def _note(source: str) -> str:
    return f"sync:{source}"[:100]
