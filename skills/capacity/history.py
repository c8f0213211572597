"""From raw points to clean hours: duplicates, NaN, restarts of counters, clock jumps, half hours and holes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from skills.capacity.shape import DAY, HISTORY, Array
from skills.capacity.wording import Remark

HOUR = 3600
JUMP = 30 * DAY * HOUR
"""A gap as long as this is a clock that was wrong, not a hole."""
SHORT_HOLE = 2
"""Hours that a straight line may bridge; longer holes take the usual hour of day."""
MANY_HOLES = 0.3


@dataclass(frozen=True, slots=True)
class History:
    """One series by the hour, whole; and what had to be done to it."""

    start: int
    """Of the first hour, in unix hours."""
    mean: Array
    high: Array
    """The highest value of each hour."""
    holes: float = 0.0
    """The share of hours that nothing was measured in."""
    remarks: tuple[Remark, ...] = ()

    @property
    def hours(self) -> int:
        """How long it is."""
        return len(self.mean)

    @property
    def end(self) -> int:
        """The first unix hour that is not known."""
        return self.start + self.hours

    def week(self, *, high: bool = False) -> Array:
        """The last 168 hours; a shorter history is repeated backwards by whole days."""
        values = self.high if high else self.mean
        if len(values) >= HISTORY:
            return values[-HISTORY:]
        whole = values[-(len(values) // DAY) * DAY :]
        repeats = -(-HISTORY // len(whole))
        return np.tile(whole, repeats)[-HISTORY:]


def clean(points: Sequence[tuple[float, float]], *, counter: bool = False, now: float | None = None) -> History:
    """Hourly means and peaks of one series; an empty History if nothing usable is in it."""
    given = np.fromiter(chain.from_iterable(points), np.float64, 2 * len(points)).reshape(-1, 2)
    remarks: list[Remark] = []
    times, values = _ordered(given, now, remarks)
    if counter:
        times, values = _rates(times, values, remarks)
    if not len(times):
        return History(0, np.empty(0), np.empty(0), 1.0, (*remarks, Remark("empty")))
    start, mean, high = _by_hour(times, values)
    empty = np.isnan(mean)
    if empty.any():
        remarks.append(Remark("holes", hours=int(empty.sum()), longest=_longest(empty)))
    share = float(empty.mean())
    return History(start, _filled(mean), _filled(high), share, tuple(remarks))


def _ordered(given: Array, now: float | None, remarks: list[Remark]) -> tuple[Array, Array]:
    """By time, each time once, real numbers only, nothing from a wrong clock."""
    usable = np.isfinite(given).all(1)
    if len(given) and (lost := int((~usable).sum())):
        remarks.append(Remark("not_numbers", points=lost))
    given = given[usable]
    if (np.diff(given[:, 0]) < 0).any():
        remarks.append(Remark("clock_back"))
    if now is not None and (given[:, 0] > now + HOUR).any():
        remarks.append(Remark("in_future", points=int((given[:, 0] > now + HOUR).sum())))
        given = given[given[:, 0] <= now + HOUR]
    order = np.argsort(given[:, 0], kind="stable")
    times, values = given[order, 0], given[order, 1]
    last = np.append(np.diff(times) > 0, True) if len(times) else np.empty(0, dtype=np.bool_)
    times, values = times[last], values[last]
    jumps = np.flatnonzero(np.diff(times) > JUMP)
    if len(jumps):
        remarks.append(Remark("clock_jump", points=int(jumps[-1]) + 1))
        times, values = times[jumps[-1] + 1 :], values[jumps[-1] + 1 :]
    return times, values


def _rates(times: Array, values: Array, remarks: list[Remark]) -> tuple[Array, Array]:
    """What a counter gained per second; after a restart it began at nothing."""
    if len(times) < 2:
        return times[:0], values[:0]
    gained = np.diff(values)
    restarts = gained < 0
    if restarts.any():
        remarks.append(Remark("restarts", times=int(restarts.sum())))
    gained = np.where(restarts, values[1:], gained)
    return times[1:], gained / np.diff(times)


def _by_hour(times: Array, values: Array) -> tuple[int, Array, Array]:
    hours = (times // HOUR).astype(np.int64)
    start, count = int(hours[0]), int(hours[-1] - hours[0]) + 1
    at = hours - start
    number = np.bincount(at, minlength=count)
    high = np.full(count, -np.inf)
    np.maximum.at(high, at, values)
    mean = np.where(number > 0, np.bincount(at, weights=values, minlength=count) / np.maximum(number, 1), np.nan)
    high = np.where(number > 0, high, np.nan)
    usual = float(np.median(number[number > 0]))
    first = 1 if count > 2 and number[0] < 0.9 * usual else 0
    last = count - 1 if count > 2 and number[-1] < 0.9 * usual else count
    return start + first, mean[first:last], high[first:last]


def _longest(empty: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], empty, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max())


def _filled(values: Array) -> Array:
    """Short holes by a line; long ones by the usual hour of day, moved to the level at the hole's edges."""
    empty = np.isnan(values)
    if not empty.any():
        return values
    hours, known = np.arange(len(values)), np.flatnonzero(~empty)
    line = np.interp(hours, known, values[known])
    trend = np.polyval(np.polyfit(known, values[known], 1), hours) if len(known) > DAY else np.zeros(len(values))
    usual = np.zeros(DAY)
    for hour in range(min(DAY, len(values))):
        seen = ~empty[hour::DAY]
        usual[hour] = np.median((values - trend)[hour::DAY][seen] if seen.any() else (line - trend)[hour::DAY])
    shape = usual[hours % DAY] + trend
    level = np.interp(hours, known, values[known] - shape[known])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], empty, [False]]).astype(np.int8)))
    filled = np.where(empty, line, values)
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if end - begin > SHORT_HOLE:
            filled[begin:end] = shape[begin:end] + level[begin:end]
    return filled
