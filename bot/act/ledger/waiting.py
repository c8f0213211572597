"""Records of what changes nothing: they hold nobody up, and wait here while the ledger takes none."""

import asyncio
from collections import deque

import structlog

from bot.act.ledger import Ledger
from bot.domain.record import AuditRecord
from bot.errors import LedgerDown

MOST = 1000
log = structlog.get_logger()


class Waiting:
    """Written at once, or in order when the ledger is back: the first thousand, for as long as this process lives."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._kept: deque[AuditRecord] = deque()
        self._turn = asyncio.Lock()
        self._refused = False

    @property
    def many(self) -> int:
        """How many wait for a ledger that takes none; those that are just being written do not count."""
        return len(self._kept) if self._refused else 0

    async def append(self, record: AuditRecord) -> None:
        """Never raises LedgerDown."""
        if len(self._kept) < MOST:
            self._kept.append(record)
        try:
            await self.catch_up()
        except LedgerDown as error:
            log.warning("what was looked at is written down later", why=str(error), waiting=self.many)

    async def catch_up(self) -> None:
        """Write down what waits. Raises LedgerDown when that cannot be."""
        async with self._turn:
            try:
                while self._kept:
                    await self._ledger.append(self._kept[0])
                    self._kept.popleft()
            except LedgerDown:
                self._refused = True
                raise
            self._refused = False
