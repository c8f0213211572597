"""All metrics of the shop: which families there are, and series made only when a query asks for them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.playground.promql.frames import STALE, Labels, RawSeries
from bot.playground.world.world import World

Floats = NDArray[np.float64]
SCRAPE_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its labels, how its values are worked out, and when it began and ended."""

    labels: Labels
    values: Callable[[Floats], Floats]
    born: float = 0.0
    died: float | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """All series of one name."""

    name: str
    kind: str
    help: str
    lines: Callable[[], Iterator[Line]]


@dataclass(slots=True)
class Metrics:
    """A source of series for queries. What a family's series are is worked out anew only when the world changed."""

    world: World
    families: dict[str, Family]
    _made: dict[str, tuple[int, list[Line]]] = field(default_factory=dict)

    def lines(self, name: str) -> list[Line]:
        """The series of a family."""
        revision, made = self._made.get(name, (-1, []))
        if revision != self.world.revision:
            made = [
                Line({"__name__": name, **line.labels}, line.values, line.born, line.died)
                for line in self.families[name].lines()
            ]
            self._made[name] = (self.world.revision, made)
        return made

    def select(
        self, wanted: Callable[[Labels], bool], name: str | None, start_ms: int, end_ms: int
    ) -> Sequence[RawSeries]:
        """The wanted series, with samples on the grid of their target's scrapes."""
        names = [name] if name is not None else list(self.families)
        end_ms = min(end_ms, int(self.world.now * 1000))
        found = []
        for each in names:
            if each in self.families:
                lines = (line for line in self.lines(each) if not _before(line, start_ms) and wanted(line.labels))
                found += [made for line in lines if (made := _sample(line, start_ms, end_ms)) is not None]
        return found


def _before(line: Line, start_ms: int) -> bool:
    """Whether the series had ended, marker and all, before a time."""
    return line.died is not None and (line.died + 2 * SCRAPE_SECONDS) * 1000 < start_ms


def _sample(line: Line, start_ms: int, end_ms: int) -> RawSeries | None:
    """The samples in (start, end], and the marker of the end when the series ended there."""
    step = SCRAPE_SECONDS * 1000
    shift = sum(map(ord, line.labels.get("instance", ""))) * 37 % step
    first = max(start_ms, int(line.born * 1000))
    last = end_ms if line.died is None else min(end_ms, int(line.died * 1000))
    low, high = (first - shift) // step + 1, (last - shift) // step
    times = np.arange(low, high + 1, dtype=np.int64) * step + shift
    values = line.values(times / 1000.0) if len(times) else np.zeros(0)
    if line.died is not None:
        end = (int(line.died * 1000) - shift) // step * step + step + shift
        if start_ms < end <= end_ms:
            times, values = np.append(times, end), np.append(values, STALE)
    return RawSeries(line.labels, times, np.ascontiguousarray(values)) if len(times) else None


def constant(value: float) -> Callable[[Floats], Floats]:
    """A series that does not move."""
    return lambda times: np.full(len(times), value)


def steps(history: Sequence[tuple[float, float]]) -> Callable[[Floats], Floats]:
    """A series that moves in steps; 0 before the first."""
    marks = np.array([at for at, _ in history])
    values = np.array([0.0, *(value for _, value in history)])
    return lambda times: np.asarray(values[np.searchsorted(marks, times, side="right")])
