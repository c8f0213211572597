"""The record of repairs: what was done to what, and whether it helped. Breaker, budgets and earned leave read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Boolean, Column, Float, String, Table, Text, delete, select

from bot.database import Database, metadata

REPAIRS = Table(
    "repairs",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("target", String(600), nullable=False, index=True),
    Column("namespace", String(253), nullable=False),
    Column("action", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("rule", String(200), nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("result", String(20), nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("finding", String(200), nullable=False, server_default=""),
)
MARKS = Table(
    "marks",
    metadata,
    Column("id", String(600), primary_key=True),
    Column("at", Float, nullable=False),
    Column("why", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Repair:
    """One change that was made."""

    id: str
    target: str
    namespace: str
    action: str
    digest: str
    rule: str
    automatic: bool
    result: str
    """`begun`, `refused`, `verified`, `undone` or `failed`."""
    at: float
    """When it was begun."""
    finding: str = ""
    """What it was to mend, by its key."""

    @property
    def failed(self) -> bool:
        return self.result in {"undone", "failed"}

    @property
    def ended(self) -> bool:
        """It was made, and people know what came of it."""
        return self.failed or self.result == "verified"


class Repairs:
    """All of them, and the marks that people set: a breaker reset, a broken glass, leave taken away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, repair: Repair) -> None:
        """As it stands now."""
        row = {name: getattr(repair, name) for name in Repair.__slots__}
        statement = self._database.insert(REPAIRS).values(**row)
        statement = statement.on_conflict_do_update(index_elements=["id"], set_={"result": repair.result})
        async with self._database.begin() as connection:
            await connection.execute(statement)

    async def since(self, at: datetime, target: str = "", rule: str = "", action: str = "") -> Sequence[Repair]:
        """Those of a target, a rule or an action since then, the newest first."""
        query = select(REPAIRS).where(REPAIRS.c.at >= at.timestamp())
        for column, value in ((REPAIRS.c.target, target), (REPAIRS.c.rule, rule), (REPAIRS.c.action, action)):
            query = query.where(column == value) if value else query
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(REPAIRS.c.at.desc(), REPAIRS.c.id.desc()))).all()
        return [Repair(*(getattr(row, name) for name in Repair.__slots__)) for row in rows]

    async def mark(self, id: str, at: datetime, why: str) -> None:
        row = {"id": id, "at": at.timestamp(), "why": why}
        statement = self._database.insert(MARKS).values(**row)
        async with self._database.begin() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))

    async def marked(self, id: str) -> tuple[float, str] | None:
        """When this was marked last, and why."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(MARKS).where(MARKS.c.id == id))).one_or_none()
        return (row.at, row.why) if row else None

    async def forget(self, before: datetime, keep: timedelta = timedelta(days=90)) -> None:
        """What is too old to count."""
        async with self._database.begin() as connection:
            await connection.execute(delete(REPAIRS).where(REPAIRS.c.at < (before - keep).timestamp()))
