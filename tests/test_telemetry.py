"""What /metrics tells of our own health."""

import asyncio
import gc
import gzip
import json
import logging
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client import REGISTRY

from bot import telemetry
from bot.app import build, on_duty
from bot.domain.message import Message, Person, Thread
from bot.hall.vitals import Vitals
from bot.settings import DutyBotSettings
from bot.talk.web import make_app
from bot.telemetry.logs import Foreign

HELLO = Message("m1", Thread("web", "t1", "t1"), Person("asker", "Lin"), "hello", datetime.now(UTC))


def told(name, **labels):
    """What this metric says now."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def house(tmp_path):
    return build(
        DutyBotSettings(
            skills=(),
            channels=("web",),
            alerts=(),
            brains=("scripted",),
            database_url=f"sqlite:///{tmp_path / 'house.sqlite'}",
            ledger_path=tmp_path / "audit.jsonl",
        )
    )


def vitals(house):
    return Vitals(house.inbox, house.outbox, house.responder.approving.gate, house.brains, house.channels, house.ledger)


async def test_an_event_is_counted_and_the_depths_fall_back(house):
    handled = told("dutybot_events_total", kind="Message", outcome="handled")
    async with on_duty(house):
        await house.inbox.hear(HELLO)
        assert house.inbox.depth == 1
        await vitals(house).measure()
        assert told("dutybot_inbox_depth") == 1
        await house.inbox.idle()
        await vitals(house).measure()
        await vitals(house).ask()
    assert told("dutybot_breaker_open", of="all") == 0
    assert told("dutybot_ledger_behind") == 0
    assert told("dutybot_events_total", kind="Message", outcome="handled") == handled + 1
    assert told("dutybot_inbox_depth") == 0
    assert told("dutybot_inbox_oldest_seconds") == 0
    assert told("dutybot_store_up") == 1
    assert told("dutybot_brain_up", brain="scripted") == 1
    assert told("dutybot_channel_up", channel="web") == 1
    assert make_app(house.routes())


async def test_what_waits_has_an_age(house):
    await house.database.open()
    await house.threads.start()
    await house.inbox.hear(HELLO)
    assert 0 <= await house.inbox.oldest() < 30
    await vitals(house).measure()
    assert told("dutybot_inbox_depth") == 1
    await house.close()


def test_what_fails_is_counted_as_failed():
    before = told("dutybot_events_total", kind="Alert", outcome="failed")
    with pytest.raises(ValueError, match="broken"), telemetry.timed("Alert"):
        raise ValueError("broken")
    assert told("dutybot_events_total", kind="Alert", outcome="failed") == before + 1
    assert told("dutybot_event_seconds_count", kind="Alert") >= 1


@pytest.fixture
def logging_anew():
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    root = logging.getLogger()
    root.handlers = [each for each in root.handlers if not isinstance(each, Foreign)]


def test_a_list_is_logged_as_a_list_without_secrets(capsys, logging_anew):
    telemetry.log_as("info")
    key = "AKIA" + "Q3EGRQMOLC7WY5TX"
    structlog.get_logger().info("on duty", channels=["web", key], more={"password": "hunter2hunter2"})
    said = capsys.readouterr().err
    assert "channels=['web', '[REDACTED:" in said
    assert key not in said
    assert "hunter2" not in said


def test_for_a_collector_each_line_is_one_object(capsys, logging_anew):
    telemetry.log_as("info", "json")
    structlog.get_logger().warning("a card was not accepted yet", slot="answer:1", why="password=hunter2hunter2")
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["level"], said["event"], said["slot"]) == ("warning", "a card was not accepted yet", "answer:1")
    assert "hunter2" not in line


CANARY = "AKIA" + "Q3EGRQMOLC7WY5TX"


def fail():
    secret = CANARY
    try:
        raise ValueError(f"refused: {secret}")
    except ValueError as error:
        error.add_note(f"sent Authorization: Bearer {secret}")
        raise RuntimeError("password=hunter2hunter2") from error


WAYS = {
    "the event": lambda log: log.info(f"key {CANARY}"),
    "a value": lambda log: log.info("x", why=CANARY),
    "the name of a value": lambda log: log.info("x", **{CANARY: 1}),
    "deep inside": lambda log: log.info("x", more=[{"a": (CANARY, {CANARY})}, [[CANARY]]]),
    "bytes": lambda log: log.info("x", body=CANARY.encode()),
    "an exception as a value": lambda log: log.warning("x", why=ValueError(CANARY)),
    "what is bound": lambda log: log.bind(key=CANARY).info("x"),
    "a line broken in two": lambda log: log.info(f"one\ntwo {CANARY}"),
    "a library": lambda log: logging.getLogger("httpx").warning("sent %s", CANARY),
}


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("way", WAYS)
def test_no_way_into_the_log_carries_a_secret(capsys, logging_anew, form, way):
    telemetry.log_as("info", form)
    WAYS[way](structlog.get_logger())
    said = capsys.readouterr().err
    assert "REDACTED" in said
    assert CANARY not in said


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("ours", [True, False])
def test_an_exception_is_logged_with_its_causes_and_without_their_secrets(capsys, logging_anew, form, ours):
    telemetry.log_as("info", form)
    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("x") if ours else logging.getLogger("asyncio").exception("x")
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "ValueError: refused" in said
    assert CANARY not in said
    assert "hunter2" not in said


async def test_what_nobody_waited_for_is_logged_without_secrets(capsys, logging_anew):
    telemetry.log_as("info")

    async def lost():
        fail()

    task = asyncio.create_task(lost())
    await asyncio.wait([task])
    del task
    gc.collect()
    said = capsys.readouterr().err
    assert "never retrieved" in said
    assert CANARY not in said
    assert "hunter2" not in said


class Collector(BaseHTTPRequestHandler):
    """Takes spans as an OpenTelemetry collector does."""

    seen: ClassVar[list] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        told = ExportTraceServiceRequest.FromString(body)
        self.seen.extend(s for r in told.resource_spans for scope in r.scope_spans for s in scope.spans)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def collector():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Collector.seen.clear()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces"
    server.shutdown()
    server.server_close()


async def test_an_event_is_traced_with_what_it_thought_and_sent(house, collector, capsys, logging_anew):
    telemetry.log_as("info", "json")
    end = telemetry.trace_to(collector)
    async with on_duty(house):
        await house.inbox.hear(HELLO)
        await house.inbox.idle()
        with telemetry.span("a line"):
            structlog.get_logger().info("inside")
    await asyncio.to_thread(end)
    spans = {each.name: each for each in Collector.seen}
    assert {"Message", "brain", "send"} <= set(spans)
    assert {spans[name].trace_id for name in ("brain", "send")} == {spans["Message"].trace_id}
    assert spans["brain"].parent_span_id == spans["Message"].span_id
    assert [each.value.string_value for each in spans["brain"].attributes] == ["scripted"]
    assert HELLO.text not in str(Collector.seen), "what people write is in no trace"
    inside = next(line for line in capsys.readouterr().err.splitlines() if '"inside"' in line)
    assert json.loads(inside)["trace_id"] == spans["a line"].trace_id.hex()
    assert telemetry.traces.trace_id() == "", "nothing is traced after the end"
