"""Confluence as it really behaves: short pages, restrictions from above, pages that go to the bin."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from knowledge import Library
from knowledge.errors import BadSource
from knowledge.importers.confluence import ConfluenceCloud, ConfluenceServer
from knowledge.importing import CENSUS_EVERY, Progress, run
from knowledge.tables import documents
from knowledge.wire import Wire
from tests.fakes import confluence_server as fake
from tests.fakes.http_server import Fault, HttpServer, serve

NOW = 1_790_000_000.0
DAY = 86_400.0
BOTH = pytest.mark.parametrize("cloud", [True, False], ids=["cloud", "server"])


class Desk:
    """A pretend Confluence, its server, and a clock of ours."""

    def __init__(self, server: HttpServer, wiki: fake.Confluence) -> None:
        self.server, self.wiki, self.now = server, wiki, NOW
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def bring(self, library: Library, spaces: tuple[str, ...] = ("SRE",), **more: Any) -> Progress:
        wire = Wire("Confluence", self.server.url + ("/wiki" if self.wiki.cloud else ""), sleep=self.sleep)
        kind = ConfluenceCloud if self.wiki.cloud else ConfluenceServer
        return await run(library, kind(wire, spaces, clock=lambda: self.now), clock=lambda: self.now, **more)


@pytest.fixture
async def desk(cloud: bool) -> AsyncIterator[Desk]:
    wiki = fake.Confluence(cloud)
    with serve(wiki.answer) as server:
        yield Desk(server, wiki)


def pages(count: int) -> list[fake.Page]:
    return [fake.Page(i, f"Page {i}", NOW - 100 * DAY + i * 3600, f"<p>about part{i}</p>") for i in range(1, count + 1)]


async def keys(library: Library) -> set[str]:
    async with library.records.engine.connect() as connection:
        return set((await connection.execute(select(documents.c.key))).scalars())


@BOTH
async def test_all_pages_though_each_reply_holds_few(desk: Desk, plain: Library):
    desk.wiki.put(*pages(11))
    assert (await desk.bring(plain)).kept.added == 11
    found = await plain.search("part7")
    assert found.passages[0].title == "Page 7"
    assert found.passages[0].url.startswith("http://127.0.0.1")


@BOTH
async def test_a_page_of_which_is_not_told_who_may_read_it_is_left_out_and_what_is_below_it_too(
    desk: Desk, plain: Library
):
    desk.wiki.put(*pages(6))
    desk.wiki.pages[2].mute, desk.wiki.pages[5].parent = True, 2
    kept = await desk.bring(plain)
    assert await keys(plain) == {"1", "3", "4", "6"}
    assert kept.odd == 2


@BOTH
async def test_the_next_run_reads_only_what_changed(desk: Desk, plain: Library):
    desk.wiki.put(*pages(20))
    await desk.bring(plain)
    desk.wiki.pages[2].body, desk.wiki.pages[2].changed = "<p>now about turnips</p>", NOW + 60
    desk.now += 3600
    second = await desk.bring(plain)
    assert (second.kept.changed, second.kept.added) == (1, 0)
    assert second.seen < 8
    assert (await plain.search("turnips")).passages


@BOTH
async def test_restricted_pages_and_those_under_them_are_not_read(desk: Desk, plain: Library):
    secret = fake.Page(50, "Salaries", NOW - DAY, readers=["boss"])
    desk.wiki.put(
        *pages(3),
        secret,
        fake.Page(51, "Child", NOW - DAY + 1, parent=50),
        fake.Page(52, "Grandchild", NOW - DAY + 2, parent=51),
    )
    await desk.bring(plain)
    assert await keys(plain) == {"1", "2", "3"}


@BOTH
async def test_what_is_far_below_a_restricted_page_stays_out_though_it_alone_changed(desk: Desk, plain: Library):
    desk.wiki.put(
        fake.Page(50, "Salaries", NOW - 90 * DAY, readers=["boss"]),
        fake.Page(51, "Child", NOW - 90 * DAY, parent=50),
        fake.Page(52, "Grandchild", NOW - 90 * DAY, parent=51),
        *pages(12),
    )
    await desk.bring(plain)
    desk.now += 3600
    desk.wiki.pages[52].body, desk.wiki.pages[52].changed = "<p>secret turnips</p>", desk.now - 60
    await desk.bring(plain)
    assert "52" not in await keys(plain)


@pytest.mark.slow
@pytest.mark.parametrize("cloud", [True])
@pytest.mark.parametrize("forgotten", [False, True], ids=["goes on", "place forgotten"])
async def test_cut_short_it_goes_on_where_it_was(desk: Desk, plain: Library, forgotten: bool):
    desk.wiki.put(*pages(30))

    class Cut(Exception):
        pass

    async def told(progress: Progress) -> None:
        if progress.seen >= 12:
            raise Cut

    with pytest.raises(Cut):
        await desk.bring(plain, told=told)
    assert len(await keys(plain)) == 12
    if forgotten:
        desk.wiki._lists.clear()
    desk.wiki.pages[3].body, desk.wiki.pages[3].changed = "<p>now about turnips</p>", NOW + 30
    desk.now += 3600
    again = await desk.bring(plain)
    assert again.seen == (30 if forgotten else 18)
    assert len(await keys(plain)) == 30
    desk.now += 3600
    await desk.bring(plain)
    assert (await plain.search("turnips")).passages, "what changed meanwhile moved above the place"


@BOTH
async def test_a_page_restricted_later_is_forgotten(desk: Desk, plain: Library):
    desk.wiki.put(*pages(12))
    await desk.bring(plain)
    desk.wiki.pages[5].readers = ["boss"]
    desk.now += CENSUS_EVERY + 1
    assert (await desk.bring(plain)).gone == 1
    assert "5" not in await keys(plain)


@BOTH
@pytest.mark.parametrize("status", ["trashed", "archived", "deleted"])
async def test_a_page_in_the_bin_is_forgotten(desk: Desk, plain: Library, status: str):
    desk.wiki.put(*pages(12))
    await desk.bring(plain)
    desk.wiki.pages[5].status = status
    desk.now += CENSUS_EVERY + 1
    assert (await desk.bring(plain)).gone == 1
    assert "5" not in await keys(plain)


@BOTH
async def test_a_page_that_moved_to_another_space_is_forgotten(desk: Desk, plain: Library):
    desk.wiki.put(*pages(12))
    await desk.bring(plain)
    desk.wiki.pages[5].space = "PRIVATE"
    desk.now += CENSUS_EVERY + 1
    assert (await desk.bring(plain)).gone == 1
    assert "5" not in await keys(plain)


@BOTH
@pytest.mark.parametrize("fault", [Fault("half"), Fault("drop"), Fault("status", 429, {"retry-after": "2"})])
async def test_faults_on_the_way_lose_nothing(desk: Desk, plain: Library, fault: Fault):
    desk.wiki.put(*pages(9))
    desk.server.faults.extend([fault, fault])
    assert (await desk.bring(plain)).kept.added == 9


@pytest.mark.parametrize("cloud", [True])
async def test_a_space_that_is_not_there_is_named(desk: Desk, plain: Library):
    with pytest.raises(BadSource, match="no space NOPE"):
        await desk.bring(plain, spaces=("NOPE",))


async def test_without_a_space_nothing_is_read():
    with pytest.raises(BadSource, match="name its spaces"):
        ConfluenceCloud(Wire("Confluence", "https://x.atlassian.net/wiki"), ())


@pytest.mark.parametrize("cloud", [True])
async def test_a_link_to_elsewhere_is_not_followed(desk: Desk, plain: Library):
    desk.wiki.put(*pages(9))
    honest = desk.wiki.answer

    def lured(asked: Any) -> Any:
        status, body = honest(asked)
        if body.get("_links", {}).get("next"):
            body["_links"]["next"] = "https://evil.example/steal"
        return status, body

    desk.server.answer = lured
    with pytest.raises(BadSource, match="points us to"):
        await desk.bring(plain)


@pytest.mark.slow
@pytest.mark.parametrize("cloud", [False])
@pytest.mark.parametrize("many", [1, 8])
async def test_a_page_that_slips_between_two_replies_of_a_server_is_still_read(desk: Desk, plain: Library, many: int):
    """Who writes in a page moves it to the end of the list, and all that follow one place forward."""
    desk.wiki.put(*pages(30))

    def write(reply: int) -> None:
        if reply == 4:
            for number in range(1, 1 + many):
                desk.wiki.pages[number].changed = NOW + number

    desk.wiki.on_reply = write
    await desk.bring(plain)
    assert await keys(plain) == {str(number) for number in range(1, 31)}


@BOTH
@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_ends_on_the_way(desk: Desk, plain: Library, status: int):
    """What was read is kept; once there is a new token, the rest is read as well."""
    desk.wiki.put(*pages(12))
    honest, lists = desk.wiki.answer, 0

    def ended(asked: Any) -> Any:
        nonlocal lists
        lists += asked.path.endswith(("/pages", "/search"))
        return (status, {}) if lists > 2 else honest(asked)

    desk.server.answer = ended
    with pytest.raises(BadSource, match="Check the token"):
        await desk.bring(plain)
    assert 4 <= len(await keys(plain)) < 12
    assert desk.waited == [], "to ask again would lock the account"
    desk.server.answer = honest
    await desk.bring(plain)
    assert len(await keys(plain)) == 12
