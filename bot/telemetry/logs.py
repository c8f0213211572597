"""Structured logs, without secrets: ours, and what the libraries that we use have to say."""

import logging
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from bot.redaction import Redacted, mask
from bot.telemetry.traces import trace_id


def log_as(level: Literal["debug", "info", "warning", "error"], form: Literal["text", "json"] = "text") -> None:
    """Log from this level up, to standard error: for people to read, or one JSON object a line."""
    render: Any = structlog.dev.ConsoleRenderer(colors=False)
    if form == "json":
        render = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _with_trace,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            _masked,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(_stderr()),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(each, Foreign) for each in root.handlers):
        root.addHandler(Foreign(logging.WARNING))


class Foreign(logging.Handler):
    """What a library or the event loop logs, from a warning up, goes the same way as our own lines.

    Without a handler Python itself would write it to standard error, unmasked, with the text of its exceptions.
    """

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = record.getMessage()
        except (TypeError, ValueError):
            said = str(record.msg)
        log: Any = structlog.get_logger()
        log.log(record.levelno, said, by=record.name, **({"exc_info": record.exc_info} if record.exc_info else {}))


def _stderr() -> Any:
    import sys

    return sys.stderr


def _with_trace(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The trace that a line belongs to, where there is one."""
    return {**event, "trace_id": trace} if (trace := trace_id()) else event


Safe = Redacted | int | float | list["Safe"] | None
"""All that a renderer is given: text is there as Redacted alone."""


def _masked(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Safe]:
    """Every text that is logged passes the same mask as every card; an exception is text by now."""
    return {mask(name): _without_secrets(value) for name, value in event.items()}


def _without_secrets(value: Any) -> Safe:
    """The same with every text in it masked; a list stays a list."""
    match value:
        case None | int() | float():
            return value
        case list() | tuple() | set() | frozenset():
            return [_without_secrets(each) for each in value]
        case bytes():
            return mask(value.decode("utf-8", "replace"))
        case _:
            return mask(str(value))
