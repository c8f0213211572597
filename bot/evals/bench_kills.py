"""Kill -9 before and after each boundary of the work, then at random under many incidents: what is lost or doubled."""

import asyncio
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
                told = {seed: await matrix(url, seed) for seed in seeds}
                for seed, made in told.items():
                    cases += [CaseScore(f"{engine} {cell} {seed}", not e.why, e.why) for cell, e in made.cells.items()]
                    if made.cards_beyond_kills:
                        cases.append(CaseScore(f"{engine} cards {seed}", False, f"{made.cards_twice} posted twice"))
                figures |= {f"{engine}_matrix_{name}": number for name, number in added(told.values()).items()}
            if "random".startswith(options.only or "random"):
                kept = await at_random(url, options.limit or INCIDENTS, seconds)
                cases.append(CaseScore(f"{engine} random", fine(kept), ", ".join(f"{k} {v}" for k, v in kept.items())))
                figures |= {f"{engine}_random_{name}": number for name, number in kept.items()}
        return EvalReport(self.name, tuple(cases), figures)


def fine(kept: dict[str, JSON]) -> bool:
    """Nothing lost, nothing done twice; a card may be posted twice where the bot was killed as it posted it."""
    none = ("lost", "waiting", "doubled", "set_aside", "ledger_faults", "cards_beyond_kills")
    return bool(kept["chain_verified"]) and not any(kept[name] for name in none)


CELLS = tuple(f"{boundary}:{when}" for boundary in BOUNDARIES for when in ("before", "after"))


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one kill."""

    why: str = ""
    """What went wrong; empty: nothing."""
    lost: int = 0
    doubled: int = 0
    chain_verified: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """All kills of one seed."""

    cells: Mapping[str, Cell]
    cards_twice: int

    @property
    def cards_beyond_kills(self) -> int:
        """A card may be there twice for each time that the bot was killed as it posted it, and no more."""
        return max(0, self.cards_twice - len(self.cells))

    @property
    def wrong(self) -> dict[str, str]:
        """Empty when all is well."""
        cards = {"cards": f"{self.cards_twice} posted twice"} if self.cards_beyond_kills else {}
        return {name: cell.why for name, cell in self.cells.items() if cell.why} | cards


def added(seeds: Iterable[Cells]) -> dict[str, int]:
    """The figures of many seeds together."""
    seeds = tuple(seeds)
    cells = [cell for each in seeds for cell in each.cells.values()]
    return {
        "runs": len(cells),
        "lost": sum(cell.lost for cell in cells),
        "doubled": sum(cell.doubled for cell in cells),
        "cards_twice": sum(each.cards_twice for each in seeds),
        "cards_beyond_kills": sum(each.cards_beyond_kills for each in seeds),
        "chain_verified": sum(cell.chain_verified for cell in cells),
    }


async def matrix(url: str, seed: int, cells: Sequence[str] = CELLS) -> Cells:
    """Each boundary, before and after, on a store of its own (`url` empty: SQLite)."""
    chance = random.Random(seed)  # noqa: S311
    told: dict[str, Cell] = {}
    with new_folder() as folder:
        place = Path(folder)
        async with workloads() as cluster, fleet(place, url or f"sqlite:///{place}/bot.sqlite", cluster.url, 1) as made:
            (bot,), book = made
            for cell in cells:
                names = [cluster.add(f"web-{seed}-{len(told)}-{number}") for number in range(AT_ONCE)]
                await bot.start(f"{cell}:{chance.randint(1, AT_ONCE)}")
                told[cell] = await _cell(bot, book, cluster, names)
                await bot.kill()
            return Cells(told, doubled(place / "cards"))


async def _cell(bot: Bot, book: Book, cluster: Workloads, names: Sequence[str]) -> Cell:
    """Some restarts by leave, with one kill in the middle."""
    wrong = []
    try:
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            group.create_task(_again(bot))
            for name in names:
                group.create_task(restart(name, lambda: [bot.url]))
        await until(book.settled, "events or cards still wait")
    except (TimeoutError, ExceptionGroup) as error:
        wrong.append(f"{type(error).__name__} {error} {getattr(error, 'exceptions', '')}")
    wrong += [f"{name} was restarted {cluster.changes[name]} times" for name in names if cluster.changes[name] != 1]
    fault, missing = chain_fault(bot.folder), unwritten(bot.folder, names)
    wrong += [*missing, *([fault] if fault else [])]
    lost = sum(cluster.changes[name] == 0 for name in names)
    twice = sum(max(0, cluster.changes[name] - 1) for name in names)
    return Cell("; ".join(wrong), lost, twice, not fault)


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


def chain_fault(folder: Path) -> str:
    """Where the ledger's chain does not hold; empty: it does."""
    ledger = FileLedger(folder / "audit.jsonl")
    _, fault = verified(ledger.path, ledger.anchor_path, ledger.seal())
    return f"line {fault.line}: {fault.why}" if fault else ""


