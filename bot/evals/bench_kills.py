"""Kill -9 before and after each boundary of the work, then at random under many incidents: what is lost or doubled."""

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from bot.act.ledger.file import FileLedger
from bot.act.ledger.reading import records, verified
from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from bot.evals._fleet import PATIENCE, Book, Bot, Person, Shown, Urls, doubled, fleet, new_folder, tell, until
from bot.evals._killed import BOUNDARIES
from bot.evals._workloads import Workloads, workloads

AT_ONCE = 3
INCIDENTS, SECONDS, SEEDS = 200, 180.0, 5
STARTED = "2026-01-01T00:00:00Z"


class KillsBench:
    """`--set seeds=5`, `--set postgres=postgresql://…` (an empty database), `--limit 200`, `--set seconds=180`.

    `--only matrix` or `--only random` runs one half.
    """

    name = "bench_kills"

    async def run(self, options: EvalOptions) -> EvalReport:
        engines = {"sqlite": "", "postgres": options.settings.get("postgres", "")}
        seeds = range(int(options.settings.get("seeds", SEEDS)))
        seconds = float(options.settings.get("seconds", SECONDS))
        cases: list[CaseScore] = []
        figures: dict[str, JSON] = {}
        for engine, url in engines.items():
            if engine == "postgres" and not url:
                cases.append(CaseScore(engine, None, "no database; give --set postgres=postgresql://… of an empty one"))
                continue
            if "matrix".startswith(options.only or "matrix"):
                for seed in seeds:
                    told = await matrix(url, seed)
                    cases += [CaseScore(f"{engine} {cell} {seed}", not why, why) for cell, why in told.items()]
                    figures[f"{engine}_cells"] = sum(each.id.startswith(f"{engine} ") for each in cases)
            if "random".startswith(options.only or "random"):
                kept = await at_random(url, options.limit or INCIDENTS, seconds)
                cases.append(CaseScore(f"{engine} random", fine(kept), ", ".join(f"{k} {v}" for k, v in kept.items())))
                figures |= {f"{engine}_{name}": number for name, number in kept.items()}
        return EvalReport(self.name, tuple(cases), figures)


def fine(kept: dict[str, JSON]) -> bool:
    """Nothing lost, nothing done twice; a card may be posted twice where the bot was killed as it posted it."""
    none = ("lost", "double_actions", "set_aside", "ledger_faults")
    return not any(kept[name] for name in none) and int(str(kept["duplicate_cards"])) <= int(str(kept["kills"]))


CELLS = tuple(f"{boundary}:{when}" for boundary in BOUNDARIES for when in ("before", "after"))


async def matrix(url: str, seed: int, cells: Sequence[str] = CELLS) -> dict[str, str]:
    """Each boundary, before and after: its name, and what went wrong there."""
    chance = random.Random(seed)  # noqa: S311
    told: dict[str, str] = {}
    with new_folder() as folder:
        place = Path(folder)
        async with workloads() as cluster, fleet(place, url or f"sqlite:///{place}/bot.sqlite", cluster.url, 1) as made:
            (bot,), book = made
            for cell in cells:
                names = [cluster.add(f"web-{seed}-{len(told)}-{number}") for number in range(AT_ONCE)]
                await bot.start(f"{cell}:{chance.randint(1, AT_ONCE)}")
                told[cell] = await _cell(bot, book, cluster, names)
                await bot.kill()
            if (twice := doubled(place / "cards")) > len(told):
                told["cards"] = f"{twice} cards twice in {len(told)} kills"
    return told


async def _cell(bot: Bot, book: Book, cluster: Workloads, names: Sequence[str]) -> str:
    """Some restarts by leave, with one kill in the middle; gives what went wrong."""
    try:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            group.create_task(_again(bot))
            for name in names:
                group.create_task(restart(name, lambda: [bot.url]))
        await until(book.settled, "events or cards still wait")
    except (TimeoutError, ExceptionGroup) as error:
        return f"{type(error).__name__} {error} {getattr(error, 'exceptions', '')}"
    wrong = [f"{name} was restarted {cluster.changes[name]} times" for name in names if cluster.changes[name] != 1]
    wrong += unwritten(bot.folder, names)
    return "; ".join(wrong)


async def _again(bot: Bot) -> None:
    """Started again as soon as it has ended itself."""
    if not await bot.ended():
        raise RuntimeError("it was not killed")
    await bot.start()


