"""All that goes wrong on the way to a chat platform at once: nothing is lost or doubled, all is acknowledged."""

import asyncio
import random
import time
from contextlib import asynccontextmanager

import pytest

from bot.playground import Playground
from tests.fakes import feishu_server, slack_server
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.slack_server import SlackServer
from tests.journeys.test_slack_and_feishu import FeishuSide, SlackSide, at_work

pytestmark = pytest.mark.timeout(300)
MANY = 8
BUSY = {
    "slack": (429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"}),
    "feishu": (429, {"code": 99991400, "msg": "busy"}, {"x-ogw-ratelimit-reset": "1"}),
}
AWAY = {
    "slack": (503, {"ok": False, "error": "service_unavailable"}, {}),
    "feishu": (500, {"code": 2200, "msg": "inner"}, {}),
}
REVOKED = {
    "slack": (200, {"ok": False, "error": "token_revoked"}, {}),
    "feishu": (400, {"code": 99991663, "msg": "token expired"}, {}),
}
WAYS = {
    "slack": ("chat.postMessage", "chat.update", "chat.startStream", "chat.appendStream", "chat.stopStream"),
    "feishu": ("/reply", "/cards", "/content", "/settings"),
}


@asynccontextmanager
async def breaking(server, seconds=1.5):
    """The line breaks again and again."""

    async def go_on():
        while True:
            await asyncio.sleep(seconds)
            server.drops += 1
            await server.drop()

    server.drops = 0
    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()


async def insist(name, server, told):
    """Sent until it is acknowledged, as both platforms do; only a line that broke excuses a missing acknowledgement."""
    for attempt in range(20):
        drops = server.drops
        if name == "slack":
            took, _ = await server.push("events_api", told, attempt or None)
            done = took is not None
            if not done and server.drops > drops:
                server.late.pop()
        else:
            code, _ = await server.push(told)
            done = code == 200
            assert done or server.drops > drops
        if done:
            return
    raise AssertionError("never acknowledged")


@pytest.mark.parametrize("name", ["slack", pytest.param("feishu", marks=pytest.mark.slow)])
async def test_nothing_is_lost_and_nothing_is_doubled(tmp_path, name):
    chance = random.Random(7)
    server = SlackServer() if name == "slack" else FeishuServer()
    async with server, Playground() as shop:
        side = SlackSide(server) if name == "slack" else FeishuSide(server)
        async with at_work(tmp_path, name, side.given(), shop):
            for way in WAYS[name]:
                server.trouble[way] = [BUSY[name], AWAY[name], REVOKED[name], BUSY[name]]
            asked = [said(name, side, number) for number in range(MANY)]
            deliveries = [told for _, told in asked * 3]
            chance.shuffle(deliveries)
            async with breaking(server):
                await asyncio.gather(*(insist(name, server, told) for told in deliveries))
            await answered(side, {root for root, _ in asked})
        assert getattr(server, "late", []) == []


def said(name, side, number):
    person = side.people["lin"]
    if name == "slack":
        told = slack_server.said("<@UBOT> /help", person, ts=f"{time.time():.0f}.{number:06d}")
        return told["event"]["ts"], told
    told = feishu_server.said("/help", person, message=f"om_asked_{number}")
    return f"om_asked_{number}", told


async def answered(side, threads, seconds=180.0):
    """Each thread has one answer, which is whole."""
    until = time.monotonic() + seconds
    while True:
        roots = [side.root(card) for text, card in side.cards() if '"up"' in text or '\\"up\\"' in text]
        if set(roots) >= threads:
            break
        assert time.monotonic() < until, (sorted(threads - set(roots)), len(side.cards()))
        await asyncio.sleep(0.1)
    all_roots = [side.root(card) for _, card in side.cards()]
    assert sorted(all_roots) == sorted(threads)


async def test_slack_points_at_what_it_refuses_and_only_that_becomes_simpler(tmp_path):
    async with SlackServer() as server, Playground() as shop:
        side = SlackSide(server)
        async with at_work(tmp_path, "slack", side.given(), shop):
            pointed = {"ok": False, "error": "invalid_blocks", "errors": ["no such [json-pointer:/blocks/1/text]"]}
            server.trouble["chat.postMessage"] = [(200, pointed, {})]
            server.trouble["chat.startStream"] = [(200, {"ok": False, "error": "unknown_method"}, {})]
            await side.ask("lin", "/restart order-service")
            until = time.monotonic() + 60
            while not any({"approve", "reject"} <= set(side.approvable(card)) for _, card in side.cards()):
                assert time.monotonic() < until
                await asyncio.sleep(0.05)