def unwritten(folder: Path, names: Sequence[str]) -> list[str]:
    """What the ledger should tell of each and does not: leave by another, then what is begun, then what came of it."""
    told = [record for _, record in records(folder / "audit.jsonl")]
    missing = []
    for name in names:
        mine = [(place, each) for place, each in enumerate(told) if each.to.rpartition("/")[2] == name]
        begun = next(((place, each) for place, each in mine if each.did == "intent"), None)
        if begun is None or not any(place > begun[0] and each.did == "result" for place, each in mine):
            missing.append(f"{name}: no {'result' if begun else 'intent'}")
            continue
        leave = begun[1].leave.partition(" ")[0]
        before = [each for each in told[: begun[0]] if each.did == "decided" and each.to == leave]
        if not any(each.outcome == "approved" and each.who != begun[1].who for each in before):
            missing.append(f"{name}: done without leave")
    return missing


async def at_random(url: str, incidents: int, seconds: float) -> dict[str, JSON]:
    """So many incidents and restarts while the bots are killed every half to three seconds."""
    chance = random.Random(incidents)  # noqa: S311
    with new_folder() as folder:
        place = Path(folder)
        base = url or f"sqlite:///{place}/bot.sqlite"
        async with workloads() as cluster, fleet(place, base, cluster.url, 3 if url else 1) as (bots, book):
            names = [cluster.add(f"random-{number}") for number in range(incidents)]
            await asyncio.gather(*(bot.start() for bot in bots))
            before = await _alerts(book)
            kills, enough = 0, asyncio.Event()

            async def kill() -> None:
                nonlocal kills
                while not enough.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(enough.wait(), chance.uniform(0.5, 3.0))
                        return
                    bot = bots[kills % len(bots)]
                    await bot.kill()
                    kills += 1
                    await bot.start()  # never broken off: a bot that is not waited for as it starts ends itself

            killing = asyncio.create_task(kill())
            client = httpx.AsyncClient(timeout=10)
            late = await _work(client, names, [bot.url for bot in bots], seconds)
            enough.set()
            await killing
            not_seen, seconds_after = await _drained(book, late)
            await client.aclose()
            not_made = sum(cluster.changes[name] == 0 for name in names)
            not_kept = incidents - (await _alerts(book) - before)
            twice = doubled(place / "cards")
            return {
                "incidents": incidents,
                "kills": kills,
                "starts": sum(bot.starts for bot in bots),
                "drained_in_s": seconds_after,
                "lost": not_kept + max(not_seen, not_made),
                "alerts_without_incident": not_kept,
                "people_in_vain": not_seen,
                "restarts_not_made": not_made,
                "doubled": sum(max(0, cluster.changes[name] - 1) for name in names),
                "cards_twice": twice,
                "cards_beyond_kills": max(0, twice - kills),
                "waiting": await book.waiting(),
                "set_aside": await book.set_aside(),
                "ledger_faults": len(unwritten(place, names)),
                "chain_verified": not chain_fault(place),
            }


async def _drained(book: Book, late: Sequence["asyncio.Task[None]"]) -> tuple[int, float]:
    """Wait for what is still to be done; gives how many people waited in vain, and the seconds that it took."""
    begun = time.monotonic()
    with suppress(TimeoutError):
        await book.drained(lambda: sum(not each.done() for each in late))
    unseen = [each for each in late if not each.done()]
    for each in unseen:
        each.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    failed = [each for each in late if each not in unseen and each.exception()]
    return len(unseen) + len(failed), round(time.monotonic() - begun, 1)


async def _alerts(book: Book) -> int:
    return await book.count("SELECT count(DISTINCT incident) FROM incident_alerts WHERE fingerprint LIKE 'random-%'")


async def _work(
    client: httpx.AsyncClient,
    names: Sequence[str],
    urls: list[str],
    seconds: float,
) -> list["asyncio.Task[None]"]:
    """Spread over the time; gives what is not yet done then."""
    begun, work = time.monotonic(), []
    for number, name in enumerate(names):
        await asyncio.sleep(max(0.0, begun + seconds * number / len(names) - time.monotonic()))
        labels = {"alertname": "PodCrashLooping", "namespace": f"team-{name}", "pod": name, "severity": "warning"}
        times = {"startsAt": STARTED, "endsAt": "0001-01-01T00:00:00Z", "fingerprint": f"random-{name}"}
        alert = {"status": "firing", "labels": labels, "annotations": {}, **times}
        work.append(asyncio.create_task(tell(client, lambda: random.sample(urls, len(urls)), [alert])))
        work.append(asyncio.create_task(restart(name, lambda: random.sample(urls, len(urls)))))
    await asyncio.sleep(max(0.0, begun + seconds - time.monotonic()))
    return work


def make() -> KillsBench:
    """`dutybot bench kills`."""
    return KillsBench()
