"""Opens the database, and makes its tables what they should be."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Executable, Result, event, make_url, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.database.looks import Looks
from bot.database.steps import upgrade
from bot.errors import StoreDown

CONNECT_SECONDS, STATEMENT_SECONDS = 10.0, 60.0
"""How long PostgreSQL may take to let us in, and for one statement."""


class Reading(Protocol):
    """What a look needs of a connection."""

    async def execute(self, statement: Executable, /) -> Result[Any]: ...


class Database:
    """One engine for the whole house."""

    def __init__(self, url: str) -> None:
        """`url`: a SQLAlchemy URL, e.g. `sqlite+aiosqlite:///var/dutybot.sqlite` or `postgresql+asyncpg://…`."""
        parsed = make_url(url)
        if parsed.drivername == "sqlite":
            parsed = parsed.set(drivername="sqlite+aiosqlite")
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+asyncpg")
        self.me = str(1 + secrets.randbelow(2**31 - 1))
        """Our name among those who work on the same database."""
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._looks: Looks | None = None
        if self.is_sqlite and parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self._looks = Looks(parsed)
        options: dict[str, Any] = {} if self.is_sqlite else _over_the_wire()
        self._turn = asyncio.Lock() if self.is_sqlite else nullcontext()
        """SQLite has one writer: waiting in line here is quicker than its own way of asking again and again."""
        self.engine: AsyncEngine = create_async_engine(parsed, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _tune_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_immediate)

    async def open(self) -> None:
        """Bring the tables up to date. Raises StoreDown when the database does not answer."""
        try:
            async with self.engine.begin() as connection:
                if not self.is_sqlite:  # replicas that start together take turns
                    await connection.execute(text("SELECT pg_advisory_xact_lock(7203103)"))
                await connection.run_sync(upgrade)
        except (SQLAlchemyError, OSError) as error:
            raise StoreDown("error_store_down", why=type(error).__name__) from error

    async def close(self) -> None:
        if self._looks:
            self._looks.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: all of it, or nothing. Raises StoreDown when the database does not answer."""
        try:
            async with self._turn, self.engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise StoreDown("error_store_down", why=type(error).__name__) from error

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reading]:
        """A look that changes nothing and waits for no writer. Raises StoreDown when the database does not answer."""
        try:
            if self._looks:
                yield self._looks
                return
            async with self.engine.connect() as connection:
                yield await connection.execution_options(reading=True)
        except (SQLAlchemyError, OSError) as error:
            raise StoreDown("error_store_down", why=type(error).__name__) from error

    def insert(self, table: Any) -> Any:
        """An INSERT that knows ON CONFLICT, in this database's dialect."""
        if self.is_sqlite:
            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql  # asked for only where it is used: it takes a while to load

        return postgresql.insert(table)


def _over_the_wire() -> dict[str, Any]:
    """Of PostgreSQL: nobody waits for ever for one that went silent."""
    patience = {"timeout": CONNECT_SECONDS, "command_timeout": STATEMENT_SECONDS}
    return {"pool_size": 10, "max_overflow": 10, "pool_pre_ping": True, "connect_args": patience}


PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=8000",  # pages, 32 MB: bringing them over halts all writers, so it is done seldom
    "busy_timeout=10000",
    "foreign_keys=ON",
)


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")
