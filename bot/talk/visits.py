"""Who came in, who was turned away and who left: written down. A ledger that is down keeps nobody from looking."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from starlette.requests import HTTPConnection

from bot.domain.record import AuditRecord
from bot.errors import StoreDown

MOST_WAITING = 1000
AGAIN_AFTER = 600.0
"""Seconds for which more of the same refusal from the same address is not written down again."""
MOST_ADDRESSES = 1000
log = structlog.get_logger()


class Visits:
    """Changes wait for the ledger; people who want to look do not, so what it does not take is written down later."""

    def __init__(
        self,
        append: Callable[[AuditRecord], Awaitable[None]],
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._append = append
        self._now = now
        self._clock = clock
        self._waiting: deque[AuditRecord] = deque()
        self._refused: dict[tuple[str, str, str], float] = {}
        self._turn = asyncio.Lock()

    async def came(self, who: str, door: str, how: str, where: HTTPConnection) -> None:
        """Somebody is let in; written before they are."""
        await self._write("login", who, door, how, where)

    async def left(self, who: str, door: str, where: HTTPConnection) -> None:
        """Signed out."""
        await self._write("logout", who, door, "signed out", where)

    async def refused(self, who: str, door: str, why: str, where: HTTPConnection) -> None:
        """Turned away. Whoever tries again and again fills no ledger: the first in ten minutes is written down."""
        now, key = self._clock(), (address(where), door, why)
        if now - self._refused.get(key, -AGAIN_AFTER) < AGAIN_AFTER:
            return
        if len(self._refused) >= MOST_ADDRESSES:
            self._refused = {each: at for each, at in self._refused.items() if now - at < AGAIN_AFTER}
            if len(self._refused) >= MOST_ADDRESSES:
                log.warning("refused logins from too many addresses are no longer written down one by one", door=door)
                return
        self._refused[key] = now
        await self._write("login refused", who, door, why, where)

    async def catch_up(self) -> None:
        """Write down what the ledger did not take. Raises StoreDown when it still does not."""
        async with self._turn:
            while self._waiting:
                await self._append(self._waiting[0])
                self._waiting.popleft()

    async def _write(self, did: str, who: str, door: str, outcome: str, where: HTTPConnection) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(AuditRecord(self._now(), who, did, door, outcome, facts={"from": address(where)}))
        try:
            await self.catch_up()
        except StoreDown as error:
            log.warning("a login is written down later", did=did, who=who, why=str(error), waiting=len(self._waiting))


def address(where: HTTPConnection) -> str:
    """Whence it was asked, as the server sees it."""
    return where.client.host if where.client else ""
