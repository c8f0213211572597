"""The sources are read by the clock, and once for all replicas."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from knowledge import Document, KnowledgeSettings, Library, LibraryError, Reader
from knowledge.importers import Batch
from knowledge.importing import Progress, run
from knowledge.schedules import Schedule, wanted
from knowledge.syncing import LEASE, claim, importer_of, is_live, live, sync
from knowledge.tables import cursors
from knowledge.upkeep import forget, stats

HOUR = 3600.0
NOW = 1_790_000_000.0


def test_sources_with_commas_between():
    assert wanted(" jira, markdown:/srv/my books ,") == (Schedule("jira"), Schedule("markdown:/srv/my books"))
    assert wanted("") == ()
    told = "jira for T1 label jira:OPS:On call, confluence label sre, markdown:/srv/hr  for T2, jira for T2"
    assert wanted(told) == (
        Schedule("jira", "T1", "jira:OPS:On call"),
        Schedule("confluence", label="sre"),
        Schedule("markdown:/srv/hr", "T2"),
        Schedule("jira", "T2"),
    )
    assert wanted(", ".join(map(str, wanted(told)))) == wanted(told)


@pytest.mark.parametrize(
    "told",
    [
        "jira for",
        "jira label",
        "jira for T1 lable sre",
        "jira fro T1",
        "jira T1",
        "markdown:/srv/hr for T1 lable hr",
        "markdown:/srv/hr label sre for T1 label hr",
        "markdown:/srv/hr for",
        "jira for T1 label sre, jira for T1",
    ],
)
def test_what_may_be_meant_otherwise_is_refused_and_not_read_for_everybody(told, monkeypatch):
    monkeypatch.setenv("KNOWLEDGE_SYNC", told)
    with pytest.raises(ValueError, match=r"two labels|for WORKSPACE"):
        KnowledgeSettings()


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
    await sync(plain, [Schedule(each) for each in sources], HOUR, told.__setitem__, lambda: NOW)
    assert "JIRA_URL is not set" in str(told["jira"])
    done = told[sources[1]]
    assert isinstance(done, Progress)
    assert done.kept.added == 1
    assert (await plain.search("turnips")).passages
    told.clear()
    await sync(plain, [Schedule(each) for each in sources], HOUR, told.__setitem__, lambda: NOW + 10)
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


class Talking:
    """A source that lists, then tells of news."""

    source = "talking"

    def __init__(self, heard: list[str]) -> None:
        self.heard = heard

    async def batches(self, cursor):
        self.heard.append("listed")
        yield Batch((Document("Listed", "turnips", "u1"),), cursor=1)

    async def follow(self, cursor, seconds=300):
        async for batch in self.batches(cursor):
            yield batch
        self.heard.append("listened")
        yield Batch((Document("Told later", "parsnips", "u2"),), cursor=2)

    async def census(self):
        return None

    async def close(self) -> None:
        return None


async def test_a_live_source_is_listened_to_by_one(plain: Library, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("knowledge.syncing.BETWEEN", 0.01)
    heard: list[str] = []
    told: list[object] = []
    lent = {"talking": lambda: Talking(heard)}
    both = [
        asyncio.create_task(live(plain, Schedule("talking"), lambda _, came: told.append(came), lent=lent))
        for _ in range(2)
    ]
    async with asyncio.timeout(60):
        while len(told) < 3:
            await asyncio.sleep(0.01)
    for each in both:
        each.cancel()
    await asyncio.gather(*both, return_exceptions=True)
    assert heard[:4] == ["listed", "listened", "listed", "listened"], "one after the other, never both at once"
    assert (await plain.search("parsnips")).passages


async def test_a_live_source_in_trouble_is_left_alone_a_while(plain: Library, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("knowledge.syncing.BETWEEN", 0.01)
    told: list[object] = []
    task = asyncio.create_task(live(plain, Schedule("nope"), lambda _, came: told.append(came), lambda: NOW))
    async with asyncio.timeout(60):
        while not told:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    task.cancel()
    assert len(told) == 1
    assert not await claim(plain, "nope", LEASE, NOW + 29)
    assert await claim(plain, "nope", LEASE, NOW + 31)


def test_events_of_kubernetes_are_live():
    assert is_live("kubernetes_events")
    assert not is_live("jira")
    assert not is_live("markdown:/srv/books")


class Odd(Talking):
    async def batches(self, cursor):
        yield Batch((Document("Fine", "swedes", "u1"),), cursor=1)
        raise KeyError("id")


async def test_what_nobody_could_foresee_is_told_in_a_sentence(plain: Library):
    with pytest.raises(LibraryError, match=r"it sent what we cannot read .KeyError: 'id'"):
        await run(plain, Odd([]))
    assert (await plain.search("swedes")).passages


async def test_a_dry_run_says_what_would_be_new(plain: Library):
    first = await run(plain, Talking([]), dry=True)
    assert (first.kept.added, first.kept.same) == (1, 0)
    assert not (await plain.search("turnips")).passages
    await run(plain, Talking([]))
    again = await run(plain, Talking([]), dry=True)
    assert (again.kept.added, again.kept.same) == (0, 1)


class Numbered(Talking):
    """Goes on from its cursor: what was read once does not come again."""

    async def batches(self, cursor):
        if not cursor:
            secret = Document("Hidden", "turnips of payroll", "u2", key="2", acl="talking:payroll")
            yield Batch((Document("Listed", "turnips", "u1", key="1"), secret), cursor=1)


async def test_one_source_for_two_tenants_each_with_its_own_place_to_go_on_from(plain: Library):
    for tenant in ("T1", "T2"):
        assert (await run(plain, Numbered([]), tenant=tenant)).kept.added == 2
        assert (await run(plain, Numbered([]), tenant=tenant)).kept.added == 0
        (seen,) = await plain.search("turnips", reader=Reader(tenant))
        assert (seen.document.tenant, seen.title) == (tenant, "Listed")
    assert not (await plain.search("turnips")).passages
    (one,) = (await stats(plain)).sources
    assert (one.source, one.documents, one.ran is not None) == ("talking", 4, True)


async def test_a_label_for_what_its_source_hides_from_nobody(plain: Library):
    await run(plain, Numbered([]), label="sre")
    assert not (await plain.search("turnips")).passages
    assert [each.title for each in await plain.search("turnips", reader=Reader(labels=frozenset({"sre"})))] == [
        "Listed"
    ]
    payroll = Reader(patterns=frozenset({"talking:*"}))
    assert [each.title for each in await plain.search("turnips", reader=payroll)] == ["Hidden"]


async def titles(library: Library, reader: Reader) -> list[str]:
    return sorted(each.title for each in await library.search("turnips", reader=reader))


async def test_a_schedule_names_for_whom_its_source_is_read(plain: Library, tmp_path: Path):
    for name in ("open", "payroll"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.md").write_text(f"# Of {name}\nDelete old turnips.\n")
    told: dict[str, Progress | LibraryError] = {}
    schedules = wanted(f"markdown:{tmp_path}/open for T1, markdown:{tmp_path}/payroll for T1 label hr")
    await sync(plain, schedules, HOUR, told.__setitem__, lambda: NOW)
    assert list(told) == [str(each) for each in schedules]
    assert await titles(plain, Reader()) == await titles(plain, Reader("T2", frozenset({"hr"}))) == []
    assert await titles(plain, Reader("T1")) == ["Of open"]
    assert await titles(plain, Reader("T1", frozenset({"hr"}))) == ["Of open", "Of payroll"]
    both = wanted("twice for T1, twice for T2 label hr")
    await sync(plain, both, HOUR, told.__setitem__, lambda: NOW, {"twice": lambda: Numbered([])})
    assert "Listed" in await titles(plain, Reader("T1"))
    assert await titles(plain, Reader("T2")) == []
    assert await titles(plain, Reader("T2", frozenset({"hr"}))) == ["Listed"]


async def test_a_label_that_is_added_to_a_schedule_hides_what_was_read_before(plain: Library):
    lent = {"numbered": lambda: Numbered([])}
    told: dict[str, Progress | LibraryError] = {}
    await sync(plain, [Schedule("numbered")], HOUR, told.__setitem__, lambda: NOW, lent)
    assert await titles(plain, Reader()) == ["Listed"]
    labelled = Schedule("numbered", label="sre")
    await sync(plain, [labelled], HOUR, told.__setitem__, lambda: NOW, lent)
    assert await titles(plain, Reader()) == []
    assert await titles(plain, Reader(labels=frozenset({"sre"}))) == ["Listed"]
    await sync(plain, [labelled], HOUR, told.__setitem__, lambda: NOW + HOUR, lent)
    again = told[str(labelled)]
    assert isinstance(again, Progress)
    assert again.seen == 0, "the same label goes on from its place"


async def test_what_was_read_for_everybody_is_forgotten(plain: Library):
    for tenant in ("", "T1"):
        await run(plain, Numbered([]), tenant=tenant)
    assert await forget(plain, "talking", "") == 2
    assert await titles(plain, Reader()) == []
    assert await titles(plain, Reader("T1")) == ["Listed"]
    assert (await run(plain, Numbered([]))).kept.added == 2, "it begins anew"


class Broken(Numbered):
    async def batches(self, cursor):
        raise LibraryError("library_bad_setting", why="no token")
        yield


async def test_what_goes_wrong_for_one_workspace_is_told_though_another_was_read_later(plain: Library):
    with pytest.raises(LibraryError):
        await run(plain, Broken([]), tenant="T1", clock=lambda: NOW)
    await run(plain, Numbered([]), tenant="T2", clock=lambda: NOW + 1)
    (one,) = (await stats(plain)).sources
    assert one.error == "for T1: The library's settings are wrong: no token."
    assert (one.documents, one.ran) == (2, NOW + 1)
