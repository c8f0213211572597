"""Bots that share one PostgreSQL under a storm of alerts, one of them killed every few seconds: what is lost."""

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from bot.evals._cluster import far_end
from bot.evals._fleet import Book, Bot, Person, doubled, fleet, new_folder, tell, until

ALERTS, SECONDS, SPACES, BATCH = 6000, 60.0, 10, 20
REPLICAS, KILL_EVERY = 3, 5.0
STARTED = "2026-01-01T00:00:00Z"


class ReplicasBench:
    """`--set postgres=postgresql://…` (an empty database) `--set replicas=3 --set kill_every=5 --set seconds=60`."""

    name = "bench_replicas"

    async def run(self, options: EvalOptions) -> EvalReport:
        url = options.settings.get("postgres", "")
        if not url:
            why = "no database; give --set postgres=postgresql://… of an empty one"
            return EvalReport(self.name, (CaseScore("storm", None, why),), {})
        storm = Storm(
            int(options.settings.get("replicas", REPLICAS)),
            float(options.settings.get("kill_every", KILL_EVERY)),
            float(options.settings.get("seconds", SECONDS)),
            options.limit or ALERTS,
        )
        with new_folder() as folder:
            figures = await storm.run(Path(folder), url)
        wrong = {name: figures[name] for name in ("lost", "doubled", "unanswered", "set_aside") if figures[name]}
        too_many = int(str(figures["duplicate_cards"])) > int(str(figures["kills"]))
        told = ", ".join(f"{name} {number}" for name, number in figures.items())
        return EvalReport(self.name, (CaseScore("storm", not wrong and not too_many, told),), figures)


class Storm:
    """So many alerts in so many seconds, and a person who asks all the while."""

    def __init__(self, replicas: int, kill_every: float, seconds: float, alerts: int) -> None:
        self.replicas, self.kill_every, self.seconds, self.alerts = replicas, kill_every, seconds, alerts
        self.kills = 0
        self._bots: list[Bot] = []

    async def run(self, folder: Path, url: str) -> dict[str, JSON]:
        async with far_end() as far, fleet(folder, url, far.url, self.replicas) as (self._bots, book):
            await asyncio.gather(*(bot.start() for bot in self._bots))
            killing = asyncio.create_task(self._kill()) if self.kill_every else None
            threads: list[str] = []
            waits: list[float] = []
            asking = asyncio.create_task(self._ask(threads, waits))
            begun = time.monotonic()
            await self._blow()
            told = time.monotonic()
            asking.cancel()
            if killing:
                killing.cancel()
                await asyncio.wait([killing])
            await self._raise_the_dead()
            await until(book.settled, "events still wait")
            figures: dict[str, JSON] = {"replicas": self.replicas, "kills": self.kills, "alerts": self.alerts}
            figures |= {"alerts_per_second": round(self.alerts / (told - begun), 1)}
            figures |= {"behind_s": round(time.monotonic() - told, 1)} | await self._counted(book, threads)
            figures["duplicate_cards"] = doubled(folder / "cards")
            if waits:
                figures |= {"answers": len(waits), "slowest_answer_s": round(max(waits), 2)}
            return figures

    async def _counted(self, book: Book, threads: Sequence[str]) -> dict[str, JSON]:
        alerts = await book.count("SELECT count(DISTINCT fingerprint) FROM incident_alerts")
        rows = await book.count("SELECT count(*) FROM incident_alerts")
        heard = await book.count("SELECT count(*) FROM inbox WHERE kind = 'Message'")
        answered = await book.count("SELECT count(*) FROM outbox WHERE slot LIKE 'answer:%' AND delivered >= revision")
        return {
            "lost": self.alerts - alerts,
            "doubled": rows - alerts,
            "incidents": await book.count("SELECT count(*) FROM incidents"),
            "asked": len(threads),
            "unanswered": max(heard, len(threads)) - answered,
            "set_aside": await book.set_aside(),
        }

    def _urls(self) -> list[str]:
        """Of those that stand; what a Service of Kubernetes would choose among."""
        return [bot.url for bot in self._bots if bot.alive] or [bot.url for bot in self._bots]

    async def _blow(self) -> None:
        """Each batch at its time; what is not accepted is sent again meanwhile."""
        begun, calls = time.monotonic(), []
        async with httpx.AsyncClient(timeout=20) as client:
            for first in range(0, self.alerts, BATCH):
                await asyncio.sleep(max(0.0, begun + self.seconds * first / self.alerts - time.monotonic()))
                batch = [_alert(number) for number in range(first, min(first + BATCH, self.alerts))]
                calls.append(asyncio.create_task(tell(client, self._shuffled, batch)))
            await asyncio.gather(*calls)

    def _shuffled(self) -> list[str]:
        urls = self._urls()
        random.shuffle(urls)
        return urls

    async def _ask(self, threads: list[str], waits: list[float]) -> None:
        """One question after another, each until it is answered."""
        person = Person("asker", self._urls)
        try:
            while True:
                begun = time.monotonic()
                thread = await person.write("/help")
                threads.append(thread)
                while not any(card["title"] == "Answer" for card in await person.cards(thread)):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
                waits.append(time.monotonic() - begun)
                await asyncio.sleep(0.5)
        finally:
            await person.close()

    async def _kill(self) -> None:
        """One after another; each is started again at once, as Kubernetes does."""
        while True:
            await asyncio.sleep(self.kill_every)
            bot = self._bots[self.kills % len(self._bots)]
            await bot.kill()
            self.kills += 1
            await bot.start()

    async def _raise_the_dead(self) -> None:
        for bot in self._bots:
            if not bot.alive:
                await bot.start()


def _alert(number: int) -> dict[str, Any]:
    labels = {
        "alertname": ("PodCrashLooping", "HighErrorRate", "HighLatency")[number % 3],
        "namespace": f"team-{number % SPACES}",
        "pod": f"web-{number // SPACES}",
        "severity": "critical",
    }
    times = {"startsAt": STARTED, "endsAt": "0001-01-01T00:00:00Z", "fingerprint": f"{number:016x}"}
    return {"status": "firing", "labels": labels, "annotations": {"summary": "does not answer"}, **times}


def make() -> ReplicasBench:
    """`dutybot bench replicas`."""
    return ReplicasBench()
