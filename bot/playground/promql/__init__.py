"""A small Prometheus query engine: parsed by promql-parser, evaluated with numpy, held to the real one by tests."""

from bot.playground.promql.evaluator import Answer, evaluate_instant, evaluate_range
from bot.playground.promql.frames import Frame, RawSeries, SeriesSource
from bot.playground.promql.selectors import BadQuery, Matcher, parse, parse_selector

__all__ = [
    "Answer",
    "BadQuery",
    "Frame",
    "Matcher",
    "RawSeries",
    "SeriesSource",
    "evaluate_instant",
    "evaluate_range",
    "parse",
    "parse_selector",
]
