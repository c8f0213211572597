"""Records of looks wait for a ledger that takes none; one that is only slow is not called away."""

import asyncio
from datetime import UTC, datetime

from bot.act.ledger.waiting import Waiting
from bot.domain.record import AuditRecord
from bot.errors import LedgerDown

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Ledger:
    """Takes records when it may, or refuses them."""

    def __init__(self):
        self.may, self.down, self.taken = asyncio.Event(), False, []
        self.may.set()

    async def append(self, record):
        await self.may.wait()
        if self.down:
            raise LedgerDown(why="full")
        self.taken.append(record.to)


def record(number):
    return AuditRecord(NOON, "web::asker", "looked", f"shop/{number}", "done")


async def test_what_is_just_being_written_does_not_wait():
    ledger = Ledger()
    waiting = Waiting(ledger)
    ledger.may.clear()
    several = [asyncio.create_task(waiting.append(record(number))) for number in range(3)]
    await asyncio.sleep(0)
    assert waiting.many == 0
    ledger.may.set()
    await asyncio.gather(*several)
    assert ledger.taken == ["shop/0", "shop/1", "shop/2"]


async def test_what_was_refused_waits_and_is_written_in_order():
    ledger = Ledger()
    waiting = Waiting(ledger)
    ledger.down = True
    for number in range(3):
        await waiting.append(record(number))
    assert waiting.many == 3
    ledger.down = False
    await waiting.append(record(3))
    assert waiting.many == 0
    assert ledger.taken == [f"shop/{number}" for number in range(4)]
