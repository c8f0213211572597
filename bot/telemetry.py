"""How we speak of ourselves: structured logs without secrets."""

import logging
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from bot.redaction import mask


def log_as(level: Literal["debug", "info", "warning", "error"]) -> None:
    """Log from this level up, to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            _masked,
            structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(_stderr()),
        cache_logger_on_first_use=False,
    )


def _stderr() -> Any:
    import sys

    return sys.stderr


def _masked(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Every text that is logged passes the same mask as every card."""
    return {name: mask(value) if isinstance(value, str) else value for name, value in event.items()}
