"""From a question in Slack or Feishu through the whole house to the pretend cluster, and back into the thread."""

import asyncio
import json
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.act.policy import DEFAULT
from bot.app import Given, build, on_duty
from bot.playground import FastClock, Playground
from bot.settings import DutyBotSettings
from bot.talk.channels.feishu import FeishuSettings
from bot.talk.channels.slack import SlackSettings
from skills import Clock
from tests.fakes import feishu_rules, feishu_server, slack_server
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.slack_server import SlackServer


class SlackSide:
    """People at Slack: `lin` may ask, `chen` may approve, `guest` may neither."""

    def __init__(self, server):
        self.server = server
        self.people = {"lin": "U1", "chen": "U2", "guest": "U3"}
        server.groups = {"S1": ["U2", "U4"], "S2": ["U1", "U2"]}

    def approvers(self):
        return {"U2", "U4"}

    def said_in_private(self):
        """By ephemeral message, or where nothing was asked, by direct message."""
        whispers = [(each["user"], json.dumps(each["blocks"], ensure_ascii=False)) for each in self.server.whispers]
        direct = [(each["channel"], self.text(each)) for each in self.server.messages.values()]
        return whispers + [(who, text) for who, text in direct if who.startswith("U")]

    def given(self):
        roles = {"S1": "approver", "S2": "operator"}
        return SlackSettings(bot_token="xoxb-1", app_token="xapp-1", api_url=self.server.url, roles=roles)

    async def ask(self, who, text):
        told = slack_server.said(f"<@UBOT> {text}", self.people[who])
        for retry in (None, 1):
            took, _ = await self.server.push("events_api", told, retry)
            assert took < 3
        return told["event"]["ts"]

    async def command(self, who, name, text):
        await self.server.push("slash_commands", slack_server.command(name, text, self.people[who]))

    def cards(self):
        return [(self.text(each), each) for each in self.server.messages.values()]

    def text(self, card):
        return json.dumps(card["blocks"], ensure_ascii=False)

    def root(self, card):
        return card.get("thread_ts") or card["ts"]

    def whispers(self):
        return [json.dumps(each["blocks"], ensure_ascii=False) for each in self.server.whispers]

    def approvable(self, card):
        return [json.loads(each["value"])["a"] for each in slack_server.buttons(card)]

    async def click(self, who, card, act, **form):
        button = next(each for each in slack_server.buttons(card) if json.loads(each["value"])["a"] == act)
        seen = len(self.server.views)
        took, _ = await self.server.push("interactive", slack_server.clicked(card, button, self.people[who]))
        assert took < 3
        if len(self.server.views) > seen:
            told = slack_server.submitted(self.server.views[-1], self.people[who], **form)
            await self.server.push("interactive", told)


class FeishuSide:
    """The same people at Feishu."""

    def __init__(self, server):
        self.server = server
        self.people = {"lin": "ou_lin", "chen": "ou_chen", "guest": "ou_guest"}

    def approvers(self):
        return {"ou_chen", "ou_zhao"}

    def said_in_private(self):
        sent = [(each.get("receive_id", ""), each["content"]) for each in self.server.messages.values()]
        return [(who, text) for who, text in sent if who.startswith("ou_")]

    def given(self):
        roles = {"od-sre": "approver", "od-1": "operator"}
        return FeishuSettings(app_id="cli_x", app_secret="secret", api_url=self.server.url, roles=roles)

    async def ask(self, who, text):
        told = feishu_server.said(text, self.people[who])
        for _ in range(2):
            assert (await self.server.push(told))[0] == 200
        return told["event"]["message"]["message_id"]

    async def command(self, who, name, text):
        await self.ask(who, f"{name} {text}")

    def cards(self):
        return [(self.text(each), each) for each in self.server.messages.values() if each["root"]]

    def text(self, card):
        return card["content"]

    def root(self, card):
        return card["root"]

    def whispers(self):
        return [
            each["content"] for each in self.server.messages.values() if each.get("receive_id", "").startswith("ou")
        ]

    def approvable(self, card):
        return [value["a"] for value in feishu_rules.buttons(card["content"])]

    async def click(self, who, card, act, **form):
        value = next(each for each in feishu_rules.buttons(card["content"]) if each["a"] == act)
        filled = {f"{name}_0": text for name, text in form.items()}
        code, told = await self.server.push(feishu_server.clicked(value, self.people[who], card["id"], **filled))
        assert (code, set(told)) == (200, {"toast"})


