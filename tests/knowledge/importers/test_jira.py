"""Jira as it really behaves: an index that lags, tickets that move or go, a server that is busy or breaks off."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from knowledge import Library
from knowledge.errors import BadSource, SourceAway
from knowledge.importers.jira import Jira
from knowledge.importing import CENSUS_EVERY, Progress, run
from knowledge.tables import cursors, documents
from knowledge.wire import Wire
from tests.fakes import jira_server as fake
from tests.fakes.http_server import Fault, HttpServer, serve

NOW = 1_790_000_000.0
MINUTE = 60_000
BOTH = pytest.mark.parametrize("cloud", [True, False], ids=["cloud", "server"])


class Desk:
    """A pretend Jira, its server, and a clock of ours."""

    def __init__(self, cloud: bool, server: HttpServer, jira: fake.Jira) -> None:
        self.cloud, self.server, self.jira = cloud, server, jira
        self.now = NOW
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)

    def importer(self, **more: Any) -> Jira:
        wire = Wire("Jira", self.server.url, sleep=self.sleep)
        return Jira(wire, ("OPS",), self.cloud, clock=lambda: self.now, **more)

    async def bring(self, library: Library, **more: Any) -> Progress:
        return await run(library, self.importer(), clock=lambda: self.now, **more)


@pytest.fixture
async def desk(cloud: bool) -> AsyncIterator[Desk]:
    jira = fake.Jira(cloud)
    with serve(jira.answer) as server:
        yield Desk(cloud, server, jira)


def tickets(count: int, first: int = 1) -> list[fake.Ticket]:
    start = int(NOW * 1000) - 100 * 86_400_000
    return [fake.Ticket(i, f"OPS-{i}", start + i * MINUTE, f"ticket number{i}") for i in range(first, first + count)]


async def keys(library: Library) -> set[str]:
    async with library.records.engine.connect() as connection:
        return set((await connection.execute(select(documents.c.key))).scalars())


@BOTH
async def test_all_pages_and_nothing_twice(desk: Desk, plain: Library):
    desk.jira.put(*tickets(37))
    first = await desk.bring(plain)
    assert (first.kept.added, first.seen) == (37, 37)
    again = await desk.bring(plain)
    assert (again.kept.added, again.kept.changed) == (0, 0)
    found = await plain.search("number17")
    assert found.passages[0].url.endswith("/browse/OPS-17")


@BOTH
async def test_what_the_index_shows_late_is_found_by_the_next_run(desk: Desk, plain: Library):
    late = fake.Ticket(99, "OPS-99", int(NOW * 1000) - 2 * MINUTE, indexed=False)
    desk.jira.put(*tickets(5), late, fake.Ticket(98, "OPS-98", int(NOW * 1000) - MINUTE))
    await desk.bring(plain)
    assert "99" not in await keys(plain)
    late.indexed = True
    desk.now += 600
    await desk.bring(plain)
    assert "99" in await keys(plain)


@BOTH
async def test_tickets_that_change_while_we_read_push_none_off_the_page(desk: Desk, plain: Library):
    desk.jira.put(*tickets(35))

    def touch(page: int) -> None:
        if page == 2:
            for number in (1, 2, 3):
                desk.jira.tickets[number].updated = int(NOW * 1000) - 5 * MINUTE

    desk.jira.on_page = touch
    await desk.bring(plain)
    assert await keys(plain) == {str(i) for i in range(1, 36)}


@BOTH
async def test_many_tickets_of_one_moment(desk: Desk, plain: Library):
    for ticket in tickets(35):
        ticket.updated = int(NOW * 1000) - 86_400_000
        desk.jira.put(ticket)
    await desk.bring(plain)
    assert len(await keys(plain)) == 35


@BOTH
async def test_busy_and_it_says_how_long(desk: Desk, plain: Library):
    desk.jira.put(*tickets(3))
    reason = {"retry-after": "17", "ratelimit-reason": "jira-burst-based"}
    desk.server.faults.append(Fault("status", 429, reason))
    desk.server.faults.append(Fault("status", 503, {"retry-after": "3"}))
    assert (await desk.bring(plain)).seen == 3
    assert desk.waited == [17.0, 3.0]


@BOTH
@pytest.mark.parametrize("fault", [Fault("half"), Fault("drop"), Fault("status", 502)], ids=["half", "drop", "502"])
async def test_a_reply_that_breaks_off_is_asked_for_again(desk: Desk, plain: Library, fault: Fault):
    desk.jira.put(*tickets(12))
    desk.server.faults.append(fault)
    assert (await desk.bring(plain)).seen == 12


@BOTH
async def test_cut_short_it_goes_on_from_where_it_was(desk: Desk, plain: Library):
    desk.jira.put(*tickets(60))
    for ticket in desk.jira.tickets.values():
        ticket.updated = int(NOW * 1000) - (100 - ticket.id) * 86_400_000 // 2

    def die(page: int) -> None:
        if page == 4:
            desk.server.faults.extend([Fault("status", 500)] * 20)

    desk.jira.on_page = die
    with pytest.raises(SourceAway, match="goes on from where it stopped"):
        await desk.bring(plain)
    assert 30 < len(await keys(plain)) <= 40
    async with plain.records.engine.connect() as connection:
        assert "did not answer" in (await connection.execute(select(cursors.c.error))).scalar_one()
    desk.server.faults.clear()
    desk.jira.on_page = lambda page: None
    rest = await desk.bring(plain)
    assert len(await keys(plain)) == 60
    assert rest.seen <= 30


@BOTH
async def test_deleted_and_moved_tickets_go_at_the_next_census(desk: Desk, plain: Library):
    desk.jira.put(*tickets(30))
    await desk.bring(plain)
    del desk.jira.tickets[3]
    desk.jira.tickets[4].key = "SRE-1"
    desk.now += CENSUS_EVERY + 1
    assert (await desk.bring(plain)).gone == 2
    assert {"3", "4"} & await keys(plain) == set()


@BOTH
async def test_a_new_key_is_the_same_ticket(desk: Desk, plain: Library):
    desk.jira.put(*tickets(2))
    await desk.bring(plain)
    desk.jira.tickets[1].key = "OPS-777"
    desk.jira.tickets[1].updated = int(NOW * 1000)
    desk.now += 60
    assert (await desk.bring(plain)).kept.changed == 1
    assert len(await keys(plain)) == 2


@BOTH
async def test_when_nearly_all_is_gone_nothing_is_removed(desk: Desk, plain: Library):
    desk.jira.put(*tickets(30))
    await desk.bring(plain)
    for number in range(1, 21):
        del desk.jira.tickets[number]
    desk.now += CENSUS_EVERY + 1
    with pytest.raises(SourceAway, match="20 of 30"):
        await desk.bring(plain)
    assert len(await keys(plain)) == 30
    assert (await desk.bring(plain, accept_removals=True)).gone == 20


@BOTH
async def test_all_comments_and_only_for_those_who_may_see(desk: Desk, plain: Library):
    desk.jira.put(fake.Ticket(1, "OPS-1", 1, comments=[f"remark{i}" for i in range(7)], security="10010"))
    desk.jira.tickets[1].updated = int(NOW * 1000) - MINUTE
    await desk.bring(plain)
    async with plain.records.engine.connect() as connection:
        row = (await connection.execute(select(documents))).one()
    assert all(f"remark{i}" in row.text for i in range(7))
    assert row.acl == "jira:OPS:10010"
    assert (await plain.search("remark3")).nothing_fits


@BOTH
async def test_a_dry_run_changes_nothing(desk: Desk, plain: Library):
    desk.jira.put(*tickets(12))
    assert (await desk.bring(plain, dry=True)).seen == 12
    assert await keys(plain) == set()
    assert (await desk.bring(plain)).kept.added == 12


@BOTH
async def test_a_wrong_token_is_said_at_once(desk: Desk, plain: Library):
    desk.server.faults.append(Fault("status", 401))
    with pytest.raises(BadSource, match="refused us"):
        await desk.bring(plain)
    assert desk.waited == []


@pytest.mark.parametrize("cloud", [True])
async def test_a_token_that_comes_again_ends_the_run(desk: Desk, plain: Library):
    desk.jira.put(*tickets(25))
    desk.jira.repeat_token = True
    assert (await desk.bring(plain)).seen <= 40


@pytest.mark.parametrize("cloud", [True])
async def test_only_what_is_young_enough(desk: Desk, plain: Library):
    desk.jira.put(*tickets(5), fake.Ticket(50, "OPS-50", int(NOW * 1000) - 86_400_000))
    await run(plain, desk.importer(since_days=7), clock=lambda: desk.now)
    assert await keys(plain) == {"50"}


@BOTH
async def test_a_comment_that_only_some_may_read_stays_out(desk: Desk, plain: Library):
    desk.jira.put(*tickets(1))
    desk.jira.tickets[1].comments = ["the cache was cold", "salaries of the night shift"]
    desk.jira.restricted.add("salaries of the night shift")
    await desk.bring(plain)
    assert (await plain.search("cache cold")).passages
    assert (await plain.search("salaries night shift")).nothing_fits


@BOTH
@pytest.mark.parametrize("odd", [None, [], "text", 7, {"comments": "none"}, {"total": "many"}])
async def test_fields_of_an_odd_shape_lose_no_ticket(desk: Desk, plain: Library, odd: Any):
    desk.jira.put(*tickets(1))
    desk.jira.odd = dict.fromkeys(("comment", "status", "components", "project", "security", "attachment"), odd)
    assert (await desk.bring(plain)).kept.added == 1


@pytest.mark.parametrize("cloud", [True])
async def test_a_page_token_that_ends_on_the_way(desk: Desk, plain: Library):
    """It holds for seven days at most; where we go on from is never a token, so nothing is lost."""
    desk.jira.put(*tickets(35))
    desk.jira.on_page = lambda page: desk.jira.forget_tokens() if page == 3 else None
    with pytest.raises(BadSource, match="Invalid nextPageToken"):
        await desk.bring(plain)
    assert len(await keys(plain)) == 20
    desk.jira.on_page = lambda page: None
    await desk.bring(plain)
    assert len(await keys(plain)) == 35


@BOTH
@pytest.mark.parametrize("header", ["7", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", ""])
async def test_away_for_a_while_with_or_without_a_time(desk: Desk, plain: Library, header: str):
    desk.jira.put(*tickets(3))
    desk.server.faults.extend([Fault("status", 503, {"retry-after": header} if header else {})] * 3)
    assert (await desk.bring(plain)).kept.added == 3
    assert (7.0 in desk.waited) == (header == "7")


@pytest.mark.parametrize("cloud", [False])
async def test_a_ticket_that_slips_between_two_pages_of_a_server_is_still_read(desk: Desk, plain: Library):
    """Many change at once: positions shift by more than the pages overlap."""
    desk.jira.put(*tickets(40))

    def work(page: int) -> None:
        if page == 2:
            for number in range(1, 9):
                desk.jira.tickets[number].updated = int(NOW * 1000) - number

    desk.jira.on_page = work
    await desk.bring(plain)
    assert len(await keys(plain)) == 40


@BOTH
@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_ends_on_the_way(desk: Desk, plain: Library, status: int):
    desk.jira.put(*tickets(35))
    desk.jira.on_page = lambda page: desk.server.faults.append(Fault("status", status)) if page == 2 else None
    with pytest.raises(BadSource, match="Check the token"):
        await desk.bring(plain)
    assert 10 < len(await keys(plain)) <= 20
    desk.jira.on_page = lambda page: None
    await desk.bring(plain)
    assert len(await keys(plain)) == 35
