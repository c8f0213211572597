"""The sources are read by the clock, and once for all replicas."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from knowledge import KnowledgeSettings, Library, LibraryError
from knowledge.importing import Progress
from knowledge.syncing import claim, importer_of, sync, wanted
from knowledge.tables import cursors

HOUR = 3600.0
NOW = 1_790_000_000.0


def test_sources_with_commas_between():
    assert wanted(" jira, markdown:/srv/books ,") == ("jira", "markdown:/srv/books")
    assert wanted("") == ()


def test_an_unknown_source_is_named():
    with pytest.raises(LibraryError, match="no importer 'nope'; there are: confluence"):
        importer_of("nope")


async def test_one_of_many_and_again_when_it_is_due(plain: Library):
    at_once = await asyncio.gather(*(claim(plain, "jira", HOUR, NOW) for _ in range(8)))
    assert sorted(at_once) == [False] * 7 + [True]
    assert not await claim(plain, "jira", HOUR, NOW + HOUR - 1)
    assert await claim(plain, "confluence", HOUR, NOW)
    assert await claim(plain, "jira", HOUR, NOW + HOUR)


async def test_all_that_is_due_though_one_fails(plain: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JIRA_URL", raising=False)
    books = tmp_path / "books"
    books.mkdir()
    (books / "disk.md").write_text("# Disk\nDelete old turnips.\n")
    told: dict[str, Progress | LibraryError] = {}
    sources = ("jira", f"markdown:{books}")
    await sync(plain, sources, HOUR, told.__setitem__, lambda: NOW)
    assert "JIRA_URL is not set" in str(told["jira"])
    done = told[sources[1]]
    assert isinstance(done, Progress)
    assert done.kept.added == 1
    assert (await plain.search("turnips")).passages
    told.clear()
    await sync(plain, sources, HOUR, told.__setitem__, lambda: NOW + 10)
    assert told == {}
    async with plain.records.engine.connect() as connection:
        assert (await connection.execute(select(cursors.c.error))).scalars().all() == [""]


async def test_the_house_keeps_its_library_in_step(tmp_path: Path):
    from bot.think.shelf import LibraryShelf

    books = tmp_path / "books"
    books.mkdir()
    (books / "disk.md").write_text("# Disk\nDelete old turnips.\n")
    settings = KnowledgeSettings(folder=tmp_path / "library", embeddings="none", sync=f"markdown:{books}")
    shelf = LibraryShelf(settings)
    task = asyncio.create_task(shelf.keep_in_step())
    try:
        async with asyncio.timeout(90):
            while not await shelf.search("turnips"):
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await shelf.close()
    await LibraryShelf(settings.model_copy(update={"sync": ""})).keep_in_step()
