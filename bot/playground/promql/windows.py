"""Functions over a range of samples: the rate family and everything that ends in _over_time."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.playground.promql.frames import Floats, Mask, RawSeries, Stamps

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Windows:
    """For one series, the samples that each step's range holds: from `low` up to, not including, `high`."""

    times: Stamps
    values: Floats
    low: Index
    high: Index
    starts: Stamps
    ends: Stamps

    @classmethod
    def cut(cls, series: RawSeries, ends: Stamps, span_ms: int) -> "Windows":
        """Windows that are open on the left and closed on the right, as since Prometheus 3."""
        starts = ends - span_ms
        low = np.searchsorted(series.times, starts, side="right")
        high = np.searchsorted(series.times, ends, side="right")
        return cls(series.times, series.values, low, np.maximum(high, low), starts, ends)

    @property
    def counts(self) -> Index:
        """How many samples each window holds."""
        return self.high - self.low

    def first(self) -> Index:
        """The index of each window's first sample; meaningless where the window is empty."""
        return np.minimum(self.low, len(self.times) - 1)

    def last(self) -> Index:
        """The index of each window's last sample; meaningless where the window is empty."""
        return np.maximum(self.high - 1, 0)

    def reduce(self, ufunc: np.ufunc, values: Floats | None = None) -> Floats:
        """A ufunc over each window; meaningless where the window is empty."""
        padded = np.append(self.values if values is None else values, 0.0)
        pairs = np.empty(2 * len(self.low), dtype=np.intp)
        pairs[0::2], pairs[1::2] = self.low, self.high
        reduced: Floats = ufunc.reduceat(padded, pairs)[0::2]
        return reduced

    def each(self, least: int, function: Callable[[Stamps, Floats, int], float]) -> tuple[Floats, Mask]:
        """A function of the samples of each window that has at least so many; it is given times, values and the end."""
        out, there = np.zeros(len(self.low)), self.counts >= least
        for step in np.flatnonzero(there):
            part = slice(self.low[step], self.high[step])
            out[step] = function(self.times[part], self.values[part], int(self.ends[step]))
        return out, there


def extrapolated(windows: Windows, *, counter: bool, per_second: bool) -> tuple[Floats, Mask]:
    """rate, increase and delta, carried to the edges of the range as Prometheus does."""
    if len(windows.low) == 1 and (once := _extrapolated_once(windows, counter, per_second)) is not None:
        return np.array([once]), np.array([True])
    there = windows.counts >= 2
    first, last = windows.first(), windows.last()
    result = windows.values[last] - windows.values[first]
    if counter:
        fell = windows.values[1:] < windows.values[:-1]
    if counter and bool(fell.any()):
        falls = np.append(np.where(fell, windows.values[:-1], 0.0), 0.0)
        but_last = replace(windows, high=np.maximum(windows.high - 1, windows.low))
        result = result + but_last.reduce(np.add, falls)
    to_start = (windows.times[first] - windows.starts) / 1000.0
    to_end = (windows.ends - windows.times[last]) / 1000.0
    sampled = (windows.times[last] - windows.times[first]) / 1000.0
    average = sampled / np.maximum(windows.counts - 1, 1)
    threshold = average * 1.1
    to_start = np.where(to_start >= threshold, average / 2, to_start)
    if counter:
        begin = windows.values[first]
        to_zero = np.where((result > 0) & (begin >= 0), sampled * (begin / np.where(result > 0, result, 1.0)), to_start)
        to_start = np.minimum(to_start, to_zero)
    to_end = np.where(to_end >= threshold, average / 2, to_end)
    factor = (sampled + to_start + to_end) / np.where(sampled > 0, sampled, 1.0)
    if per_second:
        factor = factor / ((windows.ends - windows.starts) / 1000.0)
    return result * factor, there


