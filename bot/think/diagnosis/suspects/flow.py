"""Accuses by own share of the harm: what a service adds itself to the delay or failures that reach the front."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.sight import Track
from bot.think.diagnosis.suspects.accusation import Accusation, Scene, clip, edge_of, median, service_of

LEAD = 120.0
"""Alerts start late: points this much before still count as the fault."""

RECENT = 2
OLD_NEWS = 0.3
"""What was as bad in the last points before the fault counts this much: it came from something else, or began early."""


@dataclass(frozen=True, slots=True)
class Harm:
    """Seconds added or requests failed in all, and how clearly (0 to 1) it left its usual range."""

    amount: float
    clear: float
    track: Track


def accuse(scene: Scene) -> Iterable[Accusation]:
    found = {
        "latency": _harm(scene, ("latency_average", "latency_mean", "duration_mean"), falling=False),
        "availability": _harm(scene, ("availability_average", "success_rate"), falling=True),
    }
    wanted = _asked(scene)
    for kind, harm in found.items():
        if wanted and kind != wanted:
            continue
        yield from _own(scene, harm, kind)


def _asked(scene: Scene) -> str:
    """Latency or availability, if the alert says which."""
    words = " ".join(f"{one.name} {one.labels.get('metric', '')}" for one in scene.sight.ask.alerts).lower()
    slow = any(word in words for word in ("latency", "slow", "duration"))
    failing = any(word in words for word in ("availability", "error", "5xx", "success"))
    return "" if slow == failing else "latency" if slow else "availability"


def _harm(scene: Scene, names: tuple[str, ...], *, falling: bool) -> dict[str, Harm | None]:
    """Service -> its harm; None where the past is unknown."""
    start = scene.start - LEAD
    calls: Mapping[str, float] = {
        service_of(track): sum(track.between(start, scene.sight.now + 1))
        for track in scene.sight.tracks
        if "request" in track.name and service_of(track) and edge_of(track) is None
    }
    harm: dict[str, Harm | None] = {}
    for track in scene.sight.tracks:
        service = service_of(track)
        if not service or not track.name.endswith(names) or edge_of(track) is not None:
            continue
        before, after = track.between(0, start), track.between(start, scene.sight.now + 1)
        if not after:
            continue
        if len(before) < 3:
            harm[service] = None
            continue
        mean = sum(after) / len(after)
        base = sum(before) / len(before) if falling else median(before)
        scale = 100.0 if falling and max(*before, *after) > 1.5 else 1.0
        moved = (base - mean) / scale if falling else mean - base
        there = min(before[-RECENT:]) if falling else max(before[-RECENT:])
        fresh = (there - mean) / scale if falling else mean - there
        moved = OLD_NEWS * moved + (1 - OLD_NEWS) * min(moved, max(0.0, fresh))
        clear = clip(moved / (0.3 * base + 3 * _spread(before)) if not falling else moved / 0.01)
        harm[service] = Harm(max(0.0, moved) * calls.get(service, 1.0), clear, track)
    return harm


def _own(scene: Scene, harm: Mapping[str, Harm | None], kind: str) -> Iterable[Accusation]:
    fronts = {alert.labels.get(name, "") for alert in scene.sight.ask.alerts for name in ("microservice", "service")}
    reach = frozenset().union(*(scene.below(front) for front in fronts if front)) or frozenset(harm)
    own: dict[str, float] = {}
    for service in reach & set(harm):
        found = harm[service]
        if found is None:
            continue
        passed = 0.0
        for callee in scene.calls.get(service, ()):
            below = harm.get(callee)
            passed += min(below.amount, found.amount) if below else 0.0
        own[service] = max(0.0, found.amount - passed)
    most = max(own, key=lambda one: own[one], default="")
    worst = harm.get(most)
    if worst is None or own[most] <= 0:
        return
    for service, share in own.items():
        found = harm[service]
        if share / own[most] > 0.01 and found is not None:
            sign = Sign(f"own_{kind}")
            yield Accusation(service, worst.clear * share / own[most], sign, found.track.query)


def _spread(values: tuple[float, ...]) -> float:
    middle = median(values)
    return median([abs(value - middle) for value in values])
