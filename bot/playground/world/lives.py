"""The chronicle: the life of every pod, kept after it is gone, so that metrics and logs can be told for any time."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Run:
    """One run of a pod's containers."""

    start: float
    end: float | None = None
    reason: str = ""
    exit_code: int = 0
    message: str = ""


@dataclass(slots=True)
class Life:
    """One pod's life."""

    uid: str
    namespace: str
    name: str
    app: str
    spec: dict[str, Any]
    labels: dict[str, str]
    created: float
    owner: tuple[str, str] = ("", "")
    ip: str = ""
    node: str = ""
    phases: list[tuple[float, str]] = field(default_factory=list)
    ready: list[tuple[float, bool]] = field(default_factory=list)
    waiting: list[tuple[float, str]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    deleted: float | None = None
    leaving: bool = False
    plan: int = 0

    @property
    def running(self) -> Run | None:
        """The run that goes on now."""
        return self.runs[-1] if self.runs and self.runs[-1].end is None else None

    @property
    def is_ready(self) -> bool:
        """Whether it serves now."""
        return bool(self.ready) and self.ready[-1][1]

    @property
    def phase(self) -> str:
        """Its phase now."""
        return self.phases[-1][1] if self.phases else "Pending"

    @property
    def over(self) -> bool:
        """Whether it has ended for good."""
        return self.deleted is not None or self.phase in ("Succeeded", "Failed")

    @property
    def image(self) -> str:
        """The image of its first container."""
        return str(self.spec["containers"][0].get("image", ""))

    @property
    def containers(self) -> list[dict[str, Any]]:
        """Its containers."""
        return list(self.spec["containers"])

    def set_ready(self, at: float, ready: bool) -> None:
        """Note that it serves, or no longer does."""
        if self.is_ready != ready:
            self.ready.append((at, ready))

    def restarts(self, at: float) -> int:
        """How often its containers had been started again by then."""
        return max(0, sum(1 for run in self.runs if run.start <= at) - 1)

    def spans(self, until: float) -> list[tuple[float, float]]:
        """When it served."""
        found: list[tuple[float, float]] = []
        for at, ready in self.ready:
            if ready:
                found.append((at, until))
            elif found:
                found[-1] = (found[-1][0], at)
        if self.deleted is not None and found and found[-1][1] > self.deleted:
            found[-1] = (found[-1][0], self.deleted)
        return found


def at_time(history: Sequence[tuple[float, Any]], at: float) -> Any:
    """What a history says for a time."""
    place = bisect_right(history, at, key=lambda entry: entry[0])
    return history[place - 1][1] if place else None


def quantity(text: str | float | int | None) -> float:
    """A Kubernetes quantity as a number."""
    if text is None:
        return 0.0
    written = str(text)
    for ending, size in _SIZES:
        if written.endswith(ending):
            return float(written[: -len(ending)]) * size
    return float(written)


_SIZES = (
    ("Ki", 2**10),
    ("Mi", 2**20),
    ("Gi", 2**30),
    ("Ti", 2**40),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
)