async def card(side, wanted, seconds=40.0):
    """The newest card whose words `wanted` holds for; waits for it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for text, made in reversed(side.cards()):
            if wanted(text):
                return text, made
        await asyncio.sleep(0.05)
    raise AssertionError([text[:300] for text, _ in side.cards()])


async def whisper(side, wanted, seconds=10.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := [each for each in side.whispers() if wanted(each)]:
            return found[-1]
        await asyncio.sleep(0.05)
    raise AssertionError(side.whispers())


@asynccontextmanager
async def at_work(folder, name, given, shop, policy=None):
    skills = {"prometheus": shop.prometheus_url, "loki": shop.loki_url, "kubernetes": shop.kubernetes_url}
    settings = DutyBotSettings(
        skills=tuple(skills),
        channels=(name,),
        alerts=(),
        brains=("scripted",),
        policy_path=policy,
        database_url=f"sqlite:///{folder}/bot.sqlite",
        ledger_path=folder / "audit.jsonl",
    )
    clock = Clock(lambda: datetime.fromtimestamp(shop.clock(), UTC))
    told = Given(skills={key: {"url": url} for key, url in skills.items()}, channels={name: {"settings": given}})
    async with on_duty(build(settings, clock, told)) as house:
        yield house


@pytest.fixture(params=["slack", "feishu"])
async def side(request, tmp_path):
    server = SlackServer() if request.param == "slack" else FeishuServer()
    async with server, Playground(clock=FastClock(time.time(), 8.0)) as shop:
        made = SlackSide(server) if request.param == "slack" else FeishuSide(server)
        async with at_work(tmp_path, request.param, made.given(), shop):
            yield made
        assert getattr(server, "late", []) == []


async def test_a_question_is_answered_in_its_thread(side):
    thread = await side.ask("lin", "top cpu 1h")
    text, made = await card(side, lambda text: "container_cpu_usage_seconds_total" in text and "up" in text)
    assert side.root(made) == thread
    assert len([each for _, each in side.cards() if side.root(each) == thread]) == 1
    assert "order-service" in text


async def becomes(side, made, wanted, seconds=60.0):
    """What stands on this very card, once `wanted` holds for it."""
    until = time.monotonic() + seconds
    while not wanted(side.text(made)):
        assert time.monotonic() < until, side.text(made)
        await asyncio.sleep(0.05)
    return side.text(made)


async def test_a_restart_waits_for_another_person_is_done_once_and_told(side):
    await side.ask("lin", "/restart order-service")
    _, made = await card(side, lambda text: "请审批" in text)
    assert set(side.approvable(made)) == {"approve", "reject", "edit"}
    await side.click("guest", made, "approve")
    await side.click("lin", made, "approve")
    await whisper(side, lambda text: "没有审批权限" in text)
    assert "请审批" in side.text(made)
    before = {**made}
    await side.click("chen", made, "approve")
    text = await becomes(side, made, lambda text: "已完成" in text)
    assert side.approvable(made) == []
    assert "chen" in text or "陈" in text
    answer, _ = await card(side, lambda text: "order-service" in text and "up" in text and "请审批" not in text)
    assert answer
    told = len(side.whispers())
    await side.click("chen", before, "approve")
    await becomes(side, made, lambda _: len(side.whispers()) > told)


@pytest.mark.slow
async def test_rejected_with_a_reason_and_whoever_comes_second_is_told(side):
    await side.ask("lin", "/restart order-service")
    _, made = await card(side, lambda text: "请审批" in text)
    before = {**made}
    await side.click("chen", made, "reject", reason="not during the sale")
    await becomes(side, made, lambda text: "not during the sale" in text)
    assert side.approvable(made) == []
    await side.click("chen", before, "approve")
    assert await whisper(side, bool)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["slack", "feishu"])
async def test_a_plan_that_nobody_answers_expires_on_its_card_and_a_late_click_is_told_so(tmp_path, name):
    policy = tmp_path / "policy.yaml"
    policy.write_text(DEFAULT.read_text().replace("expires: 15m", "expires: 3s"))
    server = SlackServer() if name == "slack" else FeishuServer()
    async with server, Playground() as shop:
        side = SlackSide(server) if name == "slack" else FeishuSide(server)
        async with at_work(tmp_path, name, side.given(), shop, policy):
            await side.ask("lin", "/restart order-service")
            _, asked = await card(side, lambda text: "请审批" in text)
            before = {**asked}
            await becomes(side, asked, lambda text: "过期" in text or "超时" in text)
            assert side.approvable(asked) == []
            told = len(side.whispers())
            await side.click("chen", before, "approve")
            await becomes(side, asked, lambda _: len(side.whispers()) > told)


async def test_a_slash_command_opens_its_own_thread(side):
    await side.command("lin", "/restart", "order-service")
    _, made = await card(side, lambda text: "approve" in text)
    assert side.root(made)


@pytest.mark.slow
async def test_busy_platforms_and_refused_cards_lose_nothing(side):
    if isinstance(side, SlackSide):
        side.server.trouble["chat.postMessage"] = [
            (429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"}),
            (200, {"ok": False, "error": "invalid_blocks", "errors": ["no [json-pointer:/blocks/1]"]}, {}),
            (503, {"ok": False, "error": "service_unavailable"}, {}),
        ]
    else:
        side.server.trouble["/reply"] = [
            (429, {"code": 99991400, "msg": "busy"}, {"x-ogw-ratelimit-reset": "1"}),
            (400, {"code": 230099, "msg": "11310"}, {}),
            (500, {"code": 2200, "msg": "inner"}, {}),
        ]
    await side.ask("lin", "/restart order-service")
    _, made = await card(side, lambda text: "approve" in text)
    assert set(side.approvable(made)) == {"approve", "reject", "edit"}


@pytest.mark.slow
async def test_when_somebody_breaks_the_glass_every_approver_is_told_whatever_made_them_one(side):
    """By a user group of Slack, by a department of Feishu: nobody of them stands in the policy by name."""
    expected = side.approvers()
    await side.command("chen", "/break-glass", "商城全部下单失败，必须马上处理")
    told, until = set(), time.monotonic() + 30
    while told != expected and time.monotonic() < until:
        told = {who for who, text in side.said_in_private() if "商城全部下单失败" in text}
        await asyncio.sleep(0.05)
    assert told == expected
    assert len(expected) == 2
