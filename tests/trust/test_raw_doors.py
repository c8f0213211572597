"""A running bot hears raw nonsense at every HTTP door: no fault, no crash, no growth; then it still answers."""

import asyncio
import os
import re
import sys
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.trust.raw_requests import DOORS, TOKEN, Fuzz

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
REQUESTS = 3000
AT_ONCE = 24
MOST_GROWTH = 120_000_000
STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3}) ")


def settings(folder):
    """All doors open; the platforms behind them are away."""
    nowhere = "http://127.0.0.1:9"
    return {
        "DUTYBOT_SKILLS": "prometheus,knowledge", "DUTYBOT_CHANNELS": "web,slack,feishu",
        "DUTYBOT_ALERTS": "alertmanager", "ALERTS_TOKEN": TOKEN, "ALERTS_RECONCILE_SECONDS": "0",
        "DUTYBOT_BRAINS": "scripted", "DUTYBOT_DATABASE_URL": f"sqlite:///{folder}/bot.sqlite",
        "DUTYBOT_LEDGER_PATH": f"{folder}/audit.jsonl", "DUTYBOT_LOG_FORMAT": "json", "PROMETHEUS_URL": nowhere,
        "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "shhh", "SLACK_API_URL": f"{nowhere}/api/",
        "FEISHU_APP_ID": "cli_x", "FEISHU_APP_SECRET": "s", "FEISHU_API_URL": nowhere, "FEISHU_MODE": "webhook",
        "FEISHU_ENCRYPT_KEY": "k", "FEISHU_VERIFICATION_TOKEN": "v",
        "DOORS_TOKENS": f"all:read+plan+knowledge:{TOKEN}", "DOORS_PER_MINUTE": "1000000",
        "WEB_POSTS_PER_MINUTE": "1000000",
        "KNOWLEDGE_FOLDER": f"{folder}/books", "KNOWLEDGE_EMBEDDINGS": "none",
    }  # fmt: skip


class Bot:
    """`dutybot run` as a process of its own."""

    def __init__(self, folder):
        self.folder = Path(folder)

    async def __aenter__(self):
        environment = {**os.environ, **settings(self.folder), "PYTHONPATH": str(Path(__file__).parents[2])}
        self.log = (self.folder / "log").open("wb")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "--port", "0", cwd=self.folder, env=environment,
            stdout=asyncio.subprocess.PIPE, stderr=self.log,
        )  # fmt: skip
        while b"On duty at" not in (line := await asyncio.wait_for(self.process.stdout.readline(), 90)):
            assert line, (self.folder / "log").read_text()[-3000:]
        self.url = line.split()[-1].decode()
        self.rest = asyncio.create_task(self.process.stdout.read())
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()
        self.log.close()

    @property
    def memory(self):
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def say(port, raw):
    """Send it, then no more; the statuses that came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    try:
        writer.write(raw)
        await asyncio.wait_for(writer.drain(), 20)
        writer.write_eof()
        heard = await asyncio.wait_for(reader.read(65_536), 1.5)
    except (ConnectionError, OSError, TimeoutError):
        pass  # it has hung up on us, or holds a stream open: both are its right
    finally:
        writer.transport.abort()
    found = STATUS.match(heard)
    return int(found[1]) if found else 0


async def rain(bot, seed, requests, seat):
    fuzz, statuses, port, bad = Fuzz(seed, seat), Counter(), httpx.URL(bot.url).port, []

    async def pour():
        for _ in range(requests // AT_ONCE):
            raw = fuzz.draw()
            status = await say(port, raw)
            statuses[status] += 1
            if status >= 500:
                bad.append((status, raw[:300]))

    await asyncio.gather(*(pour() for _ in range(AT_ONCE)))
    return statuses, bad


async def seated(caller):
    """The headers of somebody at the page, who may post."""
    told = (await caller.get("/web/me")).json()
    cookie = "; ".join(f"{name}={value}" for name, value in caller.cookies.items())
    return {"cookie": cookie, "x-csrf-token": told["csrf"], "origin": "http://localhost"}


async def test_no_door_breaks(tmp_path):
    async with Bot(tmp_path) as bot:
        async with httpx.AsyncClient(base_url=bot.url, timeout=60) as caller:
            told = [
                await caller.request(each.method, each.path, headers=each.headers, json=each.body)
                for each in DOORS
                if each.path != "/web/events"
            ]
            assert {each.status_code for each in told} <= {200, 202, 400, 401, 403, 422}, [
                each.text[:100] for each in told
            ]
            assert sum(each.status_code == 200 for each in told) >= 9, "the doors are open"
            seat = await seated(caller)
            await rain(bot, 1, 600, seat)
            before = bot.memory
            statuses, bad = await rain(bot, int(os.environ.get("DUTYBOT_SEARCH") or 0), REQUESTS, seat)
            grown = bot.memory - before
            assert (await caller.get("/healthz")).json() == {"alive": True}
            assert (await caller.get("/readyz")).status_code == 200
            kept = await caller.post("/alerts/alertmanager", headers=DOORS[10].headers, json=DOORS[10].body)
            assert kept.status_code == 200
        assert bot.process.returncode is None
    print(f"{sum(statuses.values())} requests, {grown / 1e6:.1f} MB more, statuses {dict(sorted(statuses.items()))}")
    log = (tmp_path / "log").read_text()
    assert not bad, bad[:5]
    assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:3000]
    assert "a request failed" not in log
    assert grown < MOST_GROWTH
    assert statuses[200] > 50
    assert statuses[400] + statuses[401] + statuses[422] > 300
