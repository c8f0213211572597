"""Who works on this database: several bots on PostgreSQL, each seen by a lock it holds; one alone on SQLite."""

import fcntl
import os
from pathlib import Path
from typing import IO

import structlog
from sqlalchemy import not_, or_, text, true
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from bot.database.engine import Database
from bot.errors import BadInput, StoreDown

BEAT = 1.0
"""Seconds between two looks at who is still there."""
PRESENT = 7_203_100
"""First half of the lock that each replica holds as long as its connection lives; its own number is the second."""
TURN = 7_203_101
"""Name of the lock under which it is settled who holds what."""
ALIVE = text(
    "SELECT CAST(:prefix AS text) || CAST(objid AS text) FROM pg_locks"
    " WHERE locktype = 'advisory' AND granted AND objsubid = 2"
    " AND classid = :here AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
).bindparams(here=PRESENT)
GONE_AFTER = ("tcp_keepalives_idle = 4", "tcp_keepalives_interval = 2", "tcp_keepalives_count = 3")
"""A killed process is gone at once; one whose machine is gone, after ten seconds."""
log = structlog.get_logger()


class Replicas:
    """Our own place among them. On SQLite there is none beside us, since a second process is refused."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock: IO[str] | None = None
        self._line: AsyncConnection | None = None

    async def join(self) -> None:
        """Be one of them. Raises BadInput when the database is a file and another process works on it; StoreDown."""
        if self._database.is_sqlite:
            self._lock_file()
        else:
            await self._hold()

    async def still_here(self) -> bool:
        """False if the others may have taken us for dead since the last call; we are back then. Raises StoreDown."""
        if self._line is not None:
            try:
                await self._line.execute(text("SELECT 1"))
                return True
            except (SQLAlchemyError, OSError):
                log.warning("the line to the database broke; the others may have taken over what we held")
                await self._let_go()
        await self._hold()
        return False

    async def leave(self) -> None:
        """What we hold is free at once."""
        if self._lock:
            self._lock.close()
            self._lock = None
        await self._let_go()

    async def _hold(self) -> None:
        try:
            line = await self._database.engine.connect()
            self._line = await line.execution_options(isolation_level="AUTOCOMMIT")
            for setting in GONE_AFTER:
                await self._line.execute(text(f"SET {setting}"))
            name = {"here": PRESENT, "me": int(self._database.me)}
            await self._line.execute(text("SELECT pg_advisory_lock(:here, :me)"), name)
        except (SQLAlchemyError, OSError) as error:
            await self._let_go()
            raise StoreDown("error_store_down", why=type(error).__name__) from error

    async def _let_go(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            try:
                await line.invalidate()  # not back into the pool: the lock goes with the connection
                await line.close()
            except (SQLAlchemyError, OSError) as error:
                log.info("the line was broken already", why=type(error).__name__)

    def _lock_file(self) -> None:
        path = self._database.engine.url.database
        if not path or path == ":memory:":
            return
        lock = Path(f"{path}.lock").open("w", encoding="ascii")  # noqa: SIM115 (held as long as we are on duty)
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise BadInput("error_database_taken", path=path) from error
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock


async def turn(connection: AsyncConnection, database: Database, name: int = TURN) -> None:
    """Until this transaction ends, no other replica settles this. SQLite has one writer anyway."""
    if not database.is_sqlite:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": name})


def orphaned(database: Database, holder: ColumnElement[str], prefix: str = "") -> ColumnElement[bool]:
    """What nobody on duty holds; on SQLite all, for whoever held it is gone. `prefix` stands before each name."""
    if database.is_sqlite:
        return true()
    return or_(holder.is_(None), not_(holder.in_(ALIVE.bindparams(prefix=prefix))))
