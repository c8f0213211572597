"""What comes after an incident: a report that outlives a restart, a summary, a case kept by a person, a silence."""

import time
import uuid

import httpx
import pytest

from bot.playground import Playground
from tests.journeys.visitor import house_over, texts

pytestmark = pytest.mark.timeout(120)
NOWHERE = "http://127.0.0.1:9"
AWAY = {"kubernetes": NOWHERE, "prometheus": NOWHERE, "loki": NOWHERE}
POD = {"alertname": "PodCrashLooping", "namespace": "shop", "service": "order-service", "pod": "order-1"}


async def tell(seat, status="firing"):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ends = now if status == "resolved" else "0001-01-01T00:00:00Z"
    annotations = {"summary": "order-1 restarts again and again"}
    alert = {"status": status, "labels": POD, "annotations": annotations, "startsAt": now, "endsAt": ends}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{seat.url}/alerts/alertmanager", json={"version": "4", "alerts": [alert]})
    assert answer.json()["kept"] == 1


async def press(visitor, thread, card, act):
    buttons = [each for block in card["blocks"] if block["kind"] == "buttons" for each in block["buttons"]]
    button = next(each for each in buttons if each["act"] == act)
    body = {"key": uuid.uuid4().hex, "thread": thread, "kind": act, "target": button["target"]}
    answer = await visitor.post("/web/presses", body)
    assert answer.is_success, answer.text


def reported(card):
    return any(block.get("title") == "Report" for block in card["blocks"])


def summed_up(card):
    return card["title"].startswith("Summary:")


@pytest.mark.slow
async def test_the_report_outlives_a_restart_and_the_end_is_summed_up_and_kept_as_a_case(tmp_path, monkeypatch):
    folder = tmp_path / "library"
    folder.mkdir()
    monkeypatch.setenv("KNOWLEDGE_FOLDER", str(folder))
    async with house_over(tmp_path, AWAY, alerts=True) as seat:
        lin = await seat("asker")
        await tell(seat)
        thread = await lin.incident()
        found = await lin.card(thread, reported)
    async with house_over(tmp_path, AWAY, alerts=True) as seat:
        lin, chen = await seat("asker"), await seat("approver")
        await tell(seat, "resolved")
        over = await lin.card(thread, lambda card: card["title"].startswith("Resolved"))
        assert reported(over)
        assert next(block["text"] for block in found["blocks"] if block["kind"] == "markdown") in texts(over)
        summary = await lin.card(thread, summed_up)
        for said in ("PodCrashLooping × 1", "order-1 restarts", "Nothing was done through me", "fired", "resolved"):
            assert said in texts(summary)
        await press(chen, thread, summary, "keep_case")
        kept = await lin.card(thread, lambda card: summed_up(card) and "kept as a case by Chen" in texts(card))
        assert all(block["kind"] != "buttons" for block in kept["blocks"])
        cases = await seat.house.shelf.search("PodCrashLooping order-service restarts again", alert="PodCrashLooping")
        assert [each.document.kind for each in cases] == ["case"]


async def test_an_hour_of_silence_by_leave(tmp_path):
    async with Playground() as shop:
        urls = {
            "prometheus": shop.prometheus_url,
            "loki": shop.loki_url,
            "kubernetes": shop.kubernetes_url,
            "alertmanager": shop.alertmanager_url,
        }
        async with house_over(tmp_path, urls, alerts=True) as seat:
            lin, chen = await seat("asker"), await seat("approver")
            await tell(seat)
            thread = await lin.incident()
            firing = await lin.card(thread, reported)
            await press(lin, thread, firing, "silence")
            asked = await lin.card(thread, lambda card: "May I?" in card["title"] and "Silence" in texts(card))
            await chen.decide(thread, asked)
            await lin.card(thread, lambda card: card["title"].startswith("Done"), 60)
            header = next(each["card"] for each in await lin.cards(thread) if reported(each["card"]))
            assert not header["title"].startswith("Repaired")
            async with httpx.AsyncClient() as client:
                (silence,) = (await client.get(f"{shop.alertmanager_url}/api/v2/silences")).json()
            assert {each["name"]: each["value"] for each in silence["matchers"]} == POD
