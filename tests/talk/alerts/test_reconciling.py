"""What no webhook told is heard by asking; what one told is not heard twice."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.database import Database
from bot.database.rounds import Rounds
from bot.domain.alert import Alert
from bot.talk.alerts.alertmanager import Webhook, read, read_listed
from bot.talk.alerts.reconciling import GONE, Reconciling
from skills import Unreachable
from skills.alertmanager.client import AlertmanagerClient
from skills.alertmanager.settings import AlertmanagerSettings
from skills.http import Http, Server
from tests.servers.process import LOCAL, free_port

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LISTED = {
    "annotations": {"summary": "slow"},
    "endsAt": "2026-11-22T12:05:00.000Z",
    "startsAt": "2026-11-22T11:00:00.123Z",
    "updatedAt": "2026-11-22T11:59:00.000Z",
    "fingerprint": "abc",
    "generatorURL": "http://prometheus/graph",
    "labels": {"alertname": "HighLatency", "namespace": "shop"},
    "receivers": [{"name": "bot"}],
    "status": {"inhibitedBy": [], "silencedBy": [], "mutedBy": [], "state": "active"},
}
TOLD = {key: LISTED[key] for key in ("annotations", "labels", "fingerprint", "generatorURL")} | {
    "status": "firing",
    "startsAt": "2026-11-22T11:00:00.123456789Z",
    "endsAt": "0001-01-01T00:00:00Z",
}


class Ears:
    """Remembers by key, as the inbox does."""

    def __init__(self):
        self.kept = {}

    async def hear(self, event):
        new = event.key not in self.kept
        self.kept.setdefault(event.key, event)
        return new


@pytest.fixture
async def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await made.open()
    yield made
    await made.close()


def asking(database, listed, on=(), receiver="bot", now=lambda: NOON):
    def answer(request):
        assert request.url.path == "/api/v2/alerts"
        return httpx.Response(200, json=listed() if callable(listed) else listed)

    async def firing():
        return list(on() if callable(on) else on)

    http = Http(Server("Alertmanager", "http://alerts", timeout=1), httpx.MockTransport(answer))
    made = Reconciling(
        AlertmanagerClient(AlertmanagerSettings(), http), Rounds(database), firing, read_listed, now, every=60
    )
    made.receiver = receiver
    return made


def test_by_webhook_and_by_asking_it_is_the_same_alert():
    (told,) = read(Webhook.model_validate({"alerts": [TOLD]}))
    assert read_listed(LISTED) == told


async def test_what_no_webhook_told_is_heard_once(database):
    ears, looks = Ears(), asking(database, [LISTED])
    assert await looks.look(ears) == 1
    assert await looks.look(ears) == 0
    (heard,) = ears.kept.values()
    assert (heard.name, heard.firing, heard.labels["namespace"]) == ("HighLatency", True, "shop")


@pytest.mark.parametrize(
    "more",
    [
        {"status": {"state": "suppressed", "silencedBy": ["s1"]}},
        {"status": {"state": "active", "mutedBy": ["night"]}},
        {"receivers": [{"name": "mail"}]},
        {"startsAt": "long ago"},
        {"labels": "none"},
    ],
    ids=["silenced", "muted", "another's", "no moment", "no labels"],
)
async def test_what_is_quiet_anothers_or_no_alert_is_not_heard(database, more):
    ears = Ears()
    assert await asking(database, [LISTED | more]).look(ears) == 0
    assert not ears.kept


async def test_what_it_no_longer_has_is_over_after_some_looks_and_not_at_once(database):
    ears, gone = Ears(), Alert("alert:abc:firing:x", "abc", {"alertname": "HighLatency"}, True, NOON)
    other = Alert("alert:k:firing:x", "k", {"alertname": "BackOff"}, True, NOON, source="kubernetes_events")
    looks = asking(database, [], [gone, other])
    for _ in range(GONE - 1):
        await looks.look(ears)
        assert not ears.kept
    await looks.look(ears)
    (over,) = ears.kept.values()
    assert (over.fingerprint, over.firing, over.ends_at) == ("abc", False, NOON)


async def test_one_that_is_there_again_is_counted_anew(database):
    ears, there = Ears(), []
    gone = Alert("alert:abc:firing:x", "abc", {}, True, NOON)
    looks = asking(database, lambda: list(there), [gone])
    for _ in range(GONE - 1):
        await looks.look(ears)
    there.append(LISTED | {"status": {"state": "suppressed"}})
    await looks.look(ears)
    there.clear()
    for _ in range(GONE - 1):
        await looks.look(ears)
    assert not ears.kept


async def test_one_replica_asks_for_all_and_only_once_the_receiver_is_known(database):
    asked, at = [], [NOON]
    listed = lambda: asked.append(1) or []  # noqa: E731
    one, other = (asking(database, listed, now=lambda: at[0]) for _ in range(2))
    unknown = asking(database, listed, receiver="", now=lambda: at[0])
    for each in (unknown, one, other):
        await each.take_turn(Ears())
    assert len(asked) == 1
    at[0] += timedelta(seconds=60)
    await other.take_turn(Ears())
    assert len(asked) == 2


async def test_when_it_does_not_answer_nothing_is_over(database):
    client = AlertmanagerClient(AlertmanagerSettings(url=f"http://{LOCAL}:{free_port()}", timeout=0.3))
    looks = Reconciling(client, Rounds(database), list, read_listed, lambda: NOON, 60)
    with pytest.raises(Unreachable):
        await looks.look(Ears())


@pytest.mark.servers
async def test_a_real_one_whose_webhook_reached_nobody(database, start_alertmanager):
    manager = await asyncio.to_thread(start_alertmanager, webhook=f"http://{LOCAL}:{free_port()}/alerts")
    begun = datetime.fromtimestamp(time.time() - 300, UTC)
    await asyncio.to_thread(
        manager.fire,
        {"labels": {"alertname": "HighCPU", "namespace": "shop"}, "annotations": {}, "startsAt": begun.isoformat()},
    )
    ears = Ears()
    looks = Reconciling(
        AlertmanagerClient(AlertmanagerSettings(url=manager.url)),
        Rounds(database),
        lambda: asyncio.sleep(0, list(ears.kept.values())),
        read_listed,
        lambda: datetime.now(UTC),
        60,
    )
    looks.receiver = "bot"
    assert await looks.look(ears) == 1
    (heard,) = ears.kept.values()
    assert heard.name == "HighCPU"
    assert abs(heard.starts_at - begun) < timedelta(milliseconds=1)
    await looks.close()
