"""Live incidents on one workspace: within the platform's tiers, the freshest state shown; and what a channel costs."""

import asyncio
import contextlib
import itertools
import json
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from bot.database import Database
from bot.domain.card import Card, Fields, Markdown
from bot.domain.message import Thread
from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from bot.talk.channels import Channel
from bot.talk.outbox import Outbox
from bot.talk.threads import Threads, our_thread

ROOT = Path(__file__).parents[2]
SERVE = ROOT / "tests" / "fakes" / "serve.py"
MANY = 50
SPEED = 10.0
"""A minute of the platform takes six seconds here: its budget, our pace and our pauses run that much faster."""
LIVE = 180.0
"""Platform seconds in which every incident changes every second."""
VERSION = re.compile(r"incident (\d+) state (\d+)")


@dataclass(frozen=True, slots=True)
class Platform:
    """What it allows, and how we get in."""

    name: str
    place: str
    given: Mapping[str, str]
    tiers: Mapping[str, int]
    """Most calls a minute, by a pattern of the method or path."""


PLATFORMS = (
    Platform(
        "slack",
        "C1",
        {"bot_token": "xoxb-1", "app_token": "xapp-1"},
        {r"chat\.update": 50, r"chat\.postMessage": 63, r"chat\.startStream": 20, r"chat\.appendStream": 100},
    ),
    Platform(
        "feishu",
        "oc_1",
        {"app_id": "cli_x", "app_secret": "secret"},
        {r"/im/v1/messages$": 300, r"/im/v1/messages/\w+$": 1_000, r"/cardkit/.*": 1_000},
    ),
)


class ChannelsBench:
    """Against the pretend platforms, as programs of their own."""

    name = "bench_channels"

    async def run(self, options: EvalOptions) -> EvalReport:
        """First each channel alone in a process, then the incidents."""
        if not SERVE.exists():
            why = "the pretend platforms are in the tests folder of the source tree, which is not here"
            return EvalReport(self.name, (CaseScore("channels", None, why),))
        figures: dict[str, JSON] = {"incidents": options.limit or MANY, "speed": SPEED, "live_s": LIVE}
        scores: list[CaseScore] = []
        for each in PLATFORMS:
            if options.only in {"", each.name}:
                async with served(each.name) as (url, stamps):
                    told = await _costs(each, url)
                    scores.append(_light(each, told))
                    figures |= {f"{each.name}_{name}": value for name, value in told.items()}
                async with served(each.name) as (url, stamps):
                    told, more = await _storm(each, url, stamps, options.limit or MANY)
                    scores += more
                    figures |= {f"{each.name}_{name}": value for name, value in told.items()}
        for name in ("none", "web"):
            figures |= {f"{name}_{what}": value for what, value in (await _child(name, {})).items()}
        return EvalReport(self.name, tuple(scores), figures)


def make() -> ChannelsBench:
    """`--limit N` takes N incidents in place of 50."""
    return ChannelsBench()


@contextlib.asynccontextmanager
async def served(name: str) -> AsyncIterator[tuple[str, str]]:
    """A pretend platform: its address, and where it tells what it heard."""
    command = (sys.executable, "-m", "tests.fakes.serve", name)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    try:
        assert process.stdout
        told = json.loads(await asyncio.wait_for(process.stdout.readline(), 120))
        yield told["url"], told["stamps"]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _child(name: str, given: Mapping[str, str]) -> dict[str, JSON]:
    command = (sys.executable, "-m", "bot.evals._channel_child", name, json.dumps(dict(given)))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    told, _ = await asyncio.wait_for(process.communicate(), 180)
    found: dict[str, JSON] = json.loads(told.splitlines()[-1])
    return found


async def _costs(platform: Platform, url: str) -> dict[str, JSON]:
    return await _child(platform.name, {**platform.given, "api_url": url})


def _light(platform: Platform, told: Mapping[str, Any]) -> CaseScore:
    """On duty, and without the SDK of the other."""
    others = {"slack": "lark_oapi", "feishu": "slack_bolt"}[platform.name]
    well = not told["unwell"] and others not in told["loaded"] and "lark_oapi" not in told["loaded"]
    return CaseScore(f"{platform.name} alone", well, f"{told['idle_mb']} MB; loaded {told['loaded']} {told['unwell']}")


