"""Orders about acting, and another number on a card, through the page's API and the whole house."""

import asyncio
import json
import time
import uuid
from datetime import UTC, datetime

import pytest

from bot.playground import FastClock, Playground
from skills import Clock
from tests.journeys.visitor import house_over, texts


@pytest.fixture
async def seat(tmp_path):
    async with Playground(clock=FastClock(time.time(), 8.0)) as shop:
        clock = Clock(lambda: datetime.fromtimestamp(shop.clock(), UTC))
        async with house_over(tmp_path, {"kubernetes": shop.kubernetes_url}, clock) as seat:
            yield seat


async def told(who, order, wanted):
    thread = await who.write(order)
    return await who.card(thread, lambda card: wanted in texts(card))


async def test_the_breaker_the_glass_and_what_was_earned(seat):
    lin, chen = await seat("asker"), await seat("approver", "zh")
    await told(lin, "/breaker reset", "Only an approver")
    await told(chen, "/breaker reset", "修复可以继续")
    await told(lin, "/break-glass the shop burns down", "does not let you")
    await told(chen, "/break-glass 着火", "请说明原因")
    await told(chen, "/break-glass 商城全部下单失败，必须马上处理", "玻璃已打破")
    await told(lin, "/autonomy", "nothing has been earned")


async def test_who_did_it_is_read_from_the_ledger(seat):
    lin, chen = await seat("asker"), await seat("approver", "zh")
    await told(lin, "who restarted order-service yesterday?", "no change by me")
    thread = await lin.write("/restart order-service")
    asked = await lin.card(thread, lambda card: card["title"].startswith("May I?"))
    await chen.decide(thread, asked)
    await lin.card(thread, lambda card: card["title"].startswith("Done"), 60)
    await told(lin, "who restarted order-service today?", "approver")
    await told(chen, "今天谁重启了 order-service？", "kubernetes.rollout_restart")
    await told(chen, "/audit order-service", "asker")


async def test_another_number_is_another_request_and_the_old_card_loses_its_buttons(seat):
    lin, chen = await seat("asker"), await seat("approver")
    thread = await lin.write("/scale order-service 4")
    asked = await lin.card(thread, lambda card: card["title"].startswith("May I?"))
    button = next(b for block in asked["blocks"] if block["kind"] == "buttons" for b in block["buttons"])
    value = json.dumps({"0.replicas": "5"})
    body = {"key": uuid.uuid4().hex, "thread": thread, "kind": "edit", "target": button["target"], "value": value}
    assert (await lin.post("/web/presses", body)).status_code == 202
    old = await lin.card(thread, lambda card: card["title"].startswith("Replaced"))
    assert not any(block["kind"] == "buttons" for block in old["blocks"])
    newer = await lin.card(thread, lambda card: card["title"].startswith("May I?") and "replicas=5" in texts(card))
    await chen.decide(thread, asked)
    await asyncio.sleep(0.5)
    assert "replicas=5" in texts(await lin.card(thread, lambda card: card["title"].startswith("May I?")))
    await chen.decide(thread, newer)
    done = await lin.card(thread, lambda card: card["title"].startswith("Done"), 60)
    assert "verified" in texts(done)


async def test_what_is_to_change_is_written_as_people_write_it_and_what_cannot_be_is_told(seat):
    lin, chen = await seat("asker"), await seat("approver")
    thread = await lin.write("/scale order-service 4")
    asked = await lin.card(thread, lambda card: card["title"].startswith("May I?"))
    (change,) = [
        b for block in asked["blocks"] if block["kind"] == "buttons" for b in block["buttons"] if b["act"] == "edit"
    ]
    for value in ("please five", "replicas=many", "9: replicas=5"):
        body = {"key": uuid.uuid4().hex, "thread": thread, "kind": "edit", "target": change["target"], "value": value}
        assert (await lin.post("/web/presses", body)).status_code == 202
    body["value"], body["key"] = "1: replicas=5", uuid.uuid4().hex
    assert (await lin.post("/web/presses", body)).status_code == 202
    newer = await lin.card(thread, lambda card: card["title"].startswith("May I?") and "replicas=5" in texts(card))
    await chen.decide(thread, newer)
    await lin.card(thread, lambda card: card["title"].startswith("Done"), 60)


async def other_thread(who, thread):
    """The one that we opened beside this."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        told = (await who.client.get("/web/threads")).json()["threads"]
        if found := [each["id"] for each in told if each["id"] != thread]:
            return found[0]
        await asyncio.sleep(0.2)
    raise AssertionError("no mirror was opened")


async def test_a_mirror_shows_the_same_decision_and_a_word_there_counts(tmp_path):
    async with Playground(clock=FastClock(time.time(), 8.0)) as shop:
        clock = Clock(lambda: datetime.fromtimestamp(shop.clock(), UTC))
        urls = {"kubernetes": shop.kubernetes_url}
        async with house_over(tmp_path, urls, clock, mirrors=("web:ops",)) as seat:
            lin, chen = await seat("asker"), await seat("approver")
            thread = await lin.write("/scale order-service 4")
            asked = await lin.card(thread, lambda card: card["title"].startswith("May I?"))
            mirror = await other_thread(chen, thread)
            assert await chen.card(mirror, lambda card: card == asked)
            await chen.decide(mirror, asked)
            for place in (thread, mirror):
                done = await lin.card(place, lambda card: card["title"].startswith("Done"), 60)
                assert not any(block["kind"] == "buttons" for block in done["blocks"])


async def test_a_repair_that_does_not_help_is_handed_to_a_person_and_told_on_the_next_card(seat):
    lin, chen = await seat("asker"), await seat("approver")
    order = "/set_image namespace=shop name=order-service image=registry.shop.example/order-service:none"
    thread = await lin.write(order)
    asked = await lin.card(thread, lambda card: card["title"].startswith("May I?"))
    await chen.decide(thread, asked)
    await lin.card(thread, lambda card: "A person must go on from here" in texts(card), 120)
