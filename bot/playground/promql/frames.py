"""What a query works on: raw series with their samples, and frames, which hold one value per series and step."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Labels = Mapping[str, str]
Floats = NDArray[np.float64]
Stamps = NDArray[np.int64]
Mask = NDArray[np.bool_]

STALE_BITS = 0x7FF0000000000002
STALE: float = float(np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0])


class QueryFailed(ValueError):
    """The query is well formed, and still has no answer; Prometheus calls this an execution error."""


@dataclass(frozen=True, slots=True)
class RawSeries:
    """One series as it is stored: times in milliseconds, and values, where a stale marker ends it."""

    labels: Labels
    times: Stamps
    values: Floats


class SeriesSource(Protocol):
    """Where series come from."""

    def select(
        self, wanted: Callable[[Labels], bool], name: str | None, start_ms: int, end_ms: int
    ) -> Sequence[RawSeries]:
        """The series whose labels are wanted, with at least the samples from start to end."""
        ...


@dataclass(slots=True)
class Frame:
    """An instant vector at every step: labels of each row, values, and where there is a value at all."""

    labels: list[Labels]
    values: Floats
    present: Mask

    @classmethod
    def empty(cls, steps: int) -> "Frame":
        """No series at all."""
        return cls([], np.zeros((0, steps)), np.zeros((0, steps), dtype=bool))

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, index: Sequence[int]) -> "Frame":
        """Only these rows."""
        chosen = np.asarray(index, dtype=np.intp)
        return Frame([self.labels[i] for i in index], self.values[chosen], self.present[chosen])

    def with_values(self, values: Floats) -> "Frame":
        """The same rows with other values, and without their metric name, as a calculation leaves them."""
        return merge(Frame([nameless(labels) for labels in self.labels], values, self.present))


def nameless(labels: Labels) -> Labels:
    """The labels without the metric's name."""
    if "__name__" not in labels:
        return labels
    return {name: value for name, value in labels.items() if name != "__name__"}


def key_of(labels: Labels) -> tuple[tuple[str, str], ...]:
    """Labels as something that can be compared and put in a dictionary."""
    return tuple(sorted(labels.items()))


def show(labels: Labels) -> str:
    """Labels as Prometheus prints them."""
    name = labels.get("__name__", "")
    inside = ", ".join(f'{key}="{value}"' for key, value in sorted(labels.items()) if key != "__name__")
    return f"{name}{{{inside}}}" if inside or not name else name


def group(keys: Iterable[object]) -> dict[object, list[int]]:
    """Row numbers by key, in the order in which the keys first came."""
    found: dict[object, list[int]] = {}
    for number, key in enumerate(keys):
        found.setdefault(key, []).append(number)
    return found


def merge(frame: Frame, why: str = "vector cannot contain metrics with the same labelset") -> Frame:
    """Rows with equal labels become one; two values at one step are an error."""
    groups = group(key_of(labels) for labels in frame.labels)
    if len(groups) == len(frame.labels):
        return frame
    values = np.zeros((len(groups), frame.values.shape[1]))
    present = np.zeros((len(groups), frame.values.shape[1]), dtype=bool)
    for row, index in enumerate(groups.values()):
        for old in index:
            if bool(np.any(present[row] & frame.present[old])):
                raise QueryFailed(why)
            values[row] = np.where(frame.present[old], frame.values[old], values[row])
            present[row] |= frame.present[old]
    return Frame([frame.labels[index[0]] for index in groups.values()], values, present)


def is_stale(values: Floats) -> Mask:
    """Which values are the marker that says the series ended."""
    mask: Mask = np.ascontiguousarray(values).view(np.uint64) == STALE_BITS
    return mask
