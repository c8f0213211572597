"""Runs an importer into the library: resumable, counted, and careful with what seems to be gone."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import delete, insert, select

from knowledge.errors import BadSource, LibraryError, SourceAway
from knowledge.importers import JSON, ODD, Batch, Importer, LiveImporter
from knowledge.library import Added, Library
from knowledge.passage import Document
from knowledge.tables import cursors, documents

MOST_GONE = 0.2
FEW = 10
CENSUS_EVERY = 20 * 3600.0
FOR = " for "
"""Between a source and the tenant that it is read for."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is."""

    seen: int = 0
    total: int | None = None
    kept: Added = field(default_factory=Added)
    gone: int = 0
    odd: int = 0
    """Sent by the source in a way that cannot be read, and left out."""


Told = Callable[[Progress], Awaitable[None]]


async def _silent(_: Progress) -> None:
    return None


async def run(
    library: Library,
    importer: Importer,
    *,
    told: Told = _silent,
    dry: bool = False,
    afresh: bool = False,
    accept_removals: bool = False,
    tenant: str = "",
    label: str = "",
    clock: Callable[[], float] = time.time,
    follow: int = 0,
) -> Progress:
    """Import what is new. A dry run only counts. Whatever happens, the next run goes on from the last kept batch.

    `follow`: seconds to go on listening, for a source that can tell of news. `label`: what a reader must hold to see
    what the source itself hides from nobody; another one than before begins anew, so that it hides all that was read.
    """
    name = cursor_name(importer.source, tenant)
    state = {} if afresh else await _state(library, name, label)
    progress = Progress()
    try:
        async for batch in _batches(importer, state.get("at"), follow):
            some = [_ours(each, importer.source, tenant, label) for each in batch.documents]
            kept, gone = (await library.weigh(some) if dry else Added()), 0
            if not dry:
                kept = await library.add(some)
                gone = await library.remove([_id(importer.source, _storable(key), tenant) for key in batch.gone])
                state = {**state, "at": batch.cursor, "label": label}
                await _keep(library, name, state, clock())
            progress = _further(progress, batch, kept, gone)
            await told(progress)
        if not dry and clock() - float(state.get("census", 0)) >= CENSUS_EVERY:
            gone = await _forget_gone(library, importer, tenant, accept_removals)
            progress = replace(progress, gone=progress.gone + gone)
            await _keep(library, name, {**state, "census": clock()}, clock())
            await told(progress)
    except LibraryError as error:
        if not dry:
            await _keep(library, name, state, clock(), library.masked(str(error)))
        raise
    finally:
        await importer.close()
    return progress


def _further(progress: Progress, batch: Batch, kept: Added, gone: int) -> Progress:
    return Progress(
        seen=progress.seen + len(batch.documents),
        total=batch.total if batch.total is not None else progress.total,
        kept=progress.kept + kept,
        gone=progress.gone + gone,
        odd=progress.odd + batch.odd,
    )


def _ours(document: Document, source: str, tenant: str, label: str) -> Document:
    texts = {name: _storable(getattr(document, name)) for name in ("title", "text", "url", "key")}
    return replace(document, **texts, source=source, tenant=tenant, acl=_storable(document.acl or label))  # type: ignore[arg-type]


def _storable(text: str) -> str:
    """JSON can say what no database keeps: half a letter, and the letter NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


async def _batches(importer: Importer, cursor: JSON, follow: int) -> AsyncIterator[Batch]:
    """What a source sends that nobody could foresee is its fault, told in a sentence, not our end."""
    stream = cast(LiveImporter, importer).follow(cursor, follow) if follow else importer.batches(cursor)
    try:
        async for batch in stream:
            yield batch
    except (*ODD, OSError) as error:
        raise _unreadable(importer, error) from error


def _unreadable(importer: Importer, error: Exception) -> BadSource:
    why = f"it sent what we cannot read ({type(error).__name__}: {str(error)[:150]})"
    return BadSource("import_bad_source", source=importer.source, why=_storable(" ".join(why.split())))


async def _forget_gone(library: Library, importer: Importer, tenant: str, accept: bool) -> int:
    """Remove what the source no longer has. If very much seems gone, rather a token lost its rights: then nothing."""
    try:
        there = await importer.census()
    except (*ODD, OSError) as error:
        raise _unreadable(importer, error) from error
    if there is None:
        return 0
    query = select(documents.c.key, documents.c.id).where(
        documents.c.source == importer.source, documents.c.tenant == tenant
    )
    async with library.records.engine.connect() as connection:
        known = {row.key: row.id for row in await connection.execute(query)}
    kept = set(map(_storable, there))
    gone = [name for key, name in known.items() if key not in kept]
    if len(gone) > max(FEW, MOST_GONE * len(known)) and not accept:
        raise SourceAway("import_too_many_gone", gone=len(gone), known=len(known), source=importer.source)
    return await library.remove(gone)


async def _state(library: Library, source: str, label: str) -> dict[str, Any]:
    async with library.records.engine.connect() as connection:
        kept = (await connection.execute(select(cursors.c.cursor).where(cursors.c.source == source))).scalar()
    return dict(kept or {}) if not label or (kept or {}).get("label") == label else {}


async def _keep(library: Library, source: str, state: dict[str, Any], now: float, error: str = "") -> None:
    async with library.records.engine.begin() as connection:
        await connection.execute(delete(cursors).where(cursors.c.source == source))
        await connection.execute(insert(cursors).values(source=source, cursor=state, ran=now, error=error))


def cursor_name(source: str, tenant: str = "") -> str:
    """One source may be read for several tenants, each with a place of its own to go on from."""
    return f"{source}{FOR}{tenant}"[:200] if tenant else source


def _id(source: str, key: str, tenant: str) -> str:
    return Document("", "", "", source=source, key=key, tenant=tenant).id


__all__ = ["JSON", "Progress", "cursor_name", "run"]
