"""The demo's story, from the page's API through the whole house to the pretend cluster and back."""

import asyncio

import pytest

from tests.journeys.visitor import texts


def answered(card):
    return card["title"] in {"Answer", "回答"}


@pytest.mark.parametrize("question", ["查询过去1小时高CPU的Pod", "Which pods used the most CPU in the last hour?"])
async def test_the_busiest_pods(seat, question):
    lin = await seat("asker")
    thread = await lin.write(question)
    card = await lin.card(thread, answered)
    grid = next(
        block
        for fold in card["blocks"]
        if fold["kind"] == "fold"
        for block in fold["blocks"]
        if block["kind"] == "grid"
    )
    assert grid["rows"]
    assert "container_cpu_usage_seconds_total" in texts(card)


async def test_a_restart_waits_for_leave_is_done_once_and_answered_in_its_thread(seat, shop):
    lin, chen = await seat("asker", "zh"), await seat("approver", "zh")
    thread = await lin.write("重启 order-service")
    asked = await lin.card(thread, lambda card: "请审批" in card["title"])
    assert (await lin.decide(thread, asked)).status_code == 202
    await asyncio.sleep(0.5)
    assert "请审批" in (await lin.card(thread, lambda card: "order-service" in card["title"]))["title"]
    await chen.decide(thread, asked)
    await chen.decide(thread, asked)
    done = await lin.card(thread, lambda card: "已完成" in card["title"], 60)
    assert "Chen" in texts(done)
    answer = await lin.card(thread, lambda card: answered(card) and "已完成" in texts(card))
    assert "order-service" in texts(answer)


async def test_rejected_means_that_nothing_happened(seat, shop):
    lin, chen = await seat("asker"), await seat("approver")
    thread = await lin.write("/restart order-service")
    asked = await lin.card(thread, lambda card: card["title"].startswith("May I?"))
    await chen.decide(thread, asked, granted=False, reason="not during the sale")
    gone = await lin.card(thread, lambda card: card["title"].startswith("Rejected"))
    assert "not during the sale" in texts(gone)
    assert not any(block["kind"] == "buttons" for block in gone["blocks"])


@pytest.mark.slow
async def test_why_is_it_slow_shows_the_series_and_the_true_line(seat, shop):
    await shop.break_("pool_exhausted")
    lin = await seat("asker", "zh")
    thread = await lin.write("为什么过去1小时订单服务延迟飙升?")
    card = await lin.card(thread, answered)
    assert any(block["kind"] == "chart" for block in card["blocks"])


async def test_bad_input_has_its_sentence(seat):
    lin = await seat("asker", "zh")
    thread = await lin.write("重启 no-such-thing-here")
    card = await lin.card(thread, answered)
    assert "没有找到" in texts(card)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param("bad_release", "order-service", marks=pytest.mark.slow),
        ("image_error", "image"),
        pytest.param("oom", "memory", marks=pytest.mark.slow),
    ],
)
@pytest.mark.timeout(300)
async def test_an_alert_becomes_an_incident_that_explains_itself(seat, shop, fault, said):
    lin = await seat("asker")
    await shop.break_(fault)
    thread = await lin.incident(90)
    card = await lin.card(thread, lambda card: any(b.get("title") == "Report" for b in card["blocks"]), 30)
    assert said in texts(card).lower()
