"""A change whose answer was lost: looked at until it is known whether it was made, or can no longer come about."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.domain.approval import Refusal
from skills import Evidence
from skills.words import told

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0)
"""Seconds between the looks; together more than the minute after which an API server gives a request up."""
Outcome = Evidence | Refusal
Sleep = Callable[[float], Awaitable[None]]


async def cleared(
    lost: Refusal,
    took: Callable[[], Awaitable[bool | None]],
    again: Callable[[], Awaitable[Outcome]],
    tell: Callable[[str], Awaitable[None]],
    sleep: Sleep = asyncio.sleep,
) -> Outcome:
    """What came of it. Where that stays unknown it counts as made: it is checked, and put back if it did not help.

    `took`: whether it was made, in part or whole; None: that cannot be seen now. `again`: asks for the same once more,
    which sees what is made already; only asked where something was.
    """
    made: bool | None = None
    for pause in PAUSES:
        await tell(lost.why)
        await sleep(pause)
        made = await took()
        if made:
            outcome = await again()
            if isinstance(outcome, Evidence):
                return outcome
            if not outcome.unsure:
                return _unknown(outcome.why)
    if made is False:
        why = f"{lost.why} It was looked at since, and has not been done."
        return Refusal(lost.step, "not_done", {"action": lost.step.action, "why": lost.why}, why)
    return _unknown(lost.why)


async def insisted(act: Callable[[], Awaitable[Outcome]], sleep: Sleep = asyncio.sleep) -> Outcome:
    """Asked for again until the answer is clear: for what sees what it did before, as an undo does."""
    outcome = await act()
    for pause in PAUSES:
        if isinstance(outcome, Evidence) or not outcome.unsure:
            break
        await sleep(pause)
        outcome = await act()
    return outcome


def _unknown(why: str) -> Evidence:
    return Evidence(told(f"It is not known whether it was done: {why}", f"尚不清楚是否已执行：{why}"), "")
