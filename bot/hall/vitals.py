"""Our own health, measured every few seconds for Prometheus."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot import telemetry
from bot.act.gate import Gate
from bot.act.ledger import Ledger
from bot.errors import BotError, StoreDown
from bot.talk.channels import Channel
from bot.talk.inbox import Inbox
from bot.talk.outbox import Outbox
from bot.think.brains import Brain

ASK_EVERY, MOST_SECONDS = 60.0, 10.0
"""Seconds between asking brains and channels how they are, and how long they may take to say."""


class Vitals:
    """Fills the gauges of bot/telemetry; never raises for what is merely unwell."""

    def __init__(
        self,
        inbox: Inbox,
        outbox: Outbox,
        gate: Gate,
        brains: Sequence[Brain],
        channels: Mapping[str, Channel],
        ledger: Ledger,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inbox, self._outbox, self._gate = inbox, outbox, gate
        self._brains, self._channels, self._ledger, self._now = brains, channels, ledger, now
        self._ask_at = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def measure(self) -> None:
        """The depths now; once a minute also those who are asked over the wire, without waiting for them."""
        telemetry.INBOX_DEPTH.set(self._inbox.depth)
        telemetry.OUTBOX_DEPTH.set(self._outbox.depth)
        try:
            telemetry.INBOX_OLDEST.set(await self._inbox.oldest())
            telemetry.APPROVALS_PENDING.set(len(await self._gate.pending()))
            telemetry.LEDGER_BEHIND.set(await self._ledger.behind())
            telemetry.STORE_UP.set(1)
        except (StoreDown, OSError):
            telemetry.STORE_UP.set(0)
        if self._now() >= self._ask_at and (self._asking is None or self._asking.done()):
            self._ask_at = self._now() + ASK_EVERY
            self._asking = asyncio.create_task(self.ask(), name="vitals")

    async def ask(self) -> None:
        """How the brains and the channels are, and whether repairs are paused."""
        await self._breaker()
        for brain in self._brains:
            telemetry.BRAIN_UP.labels(brain.name).set(await _well(brain.health))
        for name, channel in self._channels.items():
            telemetry.CHANNEL_UP.labels(name).set(await _well(channel.health))

    async def _breaker(self) -> None:
        try:
            everywhere, targets = await self._gate.paused()
        except StoreDown:
            return
        telemetry.BREAKER_OPEN.labels("all").set(everywhere)
        telemetry.BREAKER_OPEN.labels("target").set(targets)


async def _well(health: Callable[[], Awaitable[str]]) -> bool:
    """Whether nothing is wrong; who does not answer in time is away."""
    try:
        async with asyncio.timeout(MOST_SECONDS):
            return not await health()
    except (BotError, OSError, TimeoutError):
        return False
