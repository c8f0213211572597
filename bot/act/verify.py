"""Watches whether a change has helped: looks again and again until it is settled, or its time is up."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.act.signs import Signs
from bot.domain.approval import Signal
from bot.domain.course import Aftermath
from skills import SkillError
from skills.change import Verification
from skills.words import told

SLOWLY = 5.0
"""Seconds between two looks at what others measure."""


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
    said = ""
    while True:
        seen = await look()
        if seen.settled or pace.now() >= until:
            return Aftermath(seen.better is True, seen.why)
        if seen.why != said:
            said = seen.why
            await tell(said)
        await pace.sleep(pace.every)


async def well_again(
    signs: Signs, signals: Sequence[Signal], own: Aftermath, pace: Pace, tell: Callable[[str], Awaitable[None]]
) -> Aftermath:
    """Its own check is well: whether what it was to end has ended too. What cannot be seen is no reason to undo."""
    blind = ""

    async def look() -> Verification:
        nonlocal blind
        try:
            seen, blind = await signs.look(signals), ""
        except SkillError as error:
            blind = str(error)
            return Verification(False, None, blind)
        return seen

    end = await settled(look, pace.now() + signs.lasts, replace(pace, every=SLOWLY), tell)
    if end.better:
        return Aftermath(True, f"{own.why}; {end.why}")
    minutes = round(signs.lasts.total_seconds() / 60)
    late = told(f"after {minutes} minutes: {end.why}", f"{minutes} 分钟后：{end.why}")
    return Aftermath(False, f"{own.why}; {late}", unseen=blind != "")
