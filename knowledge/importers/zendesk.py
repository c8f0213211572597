"""Tickets of Zendesk Support, by its incremental export."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from knowledge.errors import BadSource
from knowledge.importers import JSON, Batch
from knowledge.importers.settings import ZendeskSettings
from knowledge.importers.since import days_of
from knowledge.markup import html_to_markdown
from knowledge.passage import Document
from knowledge.wire import Sleep, Wire

EXPORT = "/api/v2/incremental/tickets/cursor"
PAGE = 100


class Zendesk:
    """The export tells of deleted tickets by itself, and its cursor never expires: no census, no overlap."""

    source = "zendesk"

    def __init__(
        self,
        wire: Wire,
        private_notes: bool = False,
        per_minute: int = 10,
        since_days: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._wire = wire
        self._private = private_notes
        self._pace = 60.0 / per_minute
        self._since = since_days
        self._clock = clock

    async def close(self) -> None:
        await self._wire.close()

    async def batches(self, cursor: JSON) -> AsyncIterator[Batch]:
        """`after_cursor` is kept; the tickets of the last minute come with the next run."""
        after = cursor.get("after") if isinstance(cursor, dict) else None
        while True:
            start = int(self._clock() - self._since * 86_400) if self._since is not None else 1
            asked: dict[str, Any] = {"cursor": after} if after else {"start_time": max(1, start)}
            page = await self._wire.json("GET", EXPORT, pace=self._pace, params={**asked, "per_page": PAGE})
            tickets = page.get("tickets") or []
            gone = tuple(str(one["id"]) for one in tickets if one.get("status") == "deleted")
            alive = [one for one in tickets if one.get("status") != "deleted"]
            documents = [one for ticket in alive if (one := await self._document(ticket)) is not None]
            following = page.get("after_cursor") or after
            yield Batch(tuple(documents), gone, cursor={"after": following})
            if page.get("end_of_stream") or following == after:
                return
            after = following

    async def census(self) -> frozenset[str] | None:
        return None

    async def _document(self, ticket: Mapping[str, Any]) -> Document | None:
        comments = await self._comments(str(ticket["id"]))
        if comments is None:  # deleted between the two requests
            return None
        parts = [f"Ticket: {ticket.get('status')}, {ticket.get('priority') or 'no priority'}"]
        for number, comment in enumerate(comments):
            day = str(comment.get("created_at", ""))[:10]
            text = html_to_markdown(comment["html_body"]) if comment.get("html_body") else comment.get("body") or ""
            parts.append(text if number == 0 else f"## Comment, {day}\n\n{text}")
        return Document(
            title=f"#{ticket['id']} {ticket.get('subject') or ticket.get('raw_subject') or ''}".strip(),
            text="\n\n".join(parts),
            url=f"{self._wire.url}/agent/tickets/{ticket['id']}",
            key=str(ticket["id"]),
            kind="ticket",
            updated=_moment(ticket.get("updated_at")),
            services=tuple(str(tag)[8:] for tag in ticket.get("tags") or () if str(tag).startswith("service_")),
        )

    async def _comments(self, ticket: str) -> list[dict[str, Any]] | None:
        """What the customer can see; what agents wrote to each other only if that is wanted."""
        path: str | None = f"/api/v2/tickets/{ticket}/comments"
        comments = list[dict[str, Any]]()
        asked: dict[str, Any] | None = {"page[size]": PAGE}
        while path:
            page = await self._wire.json("GET", path, params=asked, absent=(404,))
            if page is None:
                return None
            comments += [one for one in page.get("comments") or () if self._private or one.get("public", False)]
            more = (page.get("meta") or {}).get("has_more")
            path, asked = ((page.get("links") or {}).get("next") if more else None), None
        return comments


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return None


def make(options: Mapping[str, str], **wire: Sleep) -> Zendesk:
    """Options: url, since."""
    settings = ZendeskSettings()
    url = options.get("url") or settings.url
    if not url or not settings.email:
        raise BadSource(
            "import_bad_source", source="Zendesk", why="ZENDESK_URL, ZENDESK_EMAIL and ZENDESK_TOKEN must be set"
        )
    auth = (f"{settings.email}/token", settings.token.get_secret_value())
    source = Wire("Zendesk", url, auth=auth, headers={"Accept": "application/json"}, **wire)
    return Zendesk(source, settings.private_notes, settings.requests_per_minute, days_of(options.get("since")))
