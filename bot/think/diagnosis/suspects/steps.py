"""Accuses by the time between two lines: a step that takes longer now, and the service that worked in that time.

Traces say that a caller waits, and not always for whom. Its own log does: "check the account", then nothing for a
second, then "account checked", and in between a line of the service that was asked.
"""

import bisect
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.suspects.accusation import Accusation, Scene, clip, median
from bot.think.diagnosis.suspects.patterns import pattern_of
from bot.think.diagnosis.suspects.silence import past_end

ENOUGH = 3
"""Steps seen less often than this tell nothing."""
LONGEST = 1.0
"""Two lines further apart than this, in the past, are no step but two requests."""
SLOWEST = 60.0
LEAST_ADDED = 0.1
FULL = math.log(30)
MOSTLY = 0.5
"""This share of a line must go on with the same next one: where many requests are mixed, pairs come by chance."""
INSIDE = 0.8
"""In this share of the steps the service that was asked must have spoken."""


@dataclass(frozen=True, slots=True)
class Step:
    """From one line of a service to its next: when it began and ended, before and since."""

    past: list[tuple[float, float]] = field(default_factory=list)
    since: list[tuple[float, float]] = field(default_factory=list)

    @property
    def usual(self) -> float:
        return median([end - start for start, end in self.past])

    @property
    def now(self) -> float:
        return median([end - start for start, end in self.since])


def accuse(scene: Scene) -> Iterable[Accusation]:
    """Services in which steps of others took long, less what they themselves waited for in their own steps."""
    spoken: dict[str, list[float]] = defaultdict(list)
    for line in scene.sight.lines:
        spoken[line.labels.get("service", "")].append(line.at)
    into: dict[str, float] = defaultdict(float)
    out: dict[str, float] = defaultdict(float)
    times: dict[str, float] = defaultdict(lambda: 1.0)
    for caller, step in _slower(scene):
        added = (step.now - step.usual) * len(step.since)
        for callee in _asked(scene, caller, step, spoken):
            into[callee] += added
            out[caller] += added
            times[callee] = max(times[callee], step.now / max(step.usual, 0.002))
    own = {service: added - out[service] for service, added in into.items()}
    most = max(own.values(), default=0.0)
    for service, added in own.items():
        score = clip(math.log(times[service]) / FULL) ** 2 * clip(added / most) if most > 0 else 0.0
        if score > 0.05:
            sign = Sign("slow_step", {"times": f"{times[service]:.1f}"})
            yield Accusation(service, score, sign, f'{{service="{service}"}}')


def _slower(scene: Scene) -> Iterator[tuple[str, Step]]:
    steps = _steps(scene)
    past, since = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for (caller, line, _), step in steps.items():
        past[caller, line] += len(step.past)
        since[caller, line] += len(step.since)
    for (caller, line, _), step in steps.items():
        if len(step.past) < max(ENOUGH, MOSTLY * past[caller, line]) or caller not in scene.calls:
            continue
        if len(step.since) < max(ENOUGH, MOSTLY * since[caller, line]):
            continue
        if step.usual <= LONGEST and step.now >= 2 * step.usual and step.now - step.usual >= LEAST_ADDED:
            yield caller, step


def _steps(scene: Scene) -> Mapping[tuple[str, str, str], Step]:
    """(service, line, next line) -> when. One pod's lines follow each other."""
    end, last = past_end(scene), dict[tuple[str, str], tuple[float, str]]()
    found: dict[tuple[str, str, str], Step] = defaultdict(Step)
    for line in scene.sight.lines:
        service, pattern = line.labels.get("service", ""), pattern_of(line.text)
        before = last.get(at := (service, line.labels.get("pod", "")))
        last[at] = line.at, pattern
        if service and before is not None and line.at - before[0] < SLOWEST:
            step = found[service, before[1], pattern]
            if line.at < end:
                step.past.append((before[0], line.at))
            elif before[0] >= scene.sight.start:
                step.since.append((before[0], line.at))
    return found


def _asked(scene: Scene, caller: str, step: Step, spoken: Mapping[str, list[float]]) -> Iterator[str]:
    """Whom the caller asked in this step: who always speaks in it, and is not asked by another such one."""
    inside = {
        callee
        for callee in scene.calls[caller]
        if all(_share(times, spoken.get(callee, [])) >= INSIDE for times in (step.past, step.since))
    }
    for callee in inside:
        if not any(callee in scene.below(other) for other in inside - {callee} if other not in scene.below(callee)):
            yield callee


def _share(times: list[tuple[float, float]], moments: list[float]) -> float:
    """In how many of these spans something was said."""
    hit = sum(1 for start, end in times if bisect.bisect_right(moments, end) > bisect.bisect_left(moments, start))
    return hit / len(times)
