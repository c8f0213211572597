"""Alerts and silences, against a double at the wire and on a real Alertmanager."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills import BadArguments, Catalogue, Clock, Snapshot, Unreachable
from skills.alertmanager.actions import Alertmanager
from skills.alertmanager.client import AlertmanagerClient, matchers_of, read_matchers
from skills.alertmanager.settings import AlertmanagerSettings
from skills.catalogue import discover
from skills.http import Http, Server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ASKED = {"matchers": "alertname=HighLatency,namespace=shop", "comment": "being mended", "duration": "1小时"}


def alert(name: str, state: str = "active", **labels: str):
    return {
        "labels": {"alertname": name, "severity": "critical", "namespace": "shop", **labels},
        "annotations": {"summary": f"{name} of order-service"},
        "startsAt": "2026-11-22T09:00:00.000Z",
        "status": {"state": state},
    }


class Alerts:
    def __init__(self, *alerts) -> None:
        self.alerts = list(alerts)
        self.silences: dict[str, dict] = {}
        self.down = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            return httpx.Response(503, text="not ready")
        path = request.url.path.removeprefix("/api/v2/")
        if path == "alerts":
            return httpx.Response(200, json=self.alerts)
        if request.method == "POST":
            known_as = f"0000000{len(self.silences)}-0000-0000-0000-000000000000"
            self.silences[known_as] = {**json.loads(request.content), "id": known_as, "status": {"state": "active"}}
            return httpx.Response(200, json={"silenceID": known_as})
        if path == "silences":
            return httpx.Response(200, json=list(self.silences.values()))
        silence = self.silences[path.removeprefix("silence/")]
        if request.method == "DELETE":
            silence["status"]["state"] = "expired"
            return httpx.Response(200)
        return httpx.Response(200, json=silence)

    def catalogue(self) -> Catalogue:
        settings = AlertmanagerSettings()
        http = Http(Server("Alertmanager", "http://am.test", tries=1), httpx.MockTransport(self.answer))
        return Catalogue([Alertmanager(settings, Clock(lambda: NOW), AlertmanagerClient(settings, http))])


async def test_alerts_are_listed_without_the_silenced():
    wire = Alerts(alert("HighLatency"), alert("Disk", "suppressed"), alert("Cpu", namespace="bank"))
    found = await wire.catalogue()["alertmanager.alerts"]({"matchers": "namespace=shop"})
    assert [row[0] for row in found.table.rows] == ["HighLatency"]
    every = await wire.catalogue()["alertmanager.alerts"]({"silenced": True})
    assert every.summary == "3 alerts"


async def test_a_silence_is_shown_made_once_and_ended_again():
    wire = Alerts(alert("HighLatency"), alert("Disk"))
    change = wire.catalogue()["create_silence"].change
    shown = await change.preview(ASKED)
    assert shown.diff == ("silence alertname=HighLatency, namespace=shop until 2026-11-22 11:00 UTC",)
    assert shown.notes == ("1 alert now.", "HighLatency active")
    snapshot = Snapshot.from_json((await change.observe(ASKED)).to_json())
    await change.run(ASKED, snapshot)
    await change.run(ASKED, snapshot)
    assert len(wire.silences) == 1
    assert (await change.verify(ASKED, snapshot)).better
    listed = await wire.catalogue()["list_silences"]({})
    assert listed.table.rows[0][1] == "alertname=HighLatency, namespace=shop"
    await change.undo(ASKED, snapshot)
    assert (await wire.catalogue()["list_silences"]({})).summary == "0 silences"


async def test_an_ended_silence_is_made_again_by_undo():
    wire = Alerts()
    catalogue = wire.catalogue()
    make, end = catalogue["create_silence"].change, catalogue["expire_silence"].change
    made = await make.run(ASKED, await make.observe(ASKED))
    which = {"id": made.facts["id"]}
    snapshot = await end.observe(which)
    await end.run(which, snapshot)
    await end.run(which, snapshot)
    assert (await end.verify(which, snapshot)).better
    with pytest.raises(BadArguments, match="has ended already"):
        await end.preview(which)
    await end.undo(which, snapshot)
    await end.undo(which, snapshot)
    alive = [each for each in wire.silences.values() if each["status"]["state"] == "active"]
    assert [each["endsAt"] for each in alive] == [(NOW + timedelta(hours=1)).isoformat()]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"matchers": 'namespace=~".+"'}, "must name at least one label exactly"),
        ({"matchers": "alertname!=X"}, "must name at least one label exactly"),
        ({"matchers": ""}, "must name at least one label exactly"),
        ({"matchers": "shut everything up"}, "I do not understand “shut everything up”"),
        ({"matchers": 'alertname=~"(",a=b'}, "I do not understand"),
        ({"duration": "90d"}, "longer than the 24 hours"),
        ({"duration": "soon"}, "I do not understand the time"),
        ({"comment": "x"}, "comment of alertmanager.create_silence"),
    ],
)
def test_what_would_hide_too_much_is_refused_before_anything_is_asked(arguments, told):
    with pytest.raises(BadArguments, match=told.replace("(", r"\(")):
        Alerts().catalogue()["create_silence"].normalise({**ASKED, **arguments})


async def test_an_alertmanager_that_is_not_ready_is_told():
    wire = Alerts()
    wire.down = True
    with pytest.raises(Unreachable, match=r"Alertmanager answered with status 503 \(not ready\)"):
        await wire.catalogue()["list_silences"]({})


@given(st.text(min_size=1).filter(lambda value: value.isprintable() and not set(value) & set("~\"', {}")))
def test_matchers_are_read_back_as_they_were_written(value):
    matchers = read_matchers(f"a={value},b!=x")
    silence = {"matchers": [each.as_json() for each in matchers]}
    assert matchers_of(silence) == matchers
    assert matchers[0].matches({"a": value})


@pytest.mark.servers
async def test_on_a_real_alertmanager(alertmanager):
    labels = {"alertname": "RealSilence", "namespace": "shop"}
    alertmanager.fire({"labels": labels})
    catalogue = discover(["alertmanager"], settings={"alertmanager": {"url": alertmanager.url}})
    wanted = {"matchers": "alertname=RealSilence"}
    assert (await catalogue["alertmanager.alerts"](wanted)).summary == "1 alert"
    asked = {**wanted, "comment": "a test"}
    change = catalogue["create_silence"].change
    snapshot = await change.observe(asked)
    made = await change.run(asked, snapshot)
    assert await change.run(asked, snapshot) == made
    assert (await change.verify(asked, snapshot)).better
    end, which = catalogue["expire_silence"].change, {"id": made.facts["id"]}
    held = await end.observe(which)
    await end.run(which, held)
    assert (await end.verify(which, held)).better
    again = await end.undo(which, held)
    assert again.summary == "It is silenced again"
    assert (await end.undo(which, held)).facts == again.facts
    await change.undo(asked, snapshot)
    assert "RealSilence" not in str((await catalogue["list_silences"]({})).table)
    await catalogue.close()