async def _storm(platform: Platform, url: str, stamps: str, many: int) -> tuple[dict[str, JSON], Sequence[CaseScore]]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bot.sqlite")
        await database.open()
        channel = _made(platform, database, url)
        threads = Threads(database)
        outbox = Outbox(database, {platform.name: channel}, threads, sleep=lambda s: asyncio.sleep(s / SPEED))
        last, ended = await _change(outbox, platform, many)
        await asyncio.gather(*(outbox.settled(f"incident:{number}") for number in range(many)))
        settled = (time.monotonic() - ended) * SPEED
        await outbox.stop()
        await channel.stop()
        await database.close()
    async with httpx.AsyncClient() as client:
        heard = (await client.get(stamps)).json()
    return _judged(platform, heard, last, settled, many)


def _made(platform: Platform, database: Database, url: str) -> Channel:
    """With its clock running faster; nothing else is changed."""
    package = import_module(f"bot.talk.channels.{platform.name}")
    settings = getattr(package, f"{platform.name.capitalize()}Settings")(**platform.given, api_url=url)
    channel = package.make(database, settings)
    channel.client.clock = lambda: time.monotonic() * SPEED
    made: Channel = channel
    return made


async def _change(outbox: Outbox, platform: Platform, many: int) -> tuple[dict[int, int], float]:
    """Every incident changes every second; gives the last state of each, and when it was."""
    last: dict[int, int] = {}
    began = time.monotonic()
    state = 0
    while (time.monotonic() - began) * SPEED < LIVE:
        state += 1
        for number in range(many):
            thread: Thread = our_thread(platform.name, platform.place, f"incident:{number}")
            card = Card(
                f"incident {number} state {state}", (Fields((("Since", "12:00"),)), Markdown("looking")), "crit"
            )
            await outbox.show(f"incident:{number}", thread, card)
            last[number] = state
        await asyncio.sleep(max(0.0, began + state / SPEED - time.monotonic()))
    return last, time.monotonic()


def _judged(
    platform: Platform, heard: Mapping[str, Any], last: Mapping[int, int], settled: float, many: int
) -> tuple[dict[str, JSON], Sequence[CaseScore]]:
    figures: dict[str, JSON] = {}
    scores: list[CaseScore] = []
    for pattern, most in platform.tiers.items():
        times = [each["at"] for each in heard["stamps"] if re.search(pattern, each["call"])]
        busiest = _busiest(times)
        if times:
            figures[f"most_a_minute {pattern}"] = busiest
            scores.append(CaseScore(f"{platform.name} {pattern}", busiest <= most, f"{busiest} of {most} a minute"))
    shown: dict[int, int] = {}
    for text in heard["shown"]:
        if found := VERSION.search(text):
            shown[int(found[1])] = int(found[2])
    stale = {number: (shown.get(number), state) for number, state in last.items() if shown.get(number) != state}
    scores.append(CaseScore(f"{platform.name} newest state shown", not stale, f"{len(stale)} stale of {many}"))
    copies = Counter(found[1] for text in heard["shown"] if (found := VERSION.search(text)))
    scores.append(CaseScore(f"{platform.name} one card each", set(copies.values()) == {1}, str(copies.most_common(1))))
    figures |= {"settled_s": round(settled, 1), **_fresh(heard["stamps"])}
    return figures, scores


def _busiest(times: Sequence[float]) -> int:
    """Most calls in any window of one platform minute."""
    window, start, most = 60.0 / SPEED, 0, 0
    for end, at in enumerate(times):
        while times[start] <= at - window:
            start += 1
        most = max(most, end - start + 1)
    return most


def _fresh(stamps: Sequence[Mapping[str, Any]]) -> dict[str, JSON]:
    """How long a card stood before its next state, in platform seconds."""
    seen: dict[str, list[float]] = defaultdict(list)
    for each in stamps:
        if found := VERSION.search(each["text"]):
            seen[found[1]].append(each["at"])
    waits = sorted((b - a) * SPEED for times in seen.values() for a, b in itertools.pairwise(times))
    if not waits:
        return {}
    return {
        "refresh_p50_s": round(waits[len(waits) // 2], 1),
        "refresh_max_s": round(waits[-1], 1),
        "refreshes": len(waits),
    }
