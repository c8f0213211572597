"""Looks into SQLite: each statement on a thread of its own from begin to end, so that the loop changes threads once."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import URL, Executable, Result, create_engine, event

THREADS = 4


class Looks:
    """Reads only, and sees what is committed; two statements may see two states."""

    def __init__(self, url: URL) -> None:
        """`url`: that of a SQLite file."""
        self._engine = create_engine(
            url.set(drivername="sqlite"), pool_size=THREADS, connect_args={"check_same_thread": False}
        )
        event.listen(self._engine, "connect", _read_only)
        self._threads = ThreadPoolExecutor(THREADS, "look")

    async def execute(self, statement: Executable, values: Mapping[str, Any] | None = None) -> Result[Any]:
        """All rows of it, at hand."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._execute, statement, values)

    def close(self) -> None:
        self._threads.shutdown()
        self._engine.dispose()

    def _execute(self, statement: Executable, values: Mapping[str, Any] | None) -> Result[Any]:
        with self._engine.connect() as connection:
            return connection.execute(statement, values).freeze()()


def _read_only(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("busy_timeout=10000", "query_only=ON"):
        connection.execute(f"PRAGMA {pragma}")
