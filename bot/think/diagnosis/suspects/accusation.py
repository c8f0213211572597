"""What one kind of signal says against a service, and the view of the window that all of them share."""

import re
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.sight import Sight, Track

NAMED = ("service", "microservice", "service_name", "app", "destination_service_name", "dbinstance_identifier")
MINUTE = 60.0
CLIENT = re.compile(r"^(HTTP )?(GET|POST|PUT|DELETE|PATCH)$|\.call$|^grpc\.client", re.IGNORECASE)
"""Names of spans that wait for another service."""
EDGE = (("source", "destination"), ("source_workload", "destination_workload"), ("client", "server"))


@dataclass(frozen=True, slots=True)
class Accusation:
    """How strongly (0 to about 1), by what sign, and where to look."""

    service: str
    score: float
    sign: Sign
    query: str = ""


def service_of(track: Track) -> str:
    """The service a series belongs to, or ''."""
    return next((track.labels[name] for name in NAMED if track.labels.get(name)), "")


def edge_of(track: Track) -> tuple[str, str] | None:
    """(caller, callee) of a call metric."""
    for source, destination in EDGE:
        if source in track.labels and destination in track.labels:
            return track.labels[source], track.labels[destination]
    return None


@dataclass(frozen=True)
class Scene:
    """The sight cut at the beginning of the fault; calls between services; what was complained about."""

    sight: Sight
    start: float

    def before(self, track: Track) -> tuple[float, ...]:
        return track.between(0.0, self.cut(track))

    def after(self, track: Track) -> tuple[float, ...]:
        return track.between(self.cut(track), self.sight.now + 60.0)

    def cut(self, track: Track) -> float:
        """Sums and means of a minute are stamped at its end: they count from the middle of their minute."""
        return self.start + (MINUTE / 2 if track.name.startswith("trace_") else 0.0)

    @cached_property
    def calls(self) -> Mapping[str, frozenset[str]]:
        """Caller -> callees, from every metric that names both ends."""
        found: dict[str, set[str]] = {}
        for track in self.sight.tracks:
            edge = edge_of(track)
            if edge is not None and edge[0] != edge[1]:
                found.setdefault(edge[0], set()).add(edge[1])
        return {caller: frozenset(callees) for caller, callees in found.items()}

    def below(self, service: str) -> frozenset[str]:
        """The service and all that it calls, directly or not."""
        seen, todo = {service}, [service]
        while todo:
            for callee in self.calls.get(todo.pop(), ()):
                if callee not in seen:
                    seen.add(callee)
                    todo.append(callee)
        return frozenset(seen)


def weighted(scene: Scene, track: Track, counts: Track | None, *, past: bool) -> tuple[float, float]:
    """(mean, count) of a mean-per-minute series, weighted by the number of calls in each minute."""
    part = scene.before if past else scene.after
    values = part(track)
    weights = part(counts) if counts is not None else ()
    if len(weights) != len(values):
        weights = tuple(1.0 for _ in values)
    total = sum(weights)
    return (sum(v * w for v, w in zip(values, weights, strict=True)) / total if total else 0.0), total


def median(values: tuple[float, ...] | list[float]) -> float:
    return statistics.median(values) if values else 0.0


def clip(value: float) -> float:
    return max(0.0, min(1.0, value))
