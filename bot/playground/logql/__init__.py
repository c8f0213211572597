"""A small Loki query engine: selectors, filters, parsers and metrics over lines, held to the real one by tests."""

from bot.playground.logql.language import BadLogQuery, parse_log_query
from bot.playground.logql.streams import Entry, LogSource, Stream

__all__ = ["BadLogQuery", "Entry", "LogSource", "Stream", "parse_log_query"]
