"""A pretend Confluence that keeps pages: Cloud v2 by cursor, Data Center v1 by CQL, restrictions handed down."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

from tests.fakes.http_server import Answer, Asked


@dataclass
class Page:
    id: int
    title: str
    changed: float
    body: str = "<p>text</p>"
    parent: int | None = None
    status: str = "current"
    readers: list[str] = field(default_factory=list)
    version: int = 1
    space: str = "SRE"
    mute: bool = False
    """It does not tell who may read it."""


class Confluence:
    """A page of the listing holds four."""

    SIZE = 4

    def __init__(self, cloud: bool) -> None:
        self.cloud = cloud
        self.pages: dict[int, Page] = {}
        self.on_reply: Callable[[int], object] = lambda number: None
        """Called before each reply of a list: to let people write while we read."""
        self.replies = 0
        self._lists: dict[str, list[Page]] = {}

    def put(self, *pages: Page) -> None:
        self.pages.update({page.id: page for page in pages})

    def answer(self, asked: Asked) -> Answer:
        path = asked.path.removeprefix("/wiki") if self.cloud else asked.path
        if found := re.fullmatch(r"/rest/api/content/(\d+)/restriction/byOperation/read", path):
            page = self.pages.get(int(found[1]))
            return (200, {"operation": "read", **_restrictions(page)}) if page else (404, {})
        if self.cloud and path == "/api/v2/spaces":
            return 200, {
                "results": [{"id": "77", "key": key} for key in asked.query["keys"].split(",") if key == "SRE"]
            }
        if self.cloud and path == "/api/v2/pages":
            return self._listing(asked.query)
        if self.cloud and (found := re.fullmatch(r"/api/v2/pages/(\d+)", path)):
            page = self.pages.get(int(found[1]))
            return (200, self._row(page, None)) if page else (404, {})
        if not self.cloud and path == "/rest/api/content/search":
            return self._cql(asked.query)
        return 404, {"message": "no such thing"}

    def _listing(self, query: dict[str, str]) -> Answer:
        if int(query.get("limit", 25)) > 250:
            return 400, {"message": "limit"}
        if cursor := query.get("cursor"):
            if cursor not in self._lists:
                return 400, {"message": "Invalid cursor"}
            rest = self._lists[cursor]
        else:
            of = [page for page in self.pages.values() if page.status == query["status"] and page.space == "SRE"]
            rest = sorted(of, key=lambda page: -page.changed)
        now, later = rest[: self.SIZE], rest[self.SIZE :]
        links = {}
        if later:
            name = f"c{len(self._lists)}"
            self._lists[name] = later
            more = {"cursor": name, "body-format": query.get("body-format", ""), "status": query.get("status", "")}
            links = {"next": f"/wiki/api/v2/pages?{urlencode(more)}"}
        return 200, {"results": [self._row(page, query.get("body-format")) for page in now], "_links": links}

    def _row(self, page: Page, body: str | None) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": str(page.id),
            "title": page.title,
            "parentId": str(page.parent) if page.parent else None,
            "version": {"number": page.version, "createdAt": _iso(page.changed)},
            "_links": {"webui": f"/spaces/SRE/pages/{page.id}"},
        }
        return row | ({"body": {"storage": {"value": page.body}}} if body else {})

    def _cql(self, query: dict[str, str]) -> Answer:
        self.replies += 1
        self.on_reply(self.replies)
        since = re.search(r'lastmodified >= "([^"]+)"', query["cql"])
        assert since
        account = timezone(timedelta(hours=-11))  # dates are read in the time zone of the account
        first = datetime.strptime(since[1], "%Y/%m/%d %H:%M").replace(tzinfo=account).timestamp()
        asked = [page for page in self.pages.values() if f'"{page.space}"' in query["cql"]]
        found = [page for page in asked if page.status == "current" and page.changed >= first]
        found.sort(key=lambda page: page.changed)
        start = int(query["start"])
        rows = [
            {
                "id": str(page.id),
                "title": page.title,
                "body": {"storage": {"value": page.body}},
                "version": {"number": page.version, "when": _iso(page.changed)},
                "ancestors": [{"id": str(one)} for one in self._above(page)],
                "restrictions": {"read": _restrictions(page)},
                "_links": {"webui": f"/display/SRE/{page.id}"},
            }
            for page in found[start : start + self.SIZE]
        ]
        links = {"next": "/rest/api/content/search?more"} if start + self.SIZE < len(found) else {}
        return 200, {"results": rows, "start": start, "limit": self.SIZE, "size": len(rows), "_links": links}

    def _above(self, page: Page) -> list[int]:
        above: list[int] = []
        while page.parent:
            above.append(page.parent)
            page = self.pages[page.parent]
        return above


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def _restrictions(page: Page) -> dict[str, Any]:
    if page.mute:
        return {}
    users = [{"username": name} for name in page.readers]
    return {"restrictions": {"user": {"results": users, "size": len(users)}, "group": {"results": [], "size": 0}}}
