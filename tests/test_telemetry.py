"""What /metrics tells of our own health."""

from datetime import UTC, datetime

import pytest
import structlog
from prometheus_client import REGISTRY

from bot import telemetry
from bot.app import build, on_duty
from bot.domain.message import Message, Person, Thread
from bot.hall.vitals import Vitals
from bot.settings import DutyBotSettings
from bot.talk.web import make_app

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
    return Vitals(house.inbox, house.outbox, house.responder.approving.gate, house.brains, house.channels)


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


def test_a_list_is_logged_as_a_list_without_secrets(capsys, logging_anew):
    telemetry.log_as("info")
    key = "AKIA" + "Q3EGRQMOLC7WY5TX"
    structlog.get_logger().info("on duty", channels=["web", key], more={"password": "hunter2hunter2"})
    said = capsys.readouterr().err
    assert "channels=['web', '[REDACTED:" in said
    assert key not in said
    assert "hunter2" not in said