async def restart(name: str, urls: Urls) -> None:
    """Asked for by one, allowed by another, seen to be done."""
    lin, chen = Person("asker", urls), Person("approver", urls)
    try:
        thread = await lin.write(f"/restart {name}")
        decided = False
        while True:
            cards = await lin.cards(thread)
            if any(card["title"].startswith("Done") for card in cards):
                return
            if not decided and (button := _approve(cards)):
                await chen.decide(thread, button)
                decided = True
            await asyncio.sleep(0.1)
    finally:
        await lin.close()
        await chen.close()


def _approve(cards: Sequence[Shown]) -> Shown | None:
    """The button by which leave is given."""
    blocks = [block for card in cards for block in card["blocks"] if block["kind"] == "buttons"]
    return next((button for block in blocks for button in block["buttons"] if button["act"] == "approve"), None)


def unwritten(folder: Path, names: Sequence[str]) -> list[str]:
    """What the ledger should tell and does not."""
    ledger = FileLedger(folder / "audit.jsonl")
    _, fault = verified(ledger.path, ledger.anchor_path, ledger.seal())
    told = {(record.did, record.to.rpartition("/")[2]) for _, record in records(ledger.path)}
    missing = [f"{name}: no {did}" for name in names for did in ("intent", "result") if (did, name) not in told]
    return [*missing, *([f"line {fault.line}: {fault.why}"] if fault else [])]


async def at_random(url: str, incidents: int, seconds: float) -> dict[str, JSON]:
    """So many incidents and restarts while the bots are killed every half to three seconds."""
    chance = random.Random(incidents)  # noqa: S311
    with new_folder() as folder:
        place = Path(folder)
        base = url or f"sqlite:///{place}/bot.sqlite"
        async with workloads() as cluster, fleet(place, base, cluster.url, 3 if url else 1) as (bots, book):
            names = [cluster.add(f"random-{number}") for number in range(incidents)]
            before = await _alerts(book) if url else 0
            await asyncio.gather(*(bot.start() for bot in bots))
            kills = 0

            async def kill() -> None:
                nonlocal kills
                while True:
                    await asyncio.sleep(chance.uniform(0.5, 3.0))
                    bot = bots[kills % len(bots)]
                    await bot.kill()
                    kills += 1
                    await bot.start()

            killing = asyncio.create_task(kill())
            client = httpx.AsyncClient(timeout=10)
            late = await _work(client, names, [bot.url for bot in bots], seconds, killing)
            for bot in bots:
                if not bot.alive:
                    await bot.start()
            gone = await asyncio.gather(*(asyncio.wait_for(each, PATIENCE) for each in late), return_exceptions=True)
            await client.aclose()
            await until(book.settled, "events or cards still wait")
            not_seen = sum(isinstance(each, BaseException) for each in gone)
            not_made = sum(cluster.changes[name] == 0 for name in names)
            return {
                "incidents": incidents,
                "kills": kills,
                "lost": incidents - (await _alerts(book) - before) + max(not_seen, not_made),
                "double_actions": sum(max(0, cluster.changes[name] - 1) for name in names),
                "duplicate_cards": doubled(place / "cards"),
                "set_aside": await book.set_aside(),
                "ledger_faults": len(unwritten(place, names)),
            }


async def _alerts(book: Book) -> int:
    return await book.count("SELECT count(DISTINCT incident) FROM incident_alerts WHERE fingerprint LIKE 'random-%'")


async def _work(
    client: httpx.AsyncClient,
    names: Sequence[str],
    urls: list[str],
    seconds: float,
    killing: "asyncio.Task[None]",
) -> list["asyncio.Task[None]"]:
    """Spread over the time; gives what is not yet done when the killing stops."""
    begun, work = time.monotonic(), []
    for number, name in enumerate(names):
        await asyncio.sleep(max(0.0, begun + seconds * number / len(names) - time.monotonic()))
        labels = {"alertname": "PodCrashLooping", "namespace": f"team-{name}", "pod": name, "severity": "warning"}
        times = {"startsAt": STARTED, "endsAt": "0001-01-01T00:00:00Z", "fingerprint": f"random-{name}"}
        alert = {"status": "firing", "labels": labels, "annotations": {}, **times}
        work.append(asyncio.create_task(tell(client, lambda: random.sample(urls, len(urls)), [alert])))
        work.append(asyncio.create_task(restart(name, lambda: random.sample(urls, len(urls)))))
    await asyncio.sleep(max(0.0, begun + seconds - time.monotonic()))
    killing.cancel()
    await asyncio.wait([killing])
    return work


def make() -> KillsBench:
    """`dutybot bench kills`."""
    return KillsBench()
