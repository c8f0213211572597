"""Keeps what each ticket and incident tells as a case: by rules as it comes in, by a brain later, if there is one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from knowledge.cases import Part, case_by_lines, case_of
from knowledge.passage import CASES, Document, KnownCase
from knowledge.rows import MANY
from knowledge.tables import cases, document_of, documents

WELL_TOLD = 0.7
"""A case that tells cause and fix; by rules, it need not be read again."""


async def note(connection: AsyncConnection, some: Sequence[Document]) -> None:
    """What the rules read in them, in place of what was read in their former text."""
    for first in range(0, len(some), MANY):
        names = [document.id for document in some[first : first + MANY]]
        await connection.execute(delete(cases).where(cases.c.document.in_(names)))
    rows = [{"document": each.id, **_row(case_of(each))} for each in some if each.kind in CASES]
    if rows:
        await connection.execute(insert(cases), rows)


async def known(connection: AsyncConnection, some: Sequence[Document]) -> dict[str, KnownCase]:
    """The cases of documents, by their id. What was kept before there were cases is read now."""
    wanted = {each.id: each for each in some if each.kind in CASES}
    if not wanted:
        return {}
    rows = await connection.execute(select(cases).where(cases.c.document.in_(wanted)))
    kept = {row.document: _case(row) for row in rows}
    return {name: kept.get(name) or case_of(document) for name, document in wanted.items()}


async def badly_told(engine: AsyncEngine, most: int) -> tuple[tuple[Document, str], ...]:
    """Documents whose case the rules could not read well, and no brain has tried, each with its hash; newest first."""
    query = (
        select(documents)
        .join(cases, cases.c.document == documents.c.id)
        .where(cases.c.by == "rules", cases.c.quality < WELL_TOLD)
        .order_by(documents.c.updated.desc())
        .limit(most)
    )
    async with engine.connect() as connection:
        return tuple((document_of(row), row.hash) for row in await connection.execute(query))


async def read_by_brain(
    engine: AsyncEngine, document: Document, as_read: str, named: Mapping[Part, Sequence[int]]
) -> bool:
    """Keep what a brain named, if the document is still the one that it read (by its hash).

    What it could not read stays as the rules did, and it is not asked again.
    """
    case = case_by_lines(document, named)
    unchanged = select(documents.c.id).where(documents.c.id == document.id, documents.c.hash == as_read)
    async with engine.begin() as connection:
        kept = await connection.execute(
            update(cases).where(cases.c.document.in_(unchanged)).values(**_row(case) if case else {"by": "tried"})
        )
    return case is not None and int(kept.rowcount) == 1


async def told(connection: AsyncConnection) -> dict[str, int]:
    """How many cases there are, how many of them tell cause and fix, and how many a brain has read."""
    well, by = cases.c.quality >= WELL_TOLD, cases.c.by == "brain"
    counts = [func.count(), func.count().filter(well), func.count().filter(by)]
    row = (await connection.execute(select(*counts).select_from(cases))).one()
    return {"all": int(row[0]), "well_told": int(row[1]), "by_brain": int(row[2])}


def _row(case: KnownCase) -> dict[str, Any]:
    return {"by": case.by, "quality": case.quality, "told": asdict(case)}


def _case(row: Any) -> KnownCase:
    told: dict[str, Any] = dict(row.told)
    return KnownCase(**told | {name: tuple(told.get(name, ())) for name in ("services", "alerts")})
