"""Looks after a library: checks it, mends it, fills its shelf anew, and says what it holds."""

from dataclasses import dataclass, field

from sqlalchemy import delete, func, select

from knowledge import casebook
from knowledge.errors import OtherModel
from knowledge.health import Health, examine
from knowledge.importing import FOR, cursor_name
from knowledge.library import Library
from knowledge.tables import cursors, documents, passages


@dataclass(frozen=True, slots=True)
class SourceStats:
    """One source: how much of it we have, and how its last import went."""

    source: str
    documents: int
    passages: int
    newest: float | None
    ran: float | None
    error: str


@dataclass(frozen=True, slots=True)
class Stats:
    """What the library holds."""

    documents: int
    passages: int
    waiting: int
    languages: dict[str, int]
    model: str
    sources: tuple[SourceStats, ...]
    cases: dict[str, int] = field(default_factory=dict)
    """`all`, those that tell cause and fix (`well_told`), those that a brain has read (`by_brain`)."""


async def check(library: Library) -> Health:
    """Compare the books with the shelf. Changes nothing."""
    try:
        shelf = await library.shelf()
    except OtherModel as other:
        return Health(0, 0, 0, 0, 0, 0, str(other))
    return await examine(library.records, shelf, str(library.marks.get("model", "")))


async def reindex(library: Library) -> int:
    """Fill the shelf anew from the books. Reads again only what this model has never read."""
    await library.shelf(afresh=True)
    await library.records.unshelve()
    return await library.mend()


async def mend(library: Library) -> Health:
    """Finish what was left half done; fill the shelf anew only if that is not enough."""
    await library.mend()
    health = await check(library)
    if not health.well:
        await reindex(library)
        health = await check(library)
    return health


async def forget(library: Library, source: str, tenant: str) -> int:
    """All that was read from a source for that workspace, and where to go on from. How many documents there were."""
    query = select(documents.c.id).where(documents.c.source == source, documents.c.tenant == tenant)
    async with library.records.engine.begin() as connection:
        ids = list((await connection.execute(query)).scalars())
        await connection.execute(delete(cursors).where(cursors.c.source == cursor_name(source, tenant)))
    return await library.remove(ids)


async def stats(library: Library) -> Stats:
    """Counts, by source and language."""
    async with library.records.engine.connect() as connection:

        async def count(query: object) -> int:
            return int((await connection.execute(query)).scalar_one())  # type: ignore[call-overload]

        spoken = await connection.execute(select(passages.c.language, func.count()).group_by(passages.c.language))
        by_source = await connection.execute(
            select(
                documents.c.source,
                func.count(documents.c.id.distinct()),
                func.count(passages.c.number),
                func.max(documents.c.updated),
            )
            .outerjoin(passages, passages.c.document == documents.c.id)
            .group_by(documents.c.source)
        )
        last = await connection.execute(select(cursors).order_by(cursors.c.ran))
        runs: dict[str, tuple[float, str]] = {}
        for row in last:  # one source may be read for several workspaces: what goes wrong for one is not hidden
            name, _, tenant = row.source.partition(FOR)
            wrong = f"{FOR.strip()} {tenant}: {row.error}" if tenant and row.error else row.error
            before = runs[name][1] if name in runs else ""
            runs[name] = (row.ran, " · ".join(each for each in (before, wrong) if each))
        counted = {row.source: row for row in by_source.all()}
        sources = [
            SourceStats(name, *(counted[name][1:] if name in counted else (0, 0, None)), *runs.get(name, (None, "")))
            for name in sorted({*counted, *runs})
        ]
        return Stats(
            documents=await count(select(func.count()).select_from(documents)),
            passages=await count(select(func.count()).select_from(passages)),
            waiting=await count(select(func.count()).select_from(passages).where(passages.c.shelved.is_(False))),
            languages=dict(spoken.tuples().all()),
            model=str(library.marks.get("model", "")),
            sources=tuple(sources),
            cases=await casebook.told(connection),
        )
