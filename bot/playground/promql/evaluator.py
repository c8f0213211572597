"""The evaluator: walks the tree of a query and gives its value at every step."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import promql_parser as pp

from bot.playground.promql import functions as f
from bot.playground.promql.aggregates import aggregate
from bot.playground.promql.frames import Floats, Frame, Labels, QueryFailed, RawSeries, SeriesSource, Stamps
from bot.playground.promql.histograms import histogram_quantile
from bot.playground.promql.operators import Matching, scalars, vectors, with_scalar
from bot.playground.promql.over_time import EXPERIMENTAL, PLAIN, WITH_NUMBER, over_range
from bot.playground.promql.selectors import (
    BadQuery,
    Bounds,
    instant_vector,
    matchers_of,
    milliseconds,
    moments,
    parse,
    select,
    without_stale,
)

Value = Frame | Floats | str
DEFAULT_STEP_MS = 60_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave: its type as Prometheus names it, the steps, and the value."""

    kind: str
    steps: Stamps
    value: Value | list[RawSeries]


def evaluate_instant(source: SeriesSource, query: str, at_ms: int) -> Answer:
    """The query's value at one time."""
    tree = _unwrap(parse(query))
    steps = np.array([at_ms], dtype=np.int64)
    walker = Evaluator(source, Bounds(at_ms, at_ms), steps, 0)
    if isinstance(tree, pp.MatrixSelector | pp.SubqueryExpr):
        found, ends, span = walker.matrix(tree)
        cut = [_between(series, int(ends[0]) - span, int(ends[0])) for series in found]
        return Answer("matrix", steps, [series for series in cut if len(series.times)])
    value = walker.value(tree)
    kind = "vector" if isinstance(value, Frame) else "string" if isinstance(value, str) else "scalar"
    return Answer(kind, steps, value)


def evaluate_range(source: SeriesSource, query: str, start_ms: int, end_ms: int, step_ms: int) -> Answer:
    """The query's value at every step from start to end."""
    tree = parse(query)
    if isinstance(_unwrap(tree), pp.MatrixSelector | pp.SubqueryExpr | pp.StringLiteral):
        kind = "string" if isinstance(_unwrap(tree), pp.StringLiteral) else "range vector"
        raise BadQuery(
            f'invalid parameter "query": invalid expression type "{kind}" for range query, '
            "must be Scalar or instant Vector"
        )
    steps = np.arange(start_ms, end_ms + 1, step_ms, dtype=np.int64)
    value = Evaluator(source, Bounds(start_ms, end_ms), steps, step_ms).value(tree)
    if not isinstance(value, Frame):
        assert not isinstance(value, str)
        value = Frame([{}], np.broadcast_to(value, (1, len(steps))), np.ones((1, len(steps)), dtype=bool))
    return Answer("matrix", steps, value)


def _unwrap(node: Any) -> Any:
    while isinstance(node, pp.ParenExpr):
        node = node.expr
    return node


