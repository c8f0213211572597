"""Tickets of Jira: Cloud (REST v3) and Server or Data Center (REST v2)."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from knowledge.errors import BadSource
from knowledge.importers import JSON, Batch, readable
from knowledge.importers.fields import id_of, key_of, moment, rows_of
from knowledge.importers.settings import JiraSettings
from knowledge.importers.since import days_of
from knowledge.markup import adf_to_markdown, wiki_to_markdown
from knowledge.passage import Document
from knowledge.wire import Wire

FIELDS = (
    "summary,description,comment,status,resolution,labels,components,updated,issuetype,priority,security,project,"
    "attachment"
)
OVERLAP = 15 * 60_000  # ms: the search index of Jira lags behind
PAGE = 100
MOST_COMMENTS = 200
TIME_ZONES = 26 * 3600
OVERLAPPING = 3  # tickets of two neighbouring pages of a server
SWEEPS = 4


class Jira:
    """Reads tickets in the order of their last change. What two runs both see costs nothing: it is skipped."""

    def __init__(
        self,
        wire: Wire,
        projects: tuple[str, ...],
        cloud: bool,
        since_days: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not projects or not all(key.replace("_", "").isalnum() for key in projects):
            raise BadSource(
                "import_bad_source", source="Jira", why="name its projects: --project OPS, or JIRA_PROJECTS"
            )
        self.source = f"jira:{','.join(projects)}"
        self._wire = wire
        self._projects = projects
        self._cloud = cloud
        self._since = since_days
        self._clock = clock

    async def close(self) -> None:
        await self._wire.close()

    def _jql(self, since: int) -> str:
        names = ", ".join(f'"{key}"' for key in self._projects)
        if self._cloud:  # a bare date would be read in the time zone of the account, so the moment is in milliseconds
            return f"project in ({names}) AND updated >= {since} ORDER BY updated ASC, key ASC"
        if not since:
            return f"project in ({names}) ORDER BY updated ASC, id ASC"
        # servers document dates only: a day and more before, in whichever time zone it is read
        day = datetime.fromtimestamp(since / 1000 - TIME_ZONES, UTC).strftime("%Y-%m-%d %H:%M")
        return f'project in ({names}) AND updated >= "{day}" ORDER BY updated ASC, id ASC'

    async def batches(self, cursor: JSON) -> AsyncIterator[Batch]:
        """The next run begins a little before this one did: what Jira had not indexed yet is found then."""
        began = int(self._clock() * 1000)
        first = began - int(self._since * 86_400_000) if self._since is not None else 0
        since = max(int(cursor["since"]) if isinstance(cursor, dict) and "since" in cursor else 0, first)  # type: ignore[arg-type]
        pages = self._cloud_pages(since, FIELDS) if self._cloud else self._server_pages(since, FIELDS)
        reached = since
        async for page, total in pages:
            documents, odd = await readable(page, self._document)
            stamps = [int(one.updated.timestamp() * 1000) for one in documents if one.updated]
            reached = max([reached, *stamps])
            at = max(since, min(reached, began) - OVERLAP)
            yield Batch(documents, cursor={"since": at}, total=total, odd=odd)
        yield Batch(cursor={"since": began - OVERLAP})

    async def _cloud_pages(self, since: int, fields: str) -> AsyncIterator[tuple[list[dict[str, Any]], int | None]]:
        token, seen, last = None, set[str](), None
        while True:
            asked = {"jql": self._jql(since), "fields": fields.split(","), "maxResults": PAGE}
            page = await self._wire.json(
                "POST", "/rest/api/3/search/jql", json=asked | ({"nextPageToken": token} if token else {})
            )
            issues = rows_of(page, "issues")
            if issues:
                yield issues, None
            token = page.get("nextPageToken")
            if not issues or not token or token in seen or issues == last or page.get("isLast") is True:
                if issues and not token and page.get("isLast") is False:
                    raise ValueError("it says that there is more, and not where")
                return
            seen.add(token)
            last = issues

    async def _server_pages(self, since: int, fields: str) -> AsyncIterator[tuple[list[dict[str, Any]], int | None]]:
        """By position. Positions shift while people work: pages overlap, and if the count tells of more, all again."""
        seen = set[str]()
        for _ in range(SWEEPS):
            before, total = len(seen), 0
            async for issues, total in self._sweep(since, fields):
                fresh = [issue for issue in issues if not id_of(issue) or id_of(issue) not in seen]
                seen.update(map(id_of, fresh))
                if wanted := [issue for issue in fresh if _young(issue, since)]:
                    yield wanted, None if since else total
            if len(seen) >= total or len(seen) == before:
                return

    async def _sweep(self, since: int, fields: str) -> AsyncIterator[tuple[list[dict[str, Any]], int]]:
        start, jql, last = 0, self._jql(since), None
        while True:
            asked = {"jql": jql, "fields": fields, "maxResults": PAGE, "startAt": start}
            page = await self._wire.json("GET", "/rest/api/2/search", params=asked)
            issues, total = rows_of(page, "issues"), page["total"]
            if (issues and start + len(issues) > int(total)) or (not issues and not start and int(total)):
                raise ValueError(f"it says that there are {total}, and sends others")
            yield issues, total
            if not issues or start + len(issues) >= total or issues == last:  # who sends the same again has no more
                return
            last = issues
            start += max(1, len(issues) - OVERLAPPING)

    async def census(self) -> frozenset[str] | None:
        """Jira says nothing of what was deleted, so all numbers are asked for."""
        pages = self._cloud_pages(0, "updated") if self._cloud else self._server_pages(0, "updated")
        return frozenset([str(issue["id"]) async for page, _ in pages for issue in page])

    async def _document(self, issue: Mapping[str, Any]) -> Document:
        fields = issue.get("fields") or {}
        comments = await self._comments(issue, fields)
        body = self._text(fields.get("description"))
        parts = [f"{_name(fields, 'issuetype') or 'Ticket'} {issue['key']}: {_state(fields)}", body]
        if files := ", ".join(str(one["filename"]) for one in _rows(fields.get("attachment")) if one.get("filename")):
            parts.append(f"Attachments: {files}")
        for comment in comments:
            author = _part(comment, "author").get("displayName", "someone")
            parts.append(
                f"## Comment of {author}, {str(comment.get('created', ''))[:10]}\n\n{self._text(comment.get('body'))}"
            )
        security = _part(fields, "security").get("id")
        project = _part(fields, "project").get("key") or str(issue["key"]).rpartition("-")[0]
        return Document(
            title=f"{issue['key']} {fields.get('summary') or ''}".strip(),
            text="\n\n".join(filter(None, parts)),
            url=f"{self._wire.url}/browse/{issue['key']}",
            key=key_of(issue),
            kind="ticket",
            updated=moment(fields.get("updated")),
            services=tuple(str(c["name"]) for c in _rows(fields.get("components")) if c.get("name")),
            acl=f"jira:{project}:{security}" if security else "",
        )

    def _text(self, body: Any) -> str:
        return adf_to_markdown(body) if isinstance(body, Mapping) else wiki_to_markdown(body or "")

    async def _comments(self, issue: Mapping[str, Any], fields: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Those in the ticket; if it holds only a part of them, the rest too. Not what only some may read."""
        held = fields.get("comment")
        page = held if isinstance(held, Mapping) else {"comments": held}
        comments = _rows(page.get("comments"))
        total = min(_count(page.get("total")), MOST_COMMENTS)
        version = 3 if self._cloud else 2
        while len(comments) < total:
            page = await self._wire.json(
                "GET",
                f"/rest/api/{version}/issue/{issue['id']}/comment",
                params={"startAt": len(comments), "maxResults": 100},
                absent=(404,),
            )
            more = _rows((page or {}).get("comments"))
            if not more:
                break
            comments += more
        return [comment for comment in comments if not comment.get("visibility")]


