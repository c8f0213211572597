"""Reading a query, and finding the series and samples that its selectors name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import promql_parser as pp

from bot.playground.promql.frames import Frame, Labels, RawSeries, SeriesSource, Stamps, is_stale
from bot.playground.regexes import BadPattern, compile_whole

LOOKBACK_MS = 5 * 60 * 1000


class BadQuery(ValueError):
    """The query cannot be read; Prometheus calls this bad data."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label."""

    name: str
    op: str
    value: str

    def __call__(self, labels: Labels) -> bool:
        have = labels.get(self.name, "")
        match self.op:
            case "=":
                return have == self.value
            case "!=":
                return have != self.value
            case "=~":
                return compile_whole(self.value).fullmatch(have) is not None
            case _:
                return compile_whole(self.value).fullmatch(have) is None


_OPS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


def parse(query: str) -> Any:
    """The query's tree, or BadQuery with the reason."""
    if not query.strip():
        raise BadQuery('invalid parameter "query": unknown position: parse error: no expression found in input')
    try:
        tree = pp.parse(query)
    except ValueError as wrong:
        raise BadQuery(f'invalid parameter "query": 1:1: parse error: {wrong}') from wrong
    pp.walk(tree, _check)
    return tree


def _check(node: Any) -> bool:
    if isinstance(node, pp.VectorSelector):
        matchers_of(node)
    return True


def matchers_of(node: Any) -> list[Matcher]:
    """The matchers of a vector selector, its name among them."""
    if node.matchers.or_matchers:
        raise BadQuery('invalid parameter "query": 1:1: parse error: unexpected identifier "or" in label matching')
    found = [Matcher("__name__", "=", node.name)] if node.name else []
    for matcher in node.matchers.matchers:
        op = _OPS[str(matcher.op).rsplit(".", 1)[-1]]
        if op.endswith("~"):
            try:
                compile_whole(matcher.value)
            except BadPattern as wrong:
                raise BadQuery(f'invalid parameter "query": 1:1: parse error: {wrong}') from wrong
        found.append(Matcher(matcher.name, op, matcher.value))
    return found


def parse_selector(text: str) -> list[Matcher]:
    """The matchers of a plain series selector, as in `match[]`."""
    try:
        node = pp.parse(text)
    except ValueError as wrong:
        raise BadQuery(f'invalid parameter "match[]": 1:1: parse error: {wrong}') from wrong
    if not isinstance(node, pp.VectorSelector):
        raise BadQuery('invalid parameter "match[]": expected a series selector')
    return matchers_of(node)


def wants(matchers: Sequence[Matcher]) -> tuple[Callable[[Labels], bool], str | None]:
    """A test for labels, and the metric's name when it is told exactly."""
    name = next((each.value for each in matchers if each.name == "__name__" and each.op == "="), None)
    return lambda labels: all(matcher(labels) for matcher in matchers), name


def milliseconds(span: timedelta | None) -> int:
    """A span in whole milliseconds; none is 0."""
    return 0 if span is None else span // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the whole query starts and ends: what `@ start()` and `@ end()` mean."""

    start_ms: int
    end_ms: int


def moments(node: Any, steps: Stamps, bounds: Bounds) -> Stamps:
    """The times a selector looks at: the steps, moved by `@` and `offset`."""
    times = steps
    if node.at is not None:
        kind = str(node.at.type).rsplit(".", 1)[-1]
        if kind == "Start":
            fixed = bounds.start_ms
        elif kind == "End":
            fixed = bounds.end_ms
        else:
            fixed = round(node.at.at.timestamp() * 1000)
        times = np.full_like(steps, fixed)
    moved: Stamps = times - milliseconds(node.offset)
    return moved


def select(source: SeriesSource, node: Any, start_ms: int, end_ms: int) -> list[RawSeries]:
    """The series of a selector with their samples, in the order of their labels."""
    wanted, name = wants(matchers_of(node))
    found = source.select(wanted, name, start_ms, end_ms)
    return sorted(found, key=lambda series: sorted(series.labels.items()))


def instant_vector(source: SeriesSource, node: Any, steps: Stamps, bounds: Bounds) -> tuple[Frame, Frame]:
    """The newest sample of each series at each step, not older than the lookback; and the times of those samples."""
    times = moments(node, steps, bounds)
    if not len(times):
        return Frame.empty(0), Frame.empty(0)
    found = select(source, node, int(times.min()) - LOOKBACK_MS, int(times.max()))
    labels: list[Labels] = []
    values, present, stamps = [], [], []
    for series in found:
        if not len(series.times):
            continue
        index = np.searchsorted(series.times, times, side="right") - 1
        safe = np.maximum(index, 0)
        row = series.values[safe]
        there = (index >= 0) & (series.times[safe] > times - LOOKBACK_MS) & ~is_stale(row)
        if bool(there.any()):
            labels.append(series.labels)
            values.append(row)
            present.append(there)
            stamps.append(series.times[safe] / 1000.0)
    if not labels:
        return Frame.empty(len(steps)), Frame.empty(len(steps))
    mask = np.array(present)
    return Frame(labels, np.array(values), mask), Frame(labels, np.array(stamps), mask)


def without_stale(series: RawSeries) -> RawSeries:
    """The series without the markers of its end, as a range selector sees it."""
    gone = is_stale(series.values)
    if not bool(gone.any()):
        return series
    return RawSeries(series.labels, series.times[~gone], series.values[~gone])
