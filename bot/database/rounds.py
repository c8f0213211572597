"""What is done now and then, once for all replicas: the first does it, and another one if that one dies."""

from datetime import datetime, timedelta

from sqlalchemy import Boolean, Column, DateTime, String, Table, and_, or_, update

from bot.database.engine import Database
from bot.database.tables import metadata

ROUNDS = Table(
    "rounds",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("done", Boolean, nullable=False, default=False),
)


class Rounds:
    """By name and the moment that a round was due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, name: str, due: datetime, now: datetime, lasts: timedelta) -> bool:
        """True for one caller only; for another again if it was not done within `lasts`. Raises StoreDown."""
        row = self._database.insert(ROUNDS).values(name=name, due=due, until=now + lasts, done=False)
        newest = row.excluded
        free = or_(
            ROUNDS.c.due < newest.due,
            and_(ROUNDS.c.due == newest.due, ROUNDS.c.done.is_(False), ROUNDS.c.until <= now),
        )
        taken = row.on_conflict_do_update(
            index_elements=["name"], set_={"due": newest.due, "until": newest.until, "done": False}, where=free
        )
        async with self._database.begin() as connection:
            return (await connection.execute(taken.returning(ROUNDS.c.name))).scalar() is not None

    async def done(self, name: str, due: datetime) -> None:
        """Nobody else needs to do it."""
        async with self._database.begin() as connection:
            await connection.execute(update(ROUNDS).where(ROUNDS.c.name == name, ROUNDS.c.due == due).values(done=True))
