"""The metrics of our own health, as /metrics tells them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter, Gauge, Histogram

from bot.telemetry.traces import span

EVENTS = Counter("dutybot_events", "Events that were answered, or could not be.", ["kind", "outcome"])
EVENT_SECONDS = Histogram(
    "dutybot_event_seconds",
    "Time from taking up an event to its end.",
    ["kind"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
INBOX_DEPTH = Gauge("dutybot_inbox_depth", "Events that wait or are under way.")
INBOX_OLDEST = Gauge("dutybot_inbox_oldest_seconds", "How long the oldest unanswered event has been waiting.")
OUTBOX_DEPTH = Gauge("dutybot_outbox_depth", "Cards whose newest state has not been accepted yet.")
OUTBOX_GIVEN_UP = Counter("dutybot_outbox_given_up", "Cards that no channel would take.", ["channel"])
BRAIN_UP = Gauge("dutybot_brain_up", "1 if this brain is well, 0 if it is away.", ["brain"])
CHANNEL_UP = Gauge("dutybot_channel_up", "1 if this channel is well, 0 if it is away.", ["channel"])
APPROVALS_PENDING = Gauge("dutybot_approvals_pending", "Approvals that wait for a person.")
STORE_UP = Gauge("dutybot_store_up", "1 if the database answered when it was last asked, 0 if not.")
BREAKER_OPEN = Gauge(
    "dutybot_breaker_open", "Repairs that are paused because they kept failing: of single targets, or of all.", ["of"]
)
LEDGER_BEHIND = Gauge("dutybot_ledger_behind", "Audit records that Elasticsearch has not taken yet.")
DIAGNOSIS_SECONDS = Histogram(
    "dutybot_diagnosis_seconds",
    "Time from the beginning of a look for the cause to its report.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 7.5, 10, 20),
)
DIAGNOSIS_LOG_BYTES = Counter("dutybot_diagnosis_log_bytes", "Bytes of logs that were read in looks for the cause.")
ALERTS_RECONCILED = Counter(
    "dutybot_alerts_reconciled", "Alerts that no webhook had told of, heard by asking Alertmanager.", ["state"]
)
METRICS = (
    ALERTS_RECONCILED,
    DIAGNOSIS_SECONDS,
    DIAGNOSIS_LOG_BYTES,
    EVENTS,
    EVENT_SECONDS,
    INBOX_DEPTH,
    INBOX_OLDEST,
    OUTBOX_DEPTH,
    OUTBOX_GIVEN_UP,
    BRAIN_UP,
    CHANNEL_UP,
    APPROVALS_PENDING,
    STORE_UP,
    BREAKER_OPEN,
    LEDGER_BEHIND,
)
"""All that /metrics tells of us."""


@contextmanager
def timed(kind: str) -> Iterator[None]:
    """Counts, times and traces one event; what is raised inside counts as failed, and goes on."""
    began = time.perf_counter()
    outcome = "failed"
    try:
        with span(kind):
            yield
        outcome = "handled"
    finally:
        EVENTS.labels(kind, outcome).inc()
        EVENT_SECONDS.labels(kind).observe(time.perf_counter() - began)
