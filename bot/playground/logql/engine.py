"""Answers of LogQL: lines for a span of time, or numbers at steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.playground.logql.pipeline import run, unwrapped
from bot.playground.logql.streams import Labels, LogSource
from bot.playground.logql.tokens import BadLogQuery
from bot.playground.logql.tree import (
    Aggregation,
    Binary,
    Decolorize,
    Grouping,
    LineFilter,
    LogQuery,
    Metric,
    Number,
    Parser,
    RangeCall,
    Replace,
)
from bot.playground.logql.working import Working
from bot.playground.promql.aggregates import aggregate
from bot.playground.promql.frames import Floats, Frame, QueryFailed, RawSeries, Stamps, key_of, show
from bot.playground.promql.functions import in_order, label_replace
from bot.playground.promql.operators import Matching, scalars, vectors, with_scalar
from bot.playground.promql.windows import Windows, quantile

Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that have the same labels."""

    labels: Labels
    entries: list[tuple[int, str]]


def find_lines(
    source: LogSource, query: LogQuery, start_ns: int, end_ns: int, limit: int, *, forward: bool
) -> list[Lines]:
    """The first or last lines of a span, grouped by their labels."""
    worked = _worked(source, query, start_ns, end_ns)
    worked.sort(key=lambda entry: entry.at, reverse=not forward)
    found: dict[Key, Lines] = {}
    for entry in worked[:limit] if limit else worked:
        labels = entry.labels()
        found.setdefault(key_of(labels), Lines(labels, [])).entries.append((entry.at, entry.line))
    return [found[key] for key in sorted(found)]


def _worked(source: LogSource, query: LogQuery, start_ns: int, end_ns: int) -> list[Working]:
    streams = source.streams(lambda labels: all(match(labels) for match in query.matchers), start_ns, end_ns)
    kept = []
    for stream in streams:
        for entry in stream.entries:
            working = Working(entry.at, entry.line, dict(stream.labels), dict(entry.extra))
            if run(query.stages, working):
                kept.append(working)
    return kept


@dataclass(frozen=True, slots=True)
class LogEvaluator:
    """Evaluates metric queries at a row of steps (milliseconds)."""

    source: LogSource
    steps: Stamps

    def frame(self, node: Metric) -> Frame:
        """The value as a vector at every step."""
        value = self.value(node)
        if isinstance(value, Frame):
            return value
        return Frame([{}], value.reshape(1, -1), np.ones((1, len(self.steps)), dtype=bool))

    def value(self, node: Metric) -> Frame | Floats:
        """The value of any metric."""
        try:
            match node:
                case Number():
                    numbers = np.full(len(self.steps), node.value)
                    return (
                        Frame([{}], numbers.reshape(1, -1), np.ones((1, len(self.steps)), dtype=bool))
                        if node.vector
                        else numbers
                    )
                case RangeCall():
                    return self._range(node)
                case Aggregation():
                    return self._aggregate(node)
                case Replace():
                    return label_replace(self.frame(node.inner), *node.texts)
                case Binary():
                    return self._binary(node)
        except QueryFailed as wrong:
            raise BadLogQuery(str(wrong)) from wrong

    def _aggregate(self, node: Aggregation) -> Frame:
        grouping = node.grouping or Grouping("By", ())
        added = node.op == "sum" and isinstance(node.inner, RangeCall) and node.inner.function in _ADDED
        if added and grouping.type == "By" and isinstance(node.inner, RangeCall):
            return self._range(_unparsed(replace(node.inner, grouping=grouping)))
        inner = self.frame(node.inner)
        if node.op in ("sort", "sort_desc"):
            return in_order(inner, descending=node.op == "sort_desc")
        param = np.full(len(self.steps), node.param) if node.param is not None else None
        return aggregate(node.op, inner, node.grouping, param)

    def _binary(self, node: Binary) -> Frame | Floats:
        left, right = self.value(node.left), self.value(node.right)
        matching = Matching(node.on, node.labels, node.card, node.include, node.return_bool)
        if isinstance(left, Frame) and isinstance(right, Frame):
            return vectors(node.op, left, right, matching)
        if isinstance(left, Frame):
            assert not isinstance(right, Frame)
            return with_scalar(node.op, left, right, swapped=False, return_bool=node.return_bool)
        if isinstance(right, Frame):
            return with_scalar(node.op, right, left, swapped=True, return_bool=node.return_bool)
        return scalars(node.op, left, right)

    def _range(self, node: RangeCall) -> Frame:
        ends = self.steps * 1_000_000 - node.offset_ns
        worked = _worked(self.source, node.query, int(ends.min()) - node.span_ns, int(ends.max()) + 1)
        samples: dict[Key, tuple[Labels, list[int], list[float]]] = {}
        for entry in worked:
            value = self._sample(node, entry)
            if value is None:
                continue
            labels = _grouped(entry.labels(), node.grouping)
            if (entry.error and "__error__" in labels) or (entry.error and not node.grouping):
                raise BadLogQuery(
                    f"pipeline error: '{entry.error}' for series: '{show(labels)}'.\nUse a label filter to "
                    'intentionally skip this error. (e.g | __error__!="{0}").\nTo skip all potential errors you can '
                    'match empty errors.(e.g __error__="")\nThe label filter can also be specified after unwrap. '
                    f'(e.g | unwrap latency | __error__="" )\n'.replace("{0}", entry.error)
                )
            _, times, values = samples.setdefault(key_of(labels), (labels, [], []))
            times.append(entry.at)
            values.append(value)
        if node.function == "absent_over_time":
            return self._absent(node, ends, list(samples.values()))
        return self._frame(node, ends, [samples[key] for key in sorted(samples)])

    def _sample(self, node: RangeCall, entry: Working) -> float | None:
        if node.unwrap:
            value = unwrapped(entry, node.unwrap, node.conversion)
            kept = value is not None and run(node.after, entry)
            entry.drop(node.unwrap)
            return value if kept else None
        if node.function in ("bytes_rate", "bytes_over_time"):
            return float(len(entry.line.encode()))
        return 1.0

    def _frame(self, node: RangeCall, ends: Stamps, samples: Sequence[tuple[Labels, list[int], list[float]]]) -> Frame:
        labels, rows, present = [], [], []
        for told, times, values in samples:
            order = np.argsort(np.array(times, dtype=np.int64), kind="stable")
            series = RawSeries(told, np.array(times, dtype=np.int64)[order], np.array(values)[order])
            windows = Windows.cut(series, ends, node.span_ns)
            there = windows.counts >= 1
            if bool(there.any()):
                labels.append(told)
                rows.append(_over(node, windows))
                present.append(there)
        if not labels:
            return Frame.empty(len(self.steps))
        return Frame(labels, np.array(rows), np.array(present))

    def _absent(self, node: RangeCall, ends: Stamps, samples: Sequence[tuple[Labels, list[int], list[float]]]) -> Frame:
        some = self._frame(RangeCall("count_over_time", node.query, node.span_ns), ends, samples)
        labels = {each.name: each.value for each in node.query.matchers if each.op == "="}
        missing = ~np.asarray(some.present.any(axis=0))
        return Frame([labels], np.ones((1, len(missing))), missing.reshape(1, -1))