def _between(series: RawSeries, start_ms: int, end_ms: int) -> RawSeries:
    low, high = np.searchsorted(series.times, [start_ms, end_ms], side="right")
    return RawSeries(series.labels, series.times[low:high], series.values[low:high])


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates at a row of steps; a subquery gets an evaluator of its own."""

    source: SeriesSource
    bounds: Bounds
    steps: Stamps
    step_ms: int

    def value(self, node: Any) -> Value:
        """A node's value."""
        match node:
            case pp.ParenExpr():
                return self.value(node.expr)
            case pp.NumberLiteral():
                return np.full(len(self.steps), float(node.val))
            case pp.StringLiteral():
                return str(node.val)
            case pp.VectorSelector():
                return instant_vector(self.source, node, self.steps, self.bounds)[0]
            case pp.UnaryExpr():
                inner = self.value(node.expr)
                return inner.with_values(-inner.values) if isinstance(inner, Frame) else -_numbers(inner)
            case pp.BinaryExpr():
                return self._binary(node)
            case pp.AggregateExpr():
                return self._aggregate(node)
            case pp.Call():
                return self._call(node)
        raise QueryFailed(f"the expression {node} is not understood here")

    def frame(self, node: Any) -> Frame:
        """A node that must be an instant vector."""
        value = self.value(node)
        assert isinstance(value, Frame)
        return value

    def number(self, node: Any) -> Floats:
        """A node that must be a scalar."""
        return _numbers(self.value(node))

    def _binary(self, node: Any) -> Value:
        op, left, right = str(node.op), self.value(node.lhs), self.value(node.rhs)
        matching = Matching.read(node.modifier)
        if isinstance(left, Frame) and isinstance(right, Frame):
            return vectors(op, left, right, matching)
        if isinstance(left, Frame):
            return with_scalar(op, left, _numbers(right), swapped=False, return_bool=matching.return_bool)
        if isinstance(right, Frame):
            return with_scalar(op, right, _numbers(left), swapped=True, return_bool=matching.return_bool)
        return scalars(op, _numbers(left), _numbers(right))

    def _aggregate(self, node: Any) -> Frame:
        op = str(node.op)
        if op in ("limitk", "limit_ratio"):
            raise BadQuery(f'invalid parameter "query": 1:1: parse error: {op}() is experimental and must be enabled')
        param: Floats | str | None = None
        if node.param is not None:
            value = self.value(node.param)
            param = value if isinstance(value, str) else _numbers(value)
        return aggregate(op, self.frame(node.expr), node.modifier, param)

    def matrix(self, node: Any) -> tuple[list[RawSeries], Stamps, int]:
        """The samples of a range selector or subquery, where each step's range ends, and how long it is."""
        node = _unwrap(node)
        if isinstance(node, pp.SubqueryExpr):
            return self._subquery(node)
        selector, span = node.vector_selector, milliseconds(node.range)
        ends = moments(selector, self.steps, self.bounds)
        found = select(self.source, selector, int(ends.min()) - span, int(ends.max()))
        return [without_stale(series) for series in found], ends, span

    def _subquery(self, node: Any) -> tuple[list[RawSeries], Stamps, int]:
        ends, span = moments(node, self.steps, self.bounds), milliseconds(node.range)
        step = milliseconds(node.step) or DEFAULT_STEP_MS
        first = int(np.floor_divide(int(ends.min()) - span, step)) * step + step
        inner_steps = np.arange(first, int(ends.max()) + 1, step, dtype=np.int64)
        if not len(inner_steps):
            return [], ends, span
        value = Evaluator(self.source, self.bounds, inner_steps, step).value(node.expr)
        if not isinstance(value, Frame):
            return [RawSeries({}, inner_steps, _numbers(value))], ends, span
        found = [
            RawSeries(labels, inner_steps[there], row[there])
            for labels, row, there in zip(value.labels, value.values, value.present, strict=True)
        ]
        return found, ends, span

    def _call(self, node: Any) -> Value:
        name, args = str(node.func.name), list(node.args)
        if name in EXPERIMENTAL or bool(node.func.experimental):
            raise BadQuery(
                f'invalid parameter "query": 1:1: parse error: function "{name}" is not enabled; '
                "it is experimental and must be enabled with --enable-feature=promql-experimental-functions"
            )
        if name in PLAIN or name in WITH_NUMBER:
            place = 1 if name == "quantile_over_time" else 0
            numbers = [self.number(arg) for number, arg in enumerate(args) if number != place]
            found, ends, span = self.matrix(args[place])
            return over_range(name, found, ends, span, self.steps, numbers)
        if name in ("absent", "absent_over_time"):
            return self._absent(name, args[0])
        with np.errstate(all="ignore"):
            return self._instant_call(name, args)

    def _absent(self, name: str, arg: Any) -> Frame:
        inner = _unwrap(arg)
        if name == "absent":
            return f.absent(self.frame(arg), _told(inner) if isinstance(inner, pp.VectorSelector) else {})
        found, ends, span = self.matrix(inner)
        labels = _told(inner.vector_selector) if isinstance(inner, pp.MatrixSelector) else {}
        return f.absent(over_range("present_over_time", found, ends, span, self.steps, []), labels)

    def _instant_call(self, name: str, args: list[Any]) -> Value:
        if name in f.MATHEMATICS:
            frame = self.frame(args[0])
            return frame.with_values(f.MATHEMATICS[name](frame.values))
        if name in f.CLOCKS:
            return f.clock(name, self.frame(args[0]) if args else self._now())
        match name:
            case "time":
                return self.steps / 1000.0
            case "pi":
                return np.full(len(self.steps), np.pi)
            case "vector":
                return Frame([{}], self.number(args[0]).reshape(1, -1), np.ones((1, len(self.steps)), dtype=bool))
            case "scalar":
                return f.scalar(self.frame(args[0]))
            case "timestamp":
                return self._timestamp(args[0])
            case "histogram_quantile":
                return histogram_quantile(self.number(args[0]), self.frame(args[1]))
        return self._shape_call(name, args)

    def _shape_call(self, name: str, args: list[Any]) -> Frame:
        frame = self.frame(args[0])
        width = len(self.steps)
        match name:
            case "round":
                return f.rounded(frame, self.number(args[1]) if len(args) > 1 else np.ones(width))
            case "clamp":
                return f.clamp(frame, self.number(args[1]), self.number(args[2]))
            case "clamp_min":
                return f.clamp(frame, self.number(args[1]), np.full(width, np.inf))
            case "clamp_max":
                return f.clamp(frame, np.full(width, -np.inf), self.number(args[1]))
            case "sort" | "sort_desc":
                return f.in_order(frame, descending=name == "sort_desc")
            case "label_replace":
                target, replacement, source, pattern = (_text(self.value(arg)) for arg in args[1:])
                return f.label_replace(frame, target, replacement, source, pattern)
            case "label_join":
                target, separator, *sources = (_text(self.value(arg)) for arg in args[1:])
                return f.label_join(frame, target, separator, sources)
        raise QueryFailed(f"the function {name} is not understood here")

    def _timestamp(self, arg: Any) -> Frame:
        if isinstance(_unwrap(arg), pp.VectorSelector):
            _, stamps = instant_vector(self.source, _unwrap(arg), self.steps, self.bounds)
            return stamps.with_values(stamps.values)
        frame = self.frame(arg)
        return frame.with_values(np.broadcast_to(self.steps / 1000.0, frame.values.shape))

    def _now(self) -> Frame:
        return Frame([{}], (self.steps / 1000.0).reshape(1, -1), np.ones((1, len(self.steps)), dtype=bool))


def _numbers(value: Value) -> Floats:
    assert isinstance(value, np.ndarray)
    return value


def _text(value: Value) -> str:
    assert isinstance(value, str)
    return value


def _told(selector: Any) -> Labels:
    """The labels that a selector says outright, which `absent` gives back."""
    told: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in matchers_of(selector):
        if matcher.name == "__name__":
            continue
        if matcher.op == "=" and matcher.name not in seen:
            told[matcher.name] = matcher.value
            seen.add(matcher.name)
        else:
            told.pop(matcher.name, None)
    return told
