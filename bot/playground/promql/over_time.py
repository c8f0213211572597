"""Which function of a range does what: the table from a function's name to its calculation."""

from collections.abc import Callable, Mapping

import numpy as np

from bot.playground.promql import windows as w
from bot.playground.promql.frames import Floats, Frame, Mask, QueryFailed, RawSeries, Stamps, merge, nameless
from bot.playground.promql.windows import Windows

Result = tuple[Floats, Mask]
KEEPS_NAME = frozenset({"last_over_time", "first_over_time"})


def _reduced(ufunc: np.ufunc) -> Callable[[Windows], Result]:
    return lambda windows: (windows.reduce(ufunc), windows.counts >= 1)


def _average(windows: Windows) -> Result:
    return windows.reduce(np.add) / np.maximum(windows.counts, 1), windows.counts >= 1


def _picked(first: bool, *, time: bool = False) -> Callable[[Windows], Result]:
    def pick(windows: Windows) -> Result:
        index = windows.first() if first else windows.last()
        return (windows.times[index] / 1000.0 if time else windows.values[index]), windows.counts >= 1

    return pick


def _deriv(windows: Windows) -> Result:
    return windows.each(2, lambda times, values, _: w.line(times, values, int(times[0]))[0])


def _time_of(best: Callable[[Floats], np.intp]) -> Callable[[Windows], Result]:
    return lambda windows: windows.each(1, lambda times, values, _: float(times[best(values)]) / 1000.0)


def _last_where(values: Floats, best: float) -> np.intp:
    return np.flatnonzero(values == best)[-1] if not np.isnan(best) else np.intp(0)


PLAIN: Mapping[str, Callable[[Windows], Result]] = {
    "rate": lambda each: w.extrapolated(each, counter=True, per_second=True),
    "increase": lambda each: w.extrapolated(each, counter=True, per_second=False),
    "delta": lambda each: w.extrapolated(each, counter=False, per_second=False),
    "irate": lambda each: w.instant_change(each, per_second=True),
    "idelta": lambda each: w.instant_change(each, per_second=False),
    "deriv": _deriv,
    "changes": w.changes,
    "resets": w.resets,
    "sum_over_time": _reduced(np.add),
    "min_over_time": _reduced(np.fmin),
    "max_over_time": _reduced(np.fmax),
    "avg_over_time": _average,
    "count_over_time": lambda each: (each.counts.astype(np.float64), each.counts >= 1),
    "present_over_time": lambda each: (np.ones(len(each.low)), each.counts >= 1),
    "last_over_time": _picked(first=False),
    "first_over_time": _picked(first=True),
    "ts_of_last_over_time": _picked(first=False, time=True),
    "ts_of_first_over_time": _picked(first=True, time=True),
    "ts_of_max_over_time": _time_of(lambda values: _last_where(values, float(np.fmax.reduce(values)))),
    "ts_of_min_over_time": _time_of(lambda values: _last_where(values, float(np.fmin.reduce(values)))),
    "stddev_over_time": lambda each: each.each(1, w.deviation),
    "stdvar_over_time": lambda each: each.each(1, w.variance),
    "mad_over_time": lambda each: each.each(1, w.middle_deviation),
}
WITH_NUMBER = frozenset({"quantile_over_time", "predict_linear", "double_exponential_smoothing", "holt_winters"})
EXPERIMENTAL = frozenset(
    {
        "mad_over_time",
        "first_over_time",
        "ts_of_last_over_time",
        "ts_of_first_over_time",
        "ts_of_max_over_time",
        "ts_of_min_over_time",
        "double_exponential_smoothing",
    }
)


def over_range(
    name: str, found: list[RawSeries], ends: Stamps, span_ms: int, steps: Stamps, numbers: list[Floats]
) -> Frame:
    """The function of the ranges that end at `ends`, one for each step."""
    labels, values, present = [], [], []
    with np.errstate(all="ignore"):
        for series in found:
            if not len(series.times):
                continue
            line, there = _one(name, Windows.cut(series, ends, span_ms), steps, numbers)
            if bool(there.any()):
                labels.append(series.labels if name in KEEPS_NAME else nameless(series.labels))
                values.append(line)
                present.append(there)
    if not labels:
        return Frame.empty(len(steps))
    return merge(Frame(labels, np.array(values), np.array(present)))


def _one(name: str, each: Windows, steps: Stamps, numbers: list[Floats]) -> Result:
    if name in PLAIN:
        return PLAIN[name](each)
    at = {int(end): place for place, end in enumerate(each.ends)}
    if name == "quantile_over_time":
        return each.each(1, lambda _, values, end: w.quantile(float(numbers[0][at[end]]), values))
    if name == "predict_linear":
        out, there = np.zeros(len(steps)), each.counts >= 2
        for step in np.flatnonzero(there):
            part = slice(each.low[step], each.high[step])
            slope, start = w.line(each.times[part], each.values[part], int(steps[step]))
            out[step] = slope * float(numbers[0][step]) + start
        return out, there
    if name in ("double_exponential_smoothing", "holt_winters"):
        for number, what in zip(numbers, ("smoothing", "trend"), strict=True):
            if not 0 < float(number[0]) < 1:
                raise QueryFailed(f"invalid {what} factor. Expected: 0 < {what[0]}f < 1, got: {float(number[0]):f}")
        return each.each(2, lambda _, values, __: w.smooth(values, float(numbers[0][0]), float(numbers[1][0])))
    raise QueryFailed(f"the function {name} is not understood here")