_ADDED = ("count_over_time", "rate", "bytes_over_time", "bytes_rate", "sum_over_time")


def _unparsed(node: RangeCall) -> RangeCall:
    """What is summed over all labels needs none: Loki then leaves out the parsers, and with them their errors."""
    if node.unwrap or (node.grouping is not None and node.grouping.labels):
        return node
    if not all(isinstance(stage, LineFilter | Parser | Decolorize) for stage in node.query.stages):
        return node
    stages = tuple(stage for stage in node.query.stages if not isinstance(stage, Parser))
    return replace(node, query=replace(node.query, stages=stages))


def _grouped(labels: Labels, grouping: Grouping | None) -> Labels:
    """The labels of a sample's series; a label that a parser found empty still counts."""
    if grouping is None:
        return labels
    return {name: value for name, value in labels.items() if (name in grouping.labels) == (grouping.type == "By")}


def _over(node: RangeCall, windows: Windows) -> Floats:
    span = node.span_ns / 1e9
    match node.function:
        case "count_over_time":
            return windows.counts.astype(np.float64)
        case "rate" if not node.unwrap:
            return np.asarray(windows.counts / span)
        case "bytes_over_time" | "sum_over_time":
            return windows.reduce(np.add)
        case "bytes_rate" | "rate":
            return np.asarray(windows.reduce(np.add) / span)
        case "avg_over_time":
            return np.asarray(windows.reduce(np.add) / np.maximum(windows.counts, 1))
        case "min_over_time":
            return windows.reduce(np.fmin)
        case "max_over_time":
            return windows.reduce(np.fmax)
        case "first_over_time":
            return windows.values[windows.first()]
        case "last_over_time":
            return windows.values[windows.last()]
        case "stddev_over_time":
            return windows.each(1, lambda _, values, __: float(np.std(values)))[0]
        case "stdvar_over_time":
            return windows.each(1, lambda _, values, __: float(np.var(values)))[0]
        case "quantile_over_time":
            q = node.param if node.param is not None else 0.5
            return windows.each(1, lambda _, values, __: quantile(q, values))[0]
    raise BadLogQuery(f"the function {node.function} is not understood here")
