"""Structured logs, without secrets: ours, and what the libraries that we use have to say."""

import logging
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

import structlog

from bot.redaction import Redacted, mask, mask_field
from bot.telemetry.traces import trace_id

LONGEST_NAME = 64


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


Safe = Redacted | int | float | list["Safe"] | dict[Redacted, "Safe"] | None
"""All that a renderer is given: text is there as Redacted alone."""


def _masked(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Safe]:
    """Every text that is logged passes the same mask as every card; an exception is text by now."""
    return {name: value for name, value in _fields(event).items()}  # noqa: C416 - its names are texts like others here


def _fields(named: Mapping[Any, Any]) -> dict[Redacted, Safe]:
    return {mask(str(name)): _without_secrets(value, str(name)) for name, value in named.items()}


def _without_secrets(value: Any, name: str = "") -> Safe:
    """The same with every text in it masked; a list stays a list, and what it holds stands under the name before it."""
    match value:
        case None | int() | float():
            return value
        case Mapping():
            return _fields(value)
        case list() | tuple() | set() | frozenset():
            rows = list(value)
            return [_without_secrets(each, _name_before(rows, at) or name) for at, each in enumerate(rows)]
        case bytes():
            return mask_field(name, value.decode("utf-8", "replace"))
        case _:
            return mask_field(name, str(value))


def _name_before(rows: list[Any], at: int) -> str:
    """In a list of arguments what follows --password is one."""
    before = rows[at - 1] if at else None
    return before.lstrip("-") if isinstance(before, str) and len(before) <= LONGEST_NAME else ""
