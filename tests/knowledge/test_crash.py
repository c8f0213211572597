"""Killed at any moment, nothing that was said to be kept is lost, and nothing is there twice."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from knowledge import KnowledgeSettings, Library
from knowledge.tables import documents
from knowledge.upkeep import check, mend
from tests.fakes.embeddings_server import EmbeddingsServer, embeddings_server

WRITER = Path(__file__).with_name("writer.py")
ROUNDS = int(os.environ.get("DUTYBOT_KILLS", "1" if os.environ.get("DUTYBOT_TESTS") == "quick" else "20"))


def killed_after(folder: Path, url: str, first: int, seconds: float) -> int:
    """Runs the writer for so long after its first word; what it said last."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    writer = subprocess.Popen(
        [sys.executable, str(WRITER), str(folder), url, str(first)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert writer.stdout
    kept = int(writer.stdout.readline().split()[1])
    time.sleep(seconds)
    writer.send_signal(signal.SIGKILL)
    for line in writer.stdout:
        if line.endswith("\n"):
            kept = int(line.split()[1])
    writer.wait()
    return kept


async def well(folder: Path, server: EmbeddingsServer, kept: int) -> None:
    settings = KnowledgeSettings(
        folder=folder, embeddings="endpoint", embeddings_url=server.url, embeddings_model="fake", database=""
    )
    library = await Library.open(settings)
    try:
        await library.mend()
        health = await check(library)
        assert health.well, health
        async with library.records.engine.connect() as connection:
            titles = list((await connection.execute(select(documents.c.title))).scalars())
        assert len(titles) == len(set(titles))
        there = {int(title.split()[1]) for title in titles}
        removed = {number for number in range(0, kept + 1, 3) if number % 2}
        assert set(range(kept + 1)) - removed <= there
        assert not removed & there
        shelf = await library.shelf()
        assert shelf
        assert await shelf.count() == health.passages
    finally:
        await library.close()


@pytest.mark.slow
@pytest.mark.timeout(120 + 60 * ROUNDS)
async def test_killed_again_and_again(tmp_path: Path):
    chance, first = random.Random(7), 0
    with embeddings_server() as server:
        for _ in range(ROUNDS):
            kept = killed_after(tmp_path, server.url, first, chance.uniform(0, 0.6))
            await well(tmp_path, server, kept)
            first = (kept + 1) // 3 * 3
    assert first > 0 or ROUNDS < 5


async def test_a_shelf_that_was_lost_is_filled_from_the_books(tmp_path: Path):
    from tests.knowledge.writer import numbered

    with embeddings_server() as server:
        settings = KnowledgeSettings(
            folder=tmp_path, embeddings="endpoint", embeddings_url=server.url, embeddings_model="fake", database=""
        )
        library = await Library.open(settings)
        await library.add([numbered(n) for n in range(50)])
        asked = len(server.asked)
        shelf = await library.shelf()
        assert shelf
        await shelf.remove(sorted(await shelf.ids())[:20])
        sick = await check(library)
        assert (sick.missing, sick.well) == (20, False)
        assert (await mend(library)).well
        assert len(server.asked) == asked
        await library.close()
