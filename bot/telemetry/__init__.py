"""How we speak of ourselves: structured logs without secrets, the metrics of our own health, and traces."""

from bot.telemetry.logs import log_as
from bot.telemetry.metrics import (
    ALERTS_RECONCILED,
    APPROVALS_PENDING,
    BRAIN_UP,
    BREAKER_OPEN,
    CHANNEL_UP,
    DIAGNOSIS_LOG_BYTES,
    DIAGNOSIS_SECONDS,
    INBOX_DEPTH,
    INBOX_OLDEST,
    LEDGER_BEHIND,
    METRICS,
    OUTBOX_DEPTH,
    OUTBOX_GIVEN_UP,
    STORE_UP,
    timed,
)
from bot.telemetry.traces import span, trace_to

__all__ = [
    "ALERTS_RECONCILED",
    "APPROVALS_PENDING",
    "BRAIN_UP",
    "BREAKER_OPEN",
    "CHANNEL_UP",
    "DIAGNOSIS_LOG_BYTES",
    "DIAGNOSIS_SECONDS",
    "INBOX_DEPTH",
    "INBOX_OLDEST",
    "LEDGER_BEHIND",
    "METRICS",
    "OUTBOX_DEPTH",
    "OUTBOX_GIVEN_UP",
    "STORE_UP",
    "log_as",
    "span",
    "timed",
    "trace_to",
]
