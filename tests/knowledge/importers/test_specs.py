"""Every request of ours against the vendors' own descriptions, served by Prism; and what they document, read.

The descriptions carry their vendors' terms and are not part of the project: DUTYBOT_SPECS names their folder, or they
lie in `../shared/contracts/specs` beside it. A mock gives the same page again and again: pages, cursors and deletions
have fakes of ours.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from knowledge.errors import SourceAway
from knowledge.importers import Batch, Importer
from knowledge.importers.confluence import ConfluenceCloud
from knowledge.importers.jira import Jira
from knowledge.importers.zendesk import Zendesk
from knowledge.wire import Wire
from tests.fakes.http_server import Answer, Asked, serve
from tests.servers.prism_server import PrismServer
from tests.servers.programs import NotBuilt

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]
SPECS = Path(os.environ.get("DUTYBOT_SPECS") or Path(__file__).parents[3].parent / "shared" / "contracts" / "specs")
QUICK = os.environ.get("DUTYBOT_TESTS") == "quick"


@contextmanager
def mocked(name: str) -> Iterator[PrismServer]:
    description = SPECS / name
    if not description.exists():
        pytest.skip(f"the vendor's description {description} is not here (DUTYBOT_SPECS names its folder)")
    if QUICK:
        pytest.skip("DUTYBOT_TESTS=quick leaves Prism out")
    try:
        server = PrismServer(description)
    except NotBuilt as why:
        pytest.skip(str(why))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def jira() -> Iterator[PrismServer]:
    with mocked("jira-import-min.json") as server:
        yield server


@pytest.fixture(scope="module")
def confluence() -> Iterator[PrismServer]:
    with mocked("confluence-v2.json") as server:
        yield server


@pytest.fixture(scope="module")
def zendesk() -> Iterator[PrismServer]:
    with mocked("zendesk.json") as server:
        yield server


class Waits:
    """Instead of waiting, it is noted."""

    def __init__(self) -> None:
        self.all: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.all.append(seconds)


async def gathered(importer: Importer) -> list[Batch]:
    try:
        return [batch async for batch in importer.batches(None)]
    finally:
        await importer.close()


async def test_jira_cloud(jira: PrismServer):
    importer = Jira(Wire("Jira", jira.url, auth=("a", "b")), ("OPS",), cloud=True)
    assert await importer.census() == {"10002"}
    first, last = await gathered(importer)
    (ticket,) = first.documents
    assert (ticket.key, ticket.url) == ("10002", f"{jira.url}/browse/ED-1")
    assert "Main order flow broken" in ticket.text
    assert "Attachments: debuglog.txt" in ticket.text
    assert "Lorem ipsum" not in ticket.text, "a comment that only administrators may read"
    assert last.documents == ()


async def test_jira_cloud_says_that_it_is_busy(jira: PrismServer):
    waits = Waits()
    wire = Wire("Jira", jira.url, auth=("a", "b"), headers={"Prefer": "code=429"}, sleep=waits)
    with pytest.raises(SourceAway, match="429"):
        await gathered(Jira(wire, ("OPS",), cloud=True))
    assert len(waits.all) == 5


async def test_zendesk(zendesk: PrismServer):
    wire = Wire("Zendesk", zendesk.url, auth=("a/token", "b"), headers={"Accept": "application/json"})
    (batch,) = await gathered(Zendesk(wire, per_minute=600))
    (ticket,) = batch.documents
    assert ticket.title == "#35436 Help, my printer is on fire!"
    assert "Thanks for your help!" in ticket.text
    assert batch.cursor == {"after": "MTU3NjYxMzUzOS4wfHw0Njd8"}


async def test_zendesk_wants_a_start(zendesk: PrismServer):
    """The mock tells a wrong request from a right one: it is no rubber stamp."""
    async with httpx.AsyncClient(auth=("a", "b"), headers={"Accept": "application/json"}) as http:
        assert (await http.get(f"{zendesk.url}/api/v2/incremental/tickets/cursor")).status_code == 422


async def test_confluence_cloud(confluence: PrismServer):
    """The description has no `/wiki/api/v2` before its paths; its next page and a space's id are the word "string"."""

    def passed_on(asked: Asked) -> Answer:
        if asked.path.startswith("/wiki/rest/api/"):  # v1, which the description does not know
            return 200, {"restrictions": {"user": {"results": []}, "group": {"results": []}}}
        url = confluence.url + asked.path.removeprefix("/wiki/api/v2")
        json = {"Accept": "application/json"}
        reply = httpx.request(asked.method, url, params=asked.query, auth=("a", "b"), headers=json)
        assert reply.status_code == 200, reply.text
        told: Any = reply.json()
        del told["_links"]["next"]
        if asked.path.endswith("/spaces"):
            told["results"][0]["id"] = "7"
        return 200, told

    with serve(passed_on) as server:
        importer = ConfluenceCloud(Wire("Confluence", f"{server.url}/wiki"), ("string",))
        batches = await gathered(importer)
        assert {asked.query.get("status") for asked in server.asked if asked.path.endswith("/pages")} == {
            "current",
            "trashed",
            "archived",
        }
    (page,) = (document for batch in batches for document in batch.documents)
    assert (page.title, page.key, page.text) == ("string", "string", "string")
    assert [key for batch in batches for key in batch.gone] == ["string", "string"]
