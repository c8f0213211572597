"""One incident in Slack and in Feishu: each sees the same card, acts on it, and is told what concerns them at home."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from bot.app import Given, build, on_duty
from bot.domain.alert import Alert
from bot.settings import DutyBotSettings
from tests.fakes import feishu_server
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.slack_server import SlackServer
from tests.journeys.test_slack_and_feishu import FeishuSide, SlackSide, card

pytestmark = pytest.mark.timeout(240)


async def becomes(side, made, wanted, seconds=60.0):
    until = time.monotonic() + seconds
    while not wanted(side.text(made)):
        assert time.monotonic() < until, side.text(made)
        await asyncio.sleep(0.05)


async def test_both_places_show_and_do_the_same(tmp_path):
    settings = DutyBotSettings(
        skills=(),
        channels=("slack", "feishu"),
        brains=("scripted",),
        home="slack:C1",
        mirrors=("feishu:oc_1",),
        database_url=f"sqlite:///{tmp_path}/bot.sqlite",
        ledger_path=tmp_path / "audit.jsonl",
    )
    async with SlackServer() as here, FeishuServer() as there:
        slack, feishu = SlackSide(here), FeishuSide(there)
        given = Given(channels={"slack": {"settings": slack.given()}, "feishu": {"settings": feishu.given()}})
        async with on_duty(build(settings, None, given)) as house:
            labels = {"alertname": "CartDown", "service": "cart", "namespace": "shop"}
            await house.inbox.hear(Alert("k1", "f1", labels, True, datetime.now(UTC)))
            _, ours = await card(slack, lambda text: "CartDown" in text and "acknowledge" in text)
            theirs = await shown(there, lambda text: "CartDown" in text and "acknowledge" in text)
            code, _ = await there.push(feishu_server.clicked(value(theirs, "acknowledge"), "ou_chen", theirs["id"]))
            assert code == 200
            await becomes(slack, ours, lambda text: "陈" in text)
            await becomes(feishu, theirs, lambda text: "陈" in text)
            await there.push(feishu_server.clicked(value(theirs, "catch_up"), "ou_lin", theirs["id"]))
            until = time.monotonic() + 30
            while not any("CartDown" in each for each in feishu.whispers()):
                assert time.monotonic() < until
                await asyncio.sleep(0.05)
            assert not any("CartDown" in each for each in slack.whispers())
            await there.push(feishu_server.said("我来处理", "ou_lin", named=False, root=theirs["id"]))
            await becomes(slack, ours, lambda text: "林" in text)


async def test_who_is_known_in_slack_is_answered_in_feishu_in_their_language(tmp_path):
    settings = DutyBotSettings(
        skills=(),
        channels=("slack", "feishu"),
        brains=("scripted",),
        database_url=f"sqlite:///{tmp_path}/bot.sqlite",
        ledger_path=tmp_path / "audit.jsonl",
    )
    async with SlackServer() as here, FeishuServer() as there:
        slack, feishu = SlackSide(here), FeishuSide(there)
        house_speaks = feishu.given().model_copy(update={"language": "en", "zone": "UTC"})
        given = Given(channels={"slack": {"settings": slack.given()}, "feishu": {"settings": house_speaks}})
        async with on_duty(build(settings, None, given)):
            await feishu.ask("lin", "/approve")
            await card(feishu, lambda text: "Nothing waits for leave" in text or "No open incident" in text)
            await slack.ask("lin", "/approve")
            await card(slack, lambda text: "值班" in text or "审批" in text)
            await feishu.ask("lin", "/approve")
            await card(feishu, lambda text: "值班" in text or "审批" in text)


async def shown(server, wanted, seconds=60.0):
    until = time.monotonic() + seconds
    while True:
        if found := [each for each in server.messages.values() if wanted(each.get("content", ""))]:
            return found[0]
        assert time.monotonic() < until, server.messages
        await asyncio.sleep(0.05)


def value(message, act):
    from tests.fakes.feishu_rules import buttons

    return next(each for each in buttons(message["content"]) if each["a"] == act)
