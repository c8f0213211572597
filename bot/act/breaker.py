"""Pauses repairs that keep failing, and says what comes too soon; all of it kept in the database."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.act.repairs import Repair, Repairs
from bot.act.rules import Breaker as Thresholds
from bot.domain.plan import Step
from skills.change import Preview

REMEMBERED = timedelta(days=2)
SYSTEMS = {"argocd": "Argo CD", "flux": "Flux", "helm": "Helm"}
PROBE = timedelta(hours=1)
"""For so long a half-open breaker waits for the one that it has let through."""


@dataclass(frozen=True, slots=True)
class TooSoon:
    """Why a repair is not made now: a wording key and its values."""

    key: str
    values: dict[str, Any]

    @property
    def why(self) -> str:
        return f"{self.key}: " + ", ".join(f"{name}={value}" for name, value in self.values.items())


class Breaker:
    """Open for a target, or for all, when too many repairs in a row have failed; half open after a while."""

    def __init__(self, repairs: Repairs) -> None:
        self._repairs = repairs

    async def why_not(
        self, target: str, step: Step, finding: str, by_itself: bool, now: datetime, at: Thresholds
    ) -> TooSoon | None:
        """Why this is not to be done to this target now; None: it may be. `by_itself`: no person asked for it."""
        everywhere = await self._lately(now)
        here = _after([each for each in everywhere if each.target == target], await self._reset(target))
        if paused := _paused(target, here, everywhere, at, now):
            return paused
        ended = [each for each in here if each.ended]
        if ended and (wait := _backing_off(ended, at, now)):
            return TooSoon("refused_back_off", {"target": target, "seconds": round(wait)})
        return _by_itself(ended, step, finding, at, now, target) if by_itself else None

    async def stops(self, targets: Iterable[str], now: datetime, at: Thresholds) -> TooSoon | None:
        """Why repairs of any of these are paused now; None: they are not."""
        everywhere = await self._lately(now)
        for target in targets:
            here = _after([each for each in everywhere if each.target == target], await self._reset(target))
            if why := _paused(target, here, everywhere, at, now):
                return why
        return None

    async def _lately(self, now: datetime) -> list[Repair]:
        return _after(await self._repairs.since(now - REMEMBERED), await self._reset(""))

    async def paused(self, now: datetime, at: Thresholds) -> tuple[bool, int]:
        """Whether all repairs are paused now, and of how many targets those are."""
        everywhere = await self._lately(now)
        targets: dict[str, list[Repair]] = {}
        for each in everywhere:
            targets.setdefault(each.target, []).append(each)
        failing = {target: here for target, here in targets.items() if _open(here, at.target, at.cool_down, now)}
        here = [_after(repairs, await self._reset(target)) for target, repairs in failing.items()]
        open_ = sum(bool(_open(repairs, at.target, at.cool_down, now)) for repairs in here)
        return bool(_open(everywhere, at.everywhere, at.cool_down, now)), open_

    async def reset(self, target: str, who: str, now: datetime) -> None:
        """A person says that it may go on; empty: everywhere."""
        await self._repairs.mark(f"breaker:{target}", now, who)

    async def _reset(self, target: str) -> float:
        marks = [await self._repairs.marked("breaker:"), await self._repairs.marked(f"breaker:{target}")]
        return max((mark[0] for mark in marks if mark), default=0.0)


def unmanaged(preview: Preview | None) -> TooSoon | None:
    """What another system writes is not changed by us alone: it would be changed back."""
    if preview is None or preview.owner is None:
        return None
    system = SYSTEMS.get(preview.owner.system, preview.owner.system)
    return TooSoon("refused_owner", {"owner": f"{system} {preview.owner.name}".strip()})


def _after(repairs: Sequence[Repair], reset: float) -> list[Repair]:
    return [each for each in repairs if each.at > reset and each.result != "refused"]


def _paused(
    target: str, here: Sequence[Repair], everywhere: Sequence[Repair], at: Thresholds, now: datetime
) -> TooSoon | None:
    """Open, or half open with one that is trying already."""
    if open_ := _open(everywhere, at.everywhere, at.cool_down, now):
        return TooSoon("breaker_open_everywhere", {"failures": open_})
    if open_ := _open(here, at.target, at.cool_down, now):
        return TooSoon("breaker_open", {"target": target, "failures": open_})
    for repairs, most in ((everywhere, at.everywhere), (here, at.target)):
        if trying := _trying(repairs, most, now):
            return TooSoon("breaker_half_open", {"target": trying.target})
    return None


def _trying(repairs: Sequence[Repair], most: int, now: datetime) -> Repair | None:
    """The one repair that a half-open breaker has let through; what was begun long ago has lost its voice."""
    if _failures(repairs) < most:
        return None
    begun = itertools.takewhile(lambda each: not each.ended, repairs)
    return next((each for each in begun if now.timestamp() - each.at < PROBE.total_seconds()), None)


def _failures(repairs: Sequence[Repair]) -> int:
    """How many failed in a row, the newest first; what is under way counts neither way."""
    ended = (each for each in repairs if each.ended)
    return sum(1 for _ in itertools.takewhile(lambda each: each.failed, ended))


def _open(repairs: Sequence[Repair], most: int, cool_down: timedelta, now: datetime) -> int:
    """How many failures keep it open; 0: closed, or half open."""
    failures = _failures(repairs)
    if failures < most:
        return 0
    newest = next(each.at for each in repairs if each.ended)
    if now.timestamp() - newest >= cool_down.total_seconds():
        return 0
    return failures


def _backing_off(repairs: Sequence[Repair], at: Thresholds, now: datetime) -> float:
    failures = _failures(repairs)
    if not failures:
        return 0.0
    pause = at.back_off.total_seconds() * float(2 ** min(failures - 1, 10))
    return max(0.0, repairs[0].at + pause - now.timestamp())


def _by_itself(
    repairs: Sequence[Repair], step: Step, finding: str, at: Thresholds, now: datetime, target: str
) -> TooSoon | None:
    for each in repairs:
        age = now.timestamp() - each.at
        same = each.digest == step.digest or (finding and (each.action, each.finding) == (step.action, finding))
        if each.failed and same and age < at.ineffective.total_seconds():
            return TooSoon("refused_ineffective", {"action": each.action, "minutes": round(age / 60)})
        if not each.failed and age < at.moments.total_seconds():
            return TooSoon("refused_moments_ago", {"target": target, "seconds": round(age)})
    return None
