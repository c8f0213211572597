"""A question in PromQL, read before it is sent: what is wrong with it is told at once, and its cost is bounded."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from skills.errors import BadArguments

LONGEST_WINDOW = timedelta(days=32)
MOST_WINDOWS = 50_000
"""Samples of a subquery, or evaluations times windows: beyond this a server groans."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a question reaches for."""

    window: timedelta
    """The longest stretch behind one point."""
    subquery_samples: int
    catch_all: bool
    """It selects series without naming any metric."""


def parse(query: str) -> Any:
    """The expression.

    Raises:
        BadArguments: it is not PromQL; says why.
    """
    import promql_parser

    try:
        return promql_parser.parse(query)
    except ValueError as error:
        raise BadArguments("bad_promql", query=query[:200], why=str(error)[:200]) from error


def checked(query: str) -> str:
    """The query, once it is known to be PromQL that a server can bear."""
    expression = parse(query)
    cost = cost_of(expression)
    if cost.catch_all:
        raise BadArguments("promql_too_wide", query=query[:200])
    if cost.window > LONGEST_WINDOW:
        raise BadArguments("promql_window_too_long", query=query[:200], most=LONGEST_WINDOW.days)
    if cost.subquery_samples > MOST_WINDOWS:
        raise BadArguments("promql_too_costly", query=query[:200])
    return query


def cost_of(expression: Any) -> Cost:
    """Measured over the whole expression."""
    import promql_parser as promql

    window, samples, catch_all = timedelta(), 0, False

    def visit(part: Any) -> bool:
        nonlocal window, samples, catch_all
        if isinstance(part, promql.MatrixSelector):
            window = max(window, part.range or window)
        elif isinstance(part, promql.SubqueryExpr):
            step, reach = part.step or timedelta(minutes=1), part.range or timedelta()
            window = max(window, reach)
            samples = max(samples, 1) * max(1, int(reach / step))
        elif isinstance(part, promql.VectorSelector):
            catch_all = catch_all or _selects_anything(part, promql)
        return True

    promql.walk(expression, visit)
    return Cost(window, samples, catch_all)


def _selects_anything(selector: Any, promql: Any) -> bool:
    """{__name__=~".+"} and the like: no metric named, and no label pinned to a value."""
    if selector.name:
        return False
    for matcher in selector.matchers.matchers:
        pinned = matcher.op == promql.MatchOp.Equal and matcher.value
        narrowed = matcher.op == promql.MatchOp.Re and len(matcher.value.strip(".*+^$()[]|?\\")) >= 3
        if pinned or narrowed:
            return False
    return True


def quoted(value: str) -> str:
    """A label value, safe inside double quotes."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
