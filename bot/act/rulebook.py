"""Writes down each change of the rules, before anything is changed by the new ones."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.act.ledger import Ledger
from bot.act.policy import BROKEN, Policy
from bot.act.repairs import Repairs
from bot.domain.record import AuditRecord

MARK = "policy"
FIRST = "none"


class Rulebook:
    """Knows which rules were written down last: also those that were changed while nobody was on duty."""

    def __init__(self, policy: Policy, repairs: Repairs, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._policy = policy
        self._repairs = repairs
        self._ledger = ledger
        self._now = now
        self._written = ""
        self._turn = asyncio.Lock()

    async def look(self) -> None:
        """Returns when the rules as they are stand in the ledger. Raises StoreDown when they cannot be written there.

        Killed between the two writes, it tells the same change twice; that is better than not at all.
        """
        if self._policy.digest == self._written:
            return
        async with self._turn:
            new, at = self._policy.digest, self._now()
            mark = await self._repairs.marked(MARK)
            old = mark[1] if mark else FIRST
            if new != old:
                told = f"nothing runs: {self._policy.broken}" if new == BROKEN else f"{old} → {new}"
                facts = {"old": old, "new": new}
                record = AuditRecord(at, self._policy.changed_by, "policy", self._policy.source, told, facts=facts)
                await self._ledger.append(record)
                await self._repairs.mark(MARK, at, new)
            self._written = new
