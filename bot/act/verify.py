"""Watches whether a change has helped: looks again and again until it is settled, or its time is up."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.course import Aftermath
from skills.change import Verification


@dataclass(frozen=True, slots=True)
class Pace:
    """Whose time it is, how to wait, and how often to look."""

    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    every: float = 1.0


async def settled(
    look: Callable[[], Awaitable[Verification]],
    until: datetime,
    pace: Pace,
    tell: Callable[[str], Awaitable[None]],
) -> Aftermath:
    """What it came to. What is not plainly better when its time is up has not helped."""
    told = ""
    while True:
        seen = await look()
        if seen.settled or pace.now() >= until:
            return Aftermath(seen.better is True, seen.why)
        if seen.why != told:
            told = seen.why
            await tell(told)
        await pace.sleep(pace.every)
