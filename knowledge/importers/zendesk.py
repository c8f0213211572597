"""Tickets of Zendesk Support, by its incremental export."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from knowledge.errors import BadSource
from knowledge.importers import JSON, Batch, readable
from knowledge.importers.fields import key_of, moment, rows_of
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
        after, seen = cursor.get("after") if isinstance(cursor, dict) else None, set[str]()
        while True:
            start = int(self._clock() - self._since * 86_400) if self._since is not None else 1
            asked: dict[str, Any] = {"cursor": after} if after else {"start_time": max(1, start)}
            try:
                page = await self._wire.json("GET", EXPORT, pace=self._pace, params={**asked, "per_page": PAGE})
            except BadSource:
                if not after or seen:
                    raise
                after = None  # a place that it no longer knows, or never gave, is the beginning
                continue
            tickets = rows_of(page, "tickets")
            gone = tuple(str(one["id"]) for one in tickets if _is_deleted(one))
            documents, odd = await readable([one for one in tickets if not _is_deleted(one)], self._document)
            following = page.get("after_cursor") or after
            if not isinstance(following, str | None):
                raise TypeError("its cursor is no text")
            yield Batch(documents, gone, cursor={"after": following}, odd=odd)
            if page.get("end_of_stream") or not following or following == after or following in seen:
                return
            seen.add(following)
            after = following

    async def census(self) -> frozenset[str] | None:
        return None

    async def _document(self, ticket: Mapping[str, Any]) -> Document | None:
        comments = await self._comments(key_of(ticket))
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
            key=key_of(ticket),
            kind="ticket",
            updated=moment(ticket.get("updated_at")),
            services=tuple(str(tag)[8:] for tag in ticket.get("tags") or () if str(tag).startswith("service_")),
        )

    async def _comments(self, ticket: str) -> list[dict[str, Any]] | None:
        """What the customer can see; what agents wrote to each other only if that is wanted."""
        path: str | None = f"/api/v2/tickets/{ticket}/comments"
        comments = list[dict[str, Any]]()
        asked: dict[str, Any] | None = {"page[size]": PAGE}
        seen = set[str]()
        while path and path not in seen:
            seen.add(path)
            page = await self._wire.json("GET", path, params=asked, absent=(404,))
            if page is None:
                return None
            comments += [one for one in page.get("comments") or () if self._private or one.get("public", False)]
            more = (page.get("meta") or {}).get("has_more")
            path, asked = (str((page.get("links") or {}).get("next") or "") if more else None), None
        return comments


def _is_deleted(ticket: Any) -> bool:
    return isinstance(ticket, Mapping) and ticket.get("status") == "deleted" and "id" in ticket


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
