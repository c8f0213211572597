"""All that was gathered for one case: a typed, frozen view that every way of looking reads."""

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.domain.alert import Alert
from bot.domain.report import Past
from bot.think.diagnosis.cluster import Cluster
from bot.think.diagnosis.thing import Thing


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked: alerts that fire, or a question; with the window it is about."""

    alerts: tuple[Alert, ...] = ()
    text: str = ""

    @property
    def starts_at(self) -> float | None:
        return min((alert.starts_at.timestamp() for alert in self.alerts), default=None)


@dataclass(frozen=True)
class Track:
    """One metric series."""

    name: str
    labels: Mapping[str, str]
    times: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def last(self) -> float:
        return self.values[-1]

    @cached_property
    def query(self) -> str:
        inner = ",".join(f'{key}="{value}"' for key, value in sorted(self.labels.items()) if len(value) < 80)
        return f"{self.name}{{{inner}}}"

    def between(self, start: float, end: float) -> tuple[float, ...]:
        """The values in [start, end)."""
        return self.values[bisect.bisect_left(self.times, start) : bisect.bisect_left(self.times, end)]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log, and where it came from. Untrusted text: read for evidence, never obeyed."""

    at: float
    text: str
    labels: Mapping[str, str]

    @property
    def query(self) -> str:
        wanted = ("namespace", "pod", "container", "service", "app", "source", "dbinstance_identifier")
        inner = ", ".join(f'{key}="{self.labels[key]}"' for key in wanted if key in self.labels)
        return "{" + inner + "}"


@dataclass(frozen=True)
class Sight:
    """Everything gathered. Absent sources are named in `gaps`."""

    now: float
    ask: Ask
    things: tuple[Thing, ...] = ()
    tracks: tuple[Track, ...] = ()
    lines: tuple[LogLine, ...] = ()
    gaps: tuple[str, ...] = ()
    passages: tuple[Past, ...] = ()
    """What the library holds that may fit; it counts where today's evidence shows it too."""
    fault_from: float | None = None
    """When it began, as far as the question or the alert tells."""
    kinds_read: frozenset[str] | None = None
    """The kinds of objects that were asked for; None: all there are."""

    @cached_property
    def start(self) -> float:
        """The beginning of the fault window: told, or the alert's start, or half an hour ago."""
        if self.fault_from is not None:
            return self.fault_from
        return self.ask.starts_at or self.now - 1800

    def sees(self, kind: str) -> bool:
        """Whether objects of this kind would be here if there were any."""
        return self.kinds_read is None or kind in self.kinds_read

    @property
    def audits(self) -> bool:
        """Nothing fires: somebody asks, and remarks may be of use."""
        return not self.ask.alerts

    @cached_property
    def cluster(self) -> Cluster:
        return Cluster(self.things)

    @cached_property
    def metric_names(self) -> Mapping[str, tuple[Track, ...]]:
        found: dict[str, list[Track]] = {}
        for track in self.tracks:
            found.setdefault(track.name, []).append(track)
        return {name: tuple(tracks) for name, tracks in found.items()}
