"""What Alertmanager sends is kept before it is thanked, and only from those who may send."""

import base64

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from bot.errors import BadInput, StoreDown
from bot.talk.alerts.alertmanager import make

FIRING = {
    "status": "firing",
    "labels": {"alertname": "HighLatency", "service": "order-service", "服务": "订单"},
    "annotations": {"summary": "slow"},
    "startsAt": "2026-11-22T09:00:00.123Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "fingerprint": "abc",
    "generatorURL": "http://prometheus/graph",
}
RESOLVED = FIRING | {"status": "resolved", "endsAt": "2026-11-22T09:30:00Z"}


class Ears:
    """Where events go; far enough for this door."""

    def __init__(self, fails=False):
        self.kept, self.fails = {}, fails

    async def hear(self, event):
        if self.fails:
            raise StoreDown
        new = event.key not in self.kept
        self.kept[event.key] = event
        return new


async def post(body, ears=None, headers=None, path="/alerts/alertmanager", **settings):
    source = make(**({"token": "t0ken-t0ken"} | settings))
    if ears:
        await source.start(ears)
    transport = httpx.ASGITransport(Starlette(routes=source.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        headers = {"authorization": "Bearer t0ken-t0ken"} if headers is None else headers
        return await client.post(path, content=body if isinstance(body, bytes) else None,
                                 json=None if isinstance(body, bytes) else body, headers=headers)  # fmt: skip


def webhook(*alerts, **more):
    return {"version": "4", "status": "firing", "alerts": list(alerts), "notification_reason": "new in 0.32", **more}


async def test_a_firing_alert_its_repeat_and_its_end():
    ears = Ears()
    first = await post(webhook(FIRING), ears)
    assert first.json() == {"kept": 1, "new": 1}
    assert (await post(webhook(FIRING, RESOLVED, truncatedAlerts=3), ears)).json() == {"kept": 2, "new": 1}
    firing, resolved = ears.kept.values()
    assert firing.firing
    assert firing.ends_at is None
    assert firing.name == "HighLatency"
    assert firing.labels["服务"] == "订单"
    assert not resolved.firing
    assert resolved.ends_at.hour == 9
    assert firing.fingerprint == resolved.fingerprint


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": "Basic !!!"}, 401),
        ({"authorization": "Basic " + base64.b64encode(b"am:pa55").decode()}, 200),
        ({"authorization": "Basic " + base64.b64encode(b"am:no").decode()}, 401),
    ],
)
async def test_only_those_who_may(headers, status):
    answer = await post(webhook(FIRING), Ears(), headers, user="am", password="pa55")
    assert answer.status_code == status


def test_it_does_not_start_open_by_accident():
    with pytest.raises(BadInput):
        make(token="", password="")


async def test_what_is_not_a_webhook_is_told_where_it_is_wrong():
    answer = await post({"alerts": [{"status": "firing"}]}, Ears())
    assert answer.status_code == 400
    assert "alerts.0.labels" in answer.json()["error"]


async def test_too_large_and_not_now():
    assert (await post(webhook(*[FIRING] * 50), Ears(), most_bytes=1000)).status_code == 413
    assert (await post(webhook(FIRING), Ears(fails=True))).status_code == 503
    assert (await post(webhook(FIRING))).status_code == 503


@given(st.binary(max_size=200))
async def test_no_bytes_break_the_door(body):
    assert (await post(body, Ears())).status_code in {200, 400}


GRAFANA = {
    "receiver": "dutybot",
    "status": "firing",
    "orgId": 1,
    "state": "alerting",
    "title": "[FIRING:2]",
    "message": "**Firing**",
    "version": "1",
    "truncatedAlerts": 0,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "High memory usage", "team": "blue", "namespace": "shop"},
            "annotations": None,
            "startsAt": "2026-10-12T09:51:03.157076+02:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://play.grafana.example/alerting/1afz29v7z/edit",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "https://play.grafana.example/alerting/silence/new",
            "dashboardURL": "https://play.grafana.example/d/shop",
            "panelURL": "https://play.grafana.example/d/shop?viewPanel=2",
            "values": {"B": 44.23943737541908, "C": 1},
            "valueString": "[ var='B' labels={pod=a} value=44.2 ]",
        },
        {
            "status": "firing",
            "labels": {"alertname": "DatasourceNoData", "rulename": "Orders per minute", "datasource_uid": "p1"},
            "annotations": {"summary": "no orders"},
            "startsAt": "2026-10-12T09:56:03+02:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://play.grafana.example/alerting/d1rdpdv7k/edit",
            "fingerprint": "d1rdpdv7k",
            "dashboardURL": "",
            "panelURL": "",
            "values": None,
            "valueString": "",
        },
    ],
}


async def test_grafana_alerting_is_read_as_it_is_sent():
    ears = Ears()
    answer = await post(GRAFANA, ears, path="/alerts/grafana")
    assert (answer.status_code, answer.json()) == (200, {"kept": 2, "new": 2})
    memory, silent = ears.kept.values()
    assert (memory.name, memory.source) == ("High memory usage", "grafana")
    assert memory.url == "https://play.grafana.example/d/shop?viewPanel=2"
    assert "44.2" in memory.summary
    assert (silent.name, silent.labels["problem"]) == ("Orders per minute", "DatasourceNoData")
    assert memory.starts_at.hour == 9
    assert memory.starts_at.utcoffset().total_seconds() == 7200