def _rows(found: Any) -> list[dict[str, Any]]:
    """Of what should be a list of objects, those that are."""
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _part(fields: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    found = fields.get(field)
    return found if isinstance(found, Mapping) else {}


def _count(found: Any) -> int:
    return found if isinstance(found, int) else 0


def _name(fields: Mapping[str, Any], field: str) -> str:
    return str(_part(fields, field).get("name") or "")


def _state(fields: Mapping[str, Any]) -> str:
    told = (_name(fields, "status"), _name(fields, "resolution"), _name(fields, "priority"))
    return ", ".join([*filter(None, told), *map(str, fields.get("labels") or ())])


def _young(issue: Mapping[str, Any], since: int) -> bool:
    """Changed since then; what tells no moment may be."""
    stamp = _stamp(_part(issue, "fields").get("updated")) if isinstance(issue, Mapping) else None
    return stamp is None or stamp >= since


def _stamp(text: Any) -> int | None:
    when = moment(text)
    return int(when.timestamp() * 1000) if when else None


def make(options: Mapping[str, str]) -> Jira:
    """Options: url, project, since (90d), cloud (yes or no; by the address if not said)."""
    settings = JiraSettings()
    url = options.get("url") or settings.url
    if not url:
        raise BadSource("import_bad_source", source="Jira", why="JIRA_URL is not set")
    token = settings.token.get_secret_value()
    host = urlsplit(url).hostname or ""
    cloud = options.get("cloud", "yes" if host.endswith(".atlassian.net") else "no") == "yes"
    auth = (settings.email, token) if settings.email else None
    headers = {"Authorization": f"Bearer {token}"} if token and not auth else {}
    wire = Wire("Jira", url, headers={"Accept": "application/json", **headers}, auth=auth)
    projects = tuple(key.strip() for key in (options.get("project") or settings.projects).split(",") if key.strip())
    return Jira(wire, projects, cloud, days_of(options.get("since")))
