"""People put alerts where they belong, and what comes back is looked into anew."""

import asyncio
import time

import httpx
import pytest

from tests.journeys.test_afterwards import AWAY
from tests.journeys.visitor import house_over, texts

pytestmark = pytest.mark.timeout(200)


async def tell(seat, service, status="firing"):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ends = now if status == "resolved" else "0001-01-01T00:00:00Z"
    labels = {"alertname": f"{service}Down", "namespace": service, "service": service}
    alert = {"status": status, "labels": labels, "annotations": {}, "startsAt": now, "endsAt": ends}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{seat.url}/alerts/alertmanager", json={"version": "4", "alerts": [alert]})
    assert answer.json()["kept"] == 1


async def until(seat, wanted, seconds=90.0):
    """The open incidents, by the services of their firing alerts, once they are as wanted."""
    end = time.monotonic() + seconds
    while True:
        opened = await seat.house.responder.watching.incidents.opened()
        found = {tuple(sorted(alert.labels["service"] for alert in one.alerts if alert.firing)): one for one in opened}
        if wanted(found):
            return found
        assert time.monotonic() < end, found.keys()
        await asyncio.sleep(0.05)


async def thread_of(lin, incident):
    """Where its own card stands: other threads may speak of it too."""
    for each in (await lin.client.get("/web/threads")).json()["threads"]:
        if any(incident.id in targets(entry["card"]) for entry in await lin.cards(each["id"])):
            return each["id"]
    raise AssertionError(incident.id)


def targets(card):
    return {
        button.get("target") for block in card["blocks"] if block["kind"] == "buttons" for button in block["buttons"]
    }


async def test_incidents_are_merged_split_and_looked_into_anew(tmp_path):
    async with house_over(tmp_path, AWAY, alerts=True) as seat:
        lin = await seat("asker")
        await tell(seat, "cart")
        await tell(seat, "pay")
        found = await until(seat, lambda found: len(found) == 2 and all(one.report for one in found.values()))
        cart, pay = found["cart",], found["pay",]
        thread = await thread_of(lin, cart)
        await lin.write("/merge nonsense", thread)
        await lin.card(thread, lambda card: "no incident or alert" in texts(card))
        await lin.write(f"/merge {pay.id}", thread)
        await lin.card(thread, lambda card: card["title"].startswith("Resolved"))
        both = (await until(seat, lambda found: ("cart", "pay") in found))["cart", "pay"]
        assert both.id == pay.id
        await lin.write("/split cart", await thread_of(lin, pay))
        found = await until(seat, lambda found: {("cart",), ("pay",)} == set(found))
        assert found["cart",].id not in (cart.id, pay.id)
        again = found["cart",].id
        await until(seat, lambda found: found["cart",].report is not None)
        await tell(seat, "cart", "resolved")
        await until(seat, lambda found: ("cart",) not in found)
        await tell(seat, "cart")
        anew = (await until(seat, lambda found: ("cart",) in found and found["cart",].report))["cart",]
        assert anew.id == again
        assert sum(each.what == "moment_reported" for each in anew.moments) == 2
