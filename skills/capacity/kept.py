"""What was foretold, kept so that it can be held against what came: of each series the path and its band."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from skills.capacity.history import HOUR
from skills.capacity.outlook import Outlook, Refused
from skills.capacity.shape import HORIZON, Array

MOST_SERIES = 2_000
FIGURES = 6
FILE = "foretold-{at}.json"


class Memory(Protocol):
    """Where forecasts are kept, for all replicas."""

    async def keep(self, made_at: float, told: bytes) -> None:
        """One forecast of everything."""

    async def newest(self, before: float) -> bytes | None:
        """The newest that was made before this moment."""


class Folder:
    """Beside the reports, where nothing better is handed in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, made_at: float, told: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / FILE.format(at=int(made_at))).write_bytes(told)

    async def newest(self, before: float) -> bytes | None:
        found = [(int(path.stem.partition("-")[2]), path) for path in self._folder.glob(FILE.format(at="[0-9]*"))]
        known = [one for one in found if one[0] <= before]
        return max(known)[1].read_bytes() if known else None


@dataclass(frozen=True, slots=True)
class Came:
    """What was foretold of one series, against what came in the same hours."""

    said: float
    """The mean of the middle path."""
    came: float
    error: float
    """The mean absolute error, as a share of what came."""
    inside: float
    """How much of what came lay within the band."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """One forecast of everything, as it was made."""

    made_at: float
    series: Mapping[str, Mapping[str, Any]]

    def against(self, one: Outlook) -> Came | None:
        """None if this series was not foretold then, or if too little of those days is known."""
        said = self.series.get(key_of(one))
        if said is None:
            return None
        start, history = int(said["start"]), one.subject.history
        first, last = max(start, history.start), min(start + len(said["middle"]), history.end)
        if last - first < HORIZON // 2:
            return None
        came: Array = history.mean[first - history.start : last - history.start]
        low, middle, high = (np.array(said[part][first - start : last - start]) for part in ("low", "middle", "high"))
        size = float(np.abs(came).mean())
        error = float(np.abs(middle - came).mean()) / size if size else 0.0
        slack = 1e-4 * size
        inside = float(((came >= low - slack) & (came <= high + slack)).mean())
        return Came(float(middle.mean()), float(came.mean()), error, inside)


def key_of(one: Outlook) -> str:
    """The same for the same series, in whatever language it was told."""
    return json.dumps(sorted(one.subject.labels)) if one.subject.labels else one.subject.name


def written(made_at: float, told: Sequence[Outlook | Refused]) -> bytes:
    """To be kept."""
    known = [one for one in told if isinstance(one, Outlook)][:MOST_SERIES]
    series = {
        key_of(one): {
            "start": one.start,
            **{
                part: [float(f"{value:.{FIGURES}g}") for value in path[:HORIZON]]
                for part, path in (("low", one.low), ("middle", one.middle), ("high", one.high))
            },
        }
        for one in known
    }
    return json.dumps({"made_at": made_at, "series": series}).encode()


def read(told: bytes | None) -> Foretold | None:
    """As it was kept; None where it was not, or by another version."""
    try:
        found = json.loads(told) if told else None
        return Foretold(float(found["made_at"]), dict(found["series"])) if found else None
    except (ValueError, KeyError, TypeError):
        return None


def due(now: float) -> float:
    """A forecast made before this moment has come by now, whole."""
    return now - HORIZON * HOUR
