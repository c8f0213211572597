"""A second fault that joins an incident is looked into, and the incident's one card tells what is new."""

import time

import pytest

from tests.journeys.test_sorting import thread_of
from tests.journeys.visitor import texts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def faster():
    return 4.0


def header(incident, *wanted):
    def fits(card):
        told = texts(card)
        return incident.id in told and "Alerts (" in told and all(each in told for each in wanted)

    return fits


async def incident_with_report(seat, lin, seconds=180.0):
    watching = seat.house.responder.watching
    until = time.monotonic() + seconds
    while True:
        opened = await watching.incidents.opened()
        if found := next((each for each in opened if each.report and each.report.steps), None):
            return found
        assert time.monotonic() < until, [each.report and each.report.headline for each in opened]
        await lin.client.get("/web/threads")


async def test_what_joins_is_found_told_and_repaired_beside_the_first(seat, shop):
    lin = await seat("asker")
    await shop.break_("image_error")
    first = await incident_with_report(seat, lin)
    assert "cart-service" in first.report.headline
    thread = await thread_of(lin, first)
    await shop.break_("oom")
    card = await lin.card(thread, header(first, "New, since another fault joined", "inventory-service"), 240)
    assert "cart-service" in texts(card)
    headers = [each for each in await lin.cards(thread) if header(first)(each["card"])]
    assert len(headers) == 1, "the card is updated in place"
    watching = seat.house.responder.watching
    both = await watching.incidents.get(first.id)
    claimed = " ".join(each.key for each in both.report.claims)
    assert "cart-service" in claimed
    assert "inventory-service" in claimed
    assert any(each.what == "moment_joined" for each in both.moments)
    assert sum(each.what == "moment_reported" for each in both.moments) == 1
    both_repairs = {"kubernetes.rollback_deployment", "kubernetes.set_resources"}
    pending, until = set(), time.monotonic() + 90
    while pending != both_repairs:
        asked = await watching.gate.pending(watching.home.thread(both).key)
        pending = {step.action for each in asked for step in each.steps}
        assert time.monotonic() < until, pending
        await lin.client.get("/web/threads")
