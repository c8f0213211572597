"""Sources that send half a reply, or other kinds of things than they say: it is told, and nothing is lost."""

import copy
import itertools
import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from knowledge import Library
from knowledge.errors import LibraryError
from knowledge.importers.confluence import ConfluenceCloud, ConfluenceServer
from knowledge.importers.jira import Jira
from knowledge.importers.zendesk import Zendesk
from knowledge.importing import run
from knowledge.tables import documents
from knowledge.wire import Wire
from tests.fakes import confluence_server, jira_server
from tests.fakes.http_server import Asked
from tests.knowledge.importers.test_confluence import pages
from tests.knowledge.importers.test_jira import NOW, tickets
from tests.knowledge.importers.test_zendesk import Desk

pytestmark = pytest.mark.slow

COUNT = 9
DEEP: list = []
for _ in range(200):
    DEEP = [DEEP]
JUNK = [None, 0, -1, 3.5, 10**30, float("inf"), float("nan"), True, [], {}, [None], [[]], {"id": None}, DEEP]
JUNK += ["", "x", "\ud800", "a\u0000b", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "long " * 40_000]
WHOLE = [b"", b"null", b"7", b"[]", b"{}", b"{", b"<html>", b"\xff\xfe", b"[" * 60_000, b'"text"', b"NaN"]
MORE = {"nextPageToken", "isLast", "_links", "total"}
"""Who says that there is no more where there is, or nothing, cannot be seen through."""
LISTS = {"issues", "results", "tickets"}
NUMBER = itertools.count()


def desk(name):
    """What answers, and what makes the importer that asks it."""
    if name.startswith("jira"):
        cloud = name == "jira cloud"
        there = jira_server.Jira(cloud)
        there.put(*tickets(COUNT))
        return there, lambda wire: Jira(wire, ("OPS",), cloud, clock=lambda: NOW)
    if name.startswith("confluence"):
        cloud = name == "confluence cloud"
        there = confluence_server.Confluence(cloud)
        there.put(*pages(COUNT))
        return there, lambda wire: (ConfluenceCloud if cloud else ConfluenceServer)(wire, ("SRE",), clock=lambda: NOW)
    there = Desk()
    for number in range(1, COUNT + 1):
        there.change(number)
    return there, lambda wire: Zendesk(wire, per_minute=10**9)


def places(found, path=()):
    """Every place in a reply."""
    yield path
    for name, value in (
        found.items() if isinstance(found, dict) else enumerate(found if isinstance(found, list) else ())
    ):
        yield from places(value, (*path, name))


def place_of(body, where):
    path = list(places(body))[1:]
    return path[where % len(path)] if path else ()


def broken(body, where, junk):
    """The reply with something else in one place; `places`: nothing there."""
    whole, path = copy.deepcopy(body), place_of(body, where)
    if not path:
        return whole
    *above, last = path
    inside = whole
    for name in above:
        inside = inside[name]
    if junk is places:
        del inside[last]
    else:
        inside[last] = junk
    return whole


def answering(there, spoil):
    """As the wire sees it; `spoil` makes the body of the n-th reply."""
    count = itertools.count()

    async def answer(request):
        query = dict(httpx.QueryParams(request.url.query.decode()))
        body = json.loads(request.content) if request.content else None
        try:
            status, told = there.answer(Asked(request.method, request.url.path, query, body, {}))
        except (ValueError, KeyError, IndexError):
            status, told = 400, {"error": "no such place"}
        return httpx.Response(status, content=spoil(next(count), told), headers={"content-type": "application/json"})

    return httpx.MockTransport(answer)


def whole(_, told):
    return json.dumps(told).encode()


async def bring(library, there, make, spoil, tenant, seen):
    async def patient(_):
        return None

    async def told(progress):
        seen.append(progress.odd)

    base = "/wiki" if isinstance(there, confluence_server.Confluence) and there.cloud else ""
    wire = Wire("It", f"http://source.test{base}", sleep=patient, transport=answering(there, spoil))
    await run(library, make(wire), clock=lambda: NOW, tenant=tenant, told=told)


async def tried(library, name, spoil):
    there, make = desk(name)
    tenant, odd, said = f"t{next(NUMBER)}", [0], ""
    try:
        await bring(library, there, make, spoil, tenant, odd)
    except LibraryError as error:
        said = str(error)
        assert 10 < len(said) < 600
        assert "\n" not in said
        assert "Traceback" not in said
    await bring(library, there, make, whole, tenant, [])  # it is well again: from where it stopped, to the end
    query = select(documents.c.key).where(documents.c.tenant == tenant)
    async with library.records.engine.connect() as connection:
        kept = set((await connection.execute(query)).scalars()) & {str(number) for number in range(1, COUNT + 1)}
    return odd[-1], said, len(kept)


ALL = pytest.mark.parametrize("name", ["jira cloud", "jira server", "confluence cloud", "confluence server", "zendesk"])
MANY = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@ALL
@MANY
@given(st.integers(0, 3), st.integers(0, 400), st.sampled_from([places, *JUNK]))
async def test_one_thing_of_another_kind_is_left_out_or_told(plain: Library, name, nth, where, junk):
    lied = set()

    def spoil(number, told):
        if number == nth:
            lied.update((MORE | (LISTS if isinstance(junk, list) else set())) & set(place_of(told, where)))
        return json.dumps(broken(told, where, junk) if number == nth else told).encode()

    odd, said, kept = await tried(plain, name, spoil)
    assert lied or kept + odd + 1 >= COUNT, said  # a ticket whose own number was taken is another one


@ALL
@MANY
@given(st.integers(0, 6), st.integers(0, 10), st.sampled_from([None, *WHOLE]))
async def test_a_reply_that_is_none_is_told_and_nothing_is_lost(plain: Library, name, nth, tenths, body):
    def spoil(number, told):
        good = json.dumps(told).encode()
        if number < nth:
            return good
        return good[: len(good) * tenths // 10] if body is None else body

    odd, _, kept = await tried(plain, name, spoil)
    assert kept + odd >= COUNT


@ALL
@pytest.mark.parametrize("junk", JUNK, ids=lambda each: str(each)[:12])
async def test_many_odd_rows_are_no_rows(plain: Library, name, junk):
    """Everything below the list of rows is of another kind."""

    def spoil(_, told):
        return json.dumps({key: [junk] * 8 if key in LISTS else value for key, value in told.items()}).encode()

    _, _, kept = await tried(plain, name, spoil)
    assert kept == COUNT
