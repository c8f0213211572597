"""Many small writes that come at once, committed together: one fsync for all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

W = TypeVar("W")
R = TypeVar("R")


class Batch(Generic[W, R]):
    """`add` returns when the write is on disk. What arrives during a commit goes into the next one."""

    def __init__(self, commit: Callable[[list[W]], Awaitable[list[R]]], most: int = 500) -> None:
        """`commit` writes them all in one transaction and gives one result for each, in order."""
        self._commit = commit
        self._most = most
        self._waiting: list[tuple[W, asyncio.Future[R]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def add(self, write: W) -> R:
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((write, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await future

    async def _write(self) -> None:
        while self._waiting:
            now, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            result = await asyncio.gather(self._commit([write for write, _ in now]), return_exceptions=True)
            outcome = result[0]
            for place, (_, future) in enumerate(now):
                if future.done():
                    continue
                if isinstance(outcome, BaseException):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome[place])
