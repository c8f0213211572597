"""A pretend Jira that keeps tickets: Cloud v3 search by token, Server v2 search by position, and an index that lags."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.fakes.http_server import Answer, Asked

PAGE = 10


@dataclass
class Ticket:
    id: int
    key: str
    updated: int
    """ms"""
    summary: str = "something failed"
    description: Any = "It was slow."
    comments: list[str] = field(default_factory=list)
    security: str = ""
    indexed: bool = True


class Jira:
    """`on_page` is called before each page is given: to let people work while we read."""

    def __init__(self, cloud: bool) -> None:
        self.cloud = cloud
        self.tickets: dict[int, Ticket] = {}
        self.on_page = lambda number: None
        self.pages = 0
        self.repeat_token = False
        self.restricted: set[str] = set()
        """Comments that only some may read."""
        self.odd: dict[str, Any] = {}
        """Fields that look as no documentation says."""
        self._tokens: dict[str, list[int]] = {}

    def put(self, *tickets: Ticket) -> None:
        self.tickets.update({ticket.id: ticket for ticket in tickets})

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/rest/api/3/search":
            return 410, {
                "errorMessages": ["The requested API has been removed. Please migrate to /rest/api/3/search/jql"]
            }
        if asked.path == "/rest/api/3/search/jql" and self.cloud:
            return self._by_token(asked.body)
        if asked.path == "/rest/api/2/search" and not self.cloud:
            return self._by_position(asked.query)
        if comments := re.fullmatch(r"/rest/api/[23]/issue/(\d+)/comment", asked.path):
            return self._comments(int(comments[1]), int(asked.query.get("startAt", 0)))
        return 404, {"errorMessages": ["no such thing"]}

    def _matching(self, jql: str) -> list[Ticket]:
        projects = set(re.findall(r'"(\w+)"', jql))
        first = self._since(jql) // 60_000 * 60_000  # JQL looks at minutes
        found = [
            t for t in self.tickets.values() if t.indexed and t.key.split("-")[0] in projects and t.updated >= first
        ]
        return sorted(found, key=lambda t: (t.updated, t.id))

    def _since(self, jql: str) -> int:
        """Milliseconds; a server takes dates only, and reads them in the time zone of the account, far in the west."""
        if since := re.search(r"updated >= (\d+)", jql):
            assert self.cloud, f"not documented for a server: {jql}"
            return int(since[1])
        assert not self.cloud, f"unbounded or in a date of some time zone: {jql}"
        if day := re.search(r'updated >= "([^"]+)"', jql):
            zone = timezone(timedelta(hours=-11))
            return int(datetime.strptime(day[1], "%Y-%m-%d %H:%M").replace(tzinfo=zone).timestamp() * 1000)
        return 0

    def _turn(self) -> None:
        self.pages += 1
        self.on_page(self.pages)

    def _by_token(self, body: dict[str, Any]) -> Answer:
        self._turn()
        if token := body.get("nextPageToken"):
            if token not in self._tokens:
                return 400, {"errorMessages": ["Invalid nextPageToken"]}
            ids = self._tokens[token]
        else:
            ids = [t.id for t in self._matching(body["jql"])]
        page, rest = ids[:PAGE], ids[PAGE:]
        reply: dict[str, Any] = {"issues": [self._issue(i, body.get("fields")) for i in page if i in self.tickets]}
        if rest:
            reply["nextPageToken"] = "t1" if self.repeat_token else f"t{len(self._tokens)}"
            self._tokens[reply["nextPageToken"]] = ids if self.repeat_token else rest
        return 200, reply

    def _by_position(self, query: dict[str, str]) -> Answer:
        self._turn()
        found = self._matching(query["jql"])
        start = int(query.get("startAt", 0))
        fields = query.get("fields", "").split(",")
        page = [self._issue(t.id, fields) for t in found[start : start + PAGE]]
        return 200, {"issues": page, "startAt": start, "maxResults": PAGE, "total": len(found)}

    def _issue(self, number: int, fields: Any) -> dict[str, Any]:
        ticket = self.tickets[number]
        if not fields or fields == ["id"]:
            return {"id": str(ticket.id)}
        when = datetime.fromtimestamp(ticket.updated / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
        known = {
            "summary": ticket.summary,
            "description": ticket.description,
            "updated": when,
            "status": {"name": "Done"},
            "issuetype": {"name": "Incident"},
            "project": {"key": ticket.key.split("-")[0]},
            "security": {"id": ticket.security} if ticket.security else None,
            "components": [{"name": "orders"}],
            "comment": {"comments": self._said(ticket)[:2], "total": len(ticket.comments)},
        } | self.odd
        return {"id": str(ticket.id), "key": ticket.key, "fields": {name: known.get(name) for name in fields}}

    def _said(self, ticket: Ticket) -> list[dict[str, Any]]:
        said = [{"author": {"displayName": "Ann"}, "created": "2026-01-01", "body": text} for text in ticket.comments]
        hidden = {"visibility": {"type": "role", "value": "Administrators"}}
        return [one | (hidden if one["body"] in self.restricted else {}) for one in said]

    def _comments(self, number: int, start: int) -> Answer:
        if number not in self.tickets:
            return 404, {}
        said = self._said(self.tickets[number])
        return 200, {"comments": said[start : start + 2], "startAt": start, "total": len(said)}
