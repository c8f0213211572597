"""Ten thousand alerts in ten seconds, with a chat going on and the bot killed in the middle: none is lost."""

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.journeys.visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
NOWHERE = "http://127.0.0.1:9"
SPACES, PODS, BATCH, SECONDS = 10, 1000, 100, 10.0
STARTED = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Bot:
    """The bot as its own process, so that it can be killed."""

    def __init__(self, folder):
        self.store = f"{folder}/bot.sqlite"
        self.environment = os.environ | {
            "DUTYBOT_SKILLS": "kubernetes",
            "DUTYBOT_ALERTS": "alertmanager",
            "DUTYBOT_DATABASE_URL": f"sqlite:///{self.store}",
            "DUTYBOT_LEDGER_PATH": f"{folder}/audit.jsonl",
            "ALERTS_OPEN": "true",
            "KUBERNETES_URL": NOWHERE,
            "PROMETHEUS_URL": NOWHERE,
            "LOKI_URL": NOWHERE,
        }
        self.start()

    def start(self):
        command = [sys.executable, "-m", "bot", "run", "--port", "0"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        told = next((found for line in self.process.stdout if (found := re.search(r"On duty at (\S+)", line))), None)
        assert told, "the bot did not start"
        self.url = told[1]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def count(self, query):
        with closing(sqlite3.connect(self.store)) as store:
            return store.execute(query).fetchone()[0]

    @property
    def megabytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def told(number, status="firing"):
    labels = {
        "alertname": ("PodCrashLooping", "HighErrorRate", "HighLatency")[number % 3],
        "namespace": f"team-{number % SPACES}",
        "pod": f"web-{number // SPACES}",
        "severity": "critical",
    }
    ends = STARTED if status == "resolved" else "0001-01-01T00:00:00Z"
    annotations = {"summary": f"web-{number // SPACES} does not answer as it should"}
    times = {"startsAt": STARTED, "endsAt": ends, "fingerprint": f"{number:016x}"}
    return {"status": status, "labels": labels, "annotations": annotations, **times}


async def send(bot, client, alerts):
    """As Alertmanager does: until it is accepted."""
    while True:
        try:
            answer = await client.post(f"{bot.url}/alerts/alertmanager", json={"version": "4", "alerts": alerts})
            if answer.status_code == 200:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.2)


async def storm(bot, client, status="firing"):
    begun, calls = time.monotonic(), []
    for number, first in enumerate(range(0, SPACES * PODS, BATCH)):
        alerts = [told(each, status) for each in range(first, first + BATCH)]
        calls.append(asyncio.create_task(send(bot, client, alerts)))
        await asyncio.sleep(max(0.0, begun + number * SECONDS * BATCH / (SPACES * PODS) - time.monotonic()))
        yield number
    await asyncio.gather(*calls)


async def chat(bot, waits):
    """A person who asks once a second, as fast as the page takes it for long, and how long each answer took."""
    lin = await Visitor(httpx.AsyncClient(base_url=bot.url, timeout=20)).sit("asker")
    while True:
        begun = time.monotonic()
        await lin.card(await lin.write("/help"), lambda card: card["title"] == "Answer", 20)
        waits.append(time.monotonic() - begun)
        await asyncio.sleep(max(0.3, 1.1 - waits[-1]))


async def first_incident(bot):
    lin = await Visitor(httpx.AsyncClient(base_url=bot.url, timeout=20)).sit("asker")
    begun = time.monotonic()
    await lin.incident(20)
    return time.monotonic() - begun


async def settled(bot, seconds=60):
    until = time.monotonic() + seconds
    while bot.count("SELECT count(*) FROM inbox WHERE done_at IS NULL"):
        assert time.monotonic() < until, "events still wait"
        await asyncio.sleep(0.3)


async def test_none_of_ten_thousand_is_lost(tmp_path, capsys):
    bot, waits = Bot(tmp_path), []
    try:
        async with httpx.AsyncClient(timeout=20) as client:
            first = asyncio.create_task(first_incident(bot))
            talk = asyncio.create_task(chat(bot, waits))
            async for number in storm(bot, client):
                if number == SPACES * PODS // BATCH // 2:
                    assert not talk.done(), talk.exception()
                    talk.cancel()
                    took = await first
                    bot.kill()
                    await asyncio.to_thread(bot.start)
                    talk = asyncio.create_task(chat(bot, waits))
            begun = time.monotonic()
            await settled(bot)
            behind, before = time.monotonic() - begun, bot.megabytes
            assert not talk.done(), talk.exception()
            assert bot.count("SELECT count(*) FROM incident_alerts") == SPACES * PODS
            async for _ in storm(bot, client, "resolved"):
                pass
            await settled(bot)
            talk.cancel()
            cards = bot.count("SELECT count(*) FROM outbox WHERE slot NOT LIKE 'answer:%'")
            grown = bot.megabytes - before
            assert bot.count("SELECT count(*) FROM incidents WHERE open") == 0
    finally:
        bot.kill()
    with capsys.disabled():
        said = f"first card {took:.2f} s, behind {behind:.1f} s, {cards} cards, answers within {max(waits):.2f} s"
        print(f"\n{said} ({len(waits)}), memory {before:.0f} MB and {grown:+.0f} MB")
    assert took <= 2
    assert cards <= 3 * SPACES
    assert max(waits) < 5
    assert grown < 40