def _extrapolated_once(windows: Windows, counter: bool, per_second: bool) -> float | None:
    """The same for one window in which no counter fell: what rules ask for, many times quicker than by arrays."""
    low, high = int(windows.low[0]), int(windows.high[0])
    values, times = windows.values[low:high], windows.times
    if high - low < 2 or windows.starts[0] == windows.ends[0] or (counter and bool((values[1:] < values[:-1]).any())):
        return None
    begin = float(values[0])
    result = float(values[-1]) - begin
    first, last, start, end = int(times[low]), int(times[high - 1]), int(windows.starts[0]), int(windows.ends[0])
    to_start, to_end, sampled = (first - start) / 1000.0, (end - last) / 1000.0, (last - first) / 1000.0
    average = sampled / (high - low - 1)
    threshold = average * 1.1
    if to_start >= threshold:
        to_start = average / 2
    if counter and result > 0 and begin >= 0:
        to_start = min(to_start, sampled * (begin / result))
    if to_end >= threshold:
        to_end = average / 2
    factor = (sampled + to_start + to_end) / (sampled if sampled > 0 else 1.0)
    return result * (factor / ((end - start) / 1000.0) if per_second else factor)


def instant_change(windows: Windows, *, per_second: bool) -> tuple[Floats, Mask]:
    """irate and idelta: from the last two samples only."""
    last = windows.last()
    before = np.maximum(last - 1, 0)
    change = windows.values[last] - windows.values[before]
    seconds = (windows.times[last] - windows.times[before]) / 1000.0
    there = (windows.counts >= 2) & (seconds > 0)
    if per_second:
        change = np.where(windows.values[last] < windows.values[before], windows.values[last], change)
        change = change / np.where(seconds > 0, seconds, 1.0)
    return change, there


def count_where(windows: Windows, happened: Mask) -> tuple[Floats, Mask]:
    """How often something happened between neighbouring samples of a window."""
    running = np.zeros(len(windows.values), dtype=np.int64)
    running[1:] = np.cumsum(happened)
    counted = running[windows.last()] - running[windows.first()]
    return counted.astype(np.float64), windows.counts >= 1


def changes(windows: Windows) -> tuple[Floats, Mask]:
    """How often the value changed."""
    old, new = windows.values[:-1], windows.values[1:]
    return count_where(windows, (old != new) & ~(np.isnan(old) & np.isnan(new)))


def resets(windows: Windows) -> tuple[Floats, Mask]:
    """How often a counter began again."""
    return count_where(windows, windows.values[1:] < windows.values[:-1])


def quantile(q: float, values: Floats) -> float:
    """The q-quantile by linear interpolation; a value that is not a number sorts first."""
    if not len(values) or np.isnan(q):
        return float("nan")
    if q < 0:
        return float("-inf")
    if q > 1:
        return float("inf")
    ordered = np.sort(values)
    nans = int(np.isnan(ordered).sum())
    if nans:
        ordered = np.roll(ordered, nans)
    rank = q * (len(ordered) - 1)
    lower = max(0, int(np.floor(rank)))
    upper = min(len(ordered) - 1, lower + 1)
    weight = rank - np.floor(rank)
    return float(ordered[lower] * (1 - weight) + ordered[upper] * weight)


def deviation(_: Stamps, values: Floats, __: int) -> float:
    """The standard deviation of a window."""
    return float(np.std(values))


def variance(_: Stamps, values: Floats, __: int) -> float:
    """The variance of a window."""
    return float(np.var(values))


def middle_deviation(_: Stamps, values: Floats, __: int) -> float:
    """The median distance from the median."""
    return quantile(0.5, np.abs(values - quantile(0.5, values)))


def line(times: Stamps, values: Floats, zero_ms: int) -> tuple[float, float]:
    """The slope and the intercept (at `zero_ms`) of the line through the samples by least squares."""
    if bool(np.all(values == values[0])):
        return (float("nan"), float("nan")) if np.isinf(values[0]) else (0.0, float(values[0]))
    x = (times - zero_ms) / 1000.0
    n = len(x)
    covariance = float(np.dot(x, values) - x.sum() * values.sum() / n)
    spread = float(np.dot(x, x) - x.sum() ** 2 / n)
    slope = covariance / spread if spread else float("nan")
    return slope, float(values.sum() / n - slope * x.sum() / n)


def smooth(values: Floats, smoothing: float, trend: float) -> float:
    """Double exponential smoothing."""
    before, level, slope = 0.0, float(values[0]), float(values[1] - values[0])
    for step in range(1, len(values)):
        if step > 1:
            slope = trend * (level - before) + (1 - trend) * slope
        before, level = level, smoothing * float(values[step]) + (1 - smoothing) * (level + slope)
    return level
