"""Against another's fake: jira820, a Jira Data Center 8.20 and its Confluence, by people who do not know us."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from knowledge import Library
from knowledge.importers.confluence import ConfluenceServer
from knowledge.importers.jira import Jira
from knowledge.importing import run
from knowledge.tables import documents
from knowledge.wire import Wire

jira820 = pytest.importorskip("jira820")
PROJECT = "JIRA820"


@pytest.fixture(scope="module")
def application() -> Any:
    return jira820.make_app()


class Inside(httpx.AsyncBaseTransport):
    """The application in this process. It knows no restrictions of pages, and nothing restricts them."""

    def __init__(self, application: Any) -> None:
        self._inside = httpx.ASGITransport(app=application)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "/restriction/" in request.url.path:
            return httpx.Response(200, json={"restrictions": {"user": {"results": []}, "group": {"results": []}}})
        return await self._inside.handle_async_request(request)


@pytest.fixture
def wire(application: Any) -> Callable[[str], Wire]:
    return lambda source: Wire(source, "http://jira.test", transport=Inside(application))


async def kept(library: Library, source: str) -> dict[str, Any]:
    async with library.records.engine.connect() as connection:
        rows = await connection.execute(select(documents).where(documents.c.source == source))
        return {row.key: row for row in rows}


async def there(application: Any, path: str, **asked: Any) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://jira.test") as http:
        found: dict[str, Any] = (await http.get(path, params=asked)).json()
        return found


async def test_all_tickets_of_a_data_center(plain: Library, wire: Callable[[str], Wire], application: Any):
    total = (await there(application, "/rest/api/2/search", maxResults=1))["total"]
    done = await run(plain, Jira(wire("Jira"), (PROJECT,), cloud=False))
    assert (done.seen, done.total) == (total, total)
    rows = await kept(plain, f"jira:{PROJECT}")
    assert len(rows) == total
    one = next(iter(rows.values()))
    assert one.title.startswith(f"{PROJECT}-")
    assert one.url == f"http://jira.test/browse/{one.title.split()[0]}"
    assert one.updated
    assert Counter(row.kind for row in rows.values()) == {"ticket": total}
    again = await run(plain, Jira(wire("Jira"), (PROJECT,), cloud=False))
    assert (again.kept.added, again.kept.changed, again.gone) == (0, 0, 0)


async def test_pages_of_a_data_center(plain: Library, wire: Callable[[str], Wire], application: Any):
    found = await there(application, "/rest/api/content/search", cql="type = page", limit=100)
    spaces = tuple(sorted({row["space"]["key"] for row in found["results"] if "space" in row})) or ("PMO",)
    done = await run(plain, ConfluenceServer(wire("Confluence"), spaces))
    rows = await kept(plain, f"confluence:{','.join(spaces)}")
    assert done.kept.added == len(rows) > 0
    assert all(row.text.strip() and "<p>" not in row.text for row in rows.values())
    assert len(rows) == len({row["id"] for row in found["results"]})
    assert (await plain.search("ingestion lag alert stays firing")).passages
