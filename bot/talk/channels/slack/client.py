"""Slack's Web API: within its tiers, and its errors as what the caller must do."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from bot.errors import CardRefused, ChannelError, TryLater, Undeliverable
from bot.talk.answered import Answered
from bot.talk.budget import Bucket
from bot.talk.channels.slack.faults import faults
from bot.talk.skew import skew

log = structlog.get_logger()
REFUSED = {
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "invalid_attachments",
    "invalid_arguments",
    "invalid_metadata_format",
    "metadata_too_large",
}
GONE = {
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "user_not_found",
    "user_not_in_channel",
    "cannot_dm_bot",
    "messages_tab_disabled",
    "restricted_action",
    "thread_not_found",
}
STREAMING = {"streaming_state_conflict"}
FIELDS = {
    **dict.fromkeys(("ts", "channel", "user_id", "team_id", "bot_id", "url"), str),
    "messages": [{"ts": str, "metadata": {"event_payload": dict}}],
    "users": [str],
    "bot": dict,
    "manifest": dict,
}
"""Of which kinds they are in whatever answers."""
SECONDS = 15.0
"""For a whole answer."""
LOST = {"message_not_found", "cant_update_message", "edit_window_closed"}
FORMS = {
    "users.info",
    "usergroups.users.list",
    "conversations.replies",
    "conversations.history",
    "auth.test",
    "bots.info",
}
"""Methods that read their arguments from the address, not from JSON."""


class Lost(ChannelError):
    """The message that was to be updated is gone: post it anew."""


class Streaming(ChannelError):
    """It is being streamed, maybe since before a restart: end that first."""


class Unsure(ChannelError):
    """No answer came: it may have arrived, or not."""


class SlackClient:
    """One workspace. Never retries by itself: who asked knows what is newest by then."""

    def __init__(self, web: Any, updates_per_minute: int = 45, clock: Callable[[], float] = time.monotonic) -> None:
        self.web = web
        self.clock = clock
        self.granted = ""
        """The scopes of the token, as Slack last told them."""
        self.skew = 0.0
        """Seconds that our clock is ahead of Slack's, as its last answer told it."""
        self._tiers = {
            "chat.update": (float(updates_per_minute), 5.0),
            "chat.postMessage": (60.0, 3.0),
            "usergroups.users.list": (18.0, 2.0),
            "conversations.replies": (45.0, 5.0),
            "chat.startStream": (18.0, 6.0),
            "chat.stopStream": (18.0, 6.0),
            "agents.sessions.setStatus": (45.0, 8.0),
        }
        self._buckets: dict[tuple[str, str], Bucket] = {}

    async def call(self, method: str, *, gently: bool = False, **told: Any) -> dict[str, Any]:
        """Raises TryLater, CardRefused, Undeliverable, Lost, Unsure or ChannelError.

        Args:
            method: Its name, e.g. `chat.update`.
            gently: Leave the last of what is allowed to others: something newer follows soon.
            told: The arguments.
        """
        bucket = self._bucket(method, told)
        who = f"{told.get('channel')}:{told.get('ts')}" if method == "chat.update" else ""
        if wait := bucket.take(self.clock(), 2.0 if gently else 0.0, who):
            raise TryLater(wait)
        told = {name: value for name, value in told.items() if value is not None}
        await self._keep_open()
        try:
            if method in FORMS:
                answer = await self.web.api_call(method, http_verb="GET", params=told)
            else:
                answer = await self.web.api_call(method, json=told)
        except faults() as error:
            raise self._ours(method, error, bucket) from error
        self.granted = answer.headers.get("x-oauth-scopes") or self.granted
        self.skew = skew(answer.headers.get("Date", ""), time.time())
        return Answered(answer.data, FIELDS, "slack_unreachable")

    @property
    def since(self) -> str:
        """A moment by Slack's clock before which nothing that we do now can stand."""
        return f"{time.time() - self.skew - 120:.6f}"

    async def messages(self, place: str, root: str, since: str) -> Sequence[dict[str, Any]]:
        """What was said in a thread or a channel since then, with what we wrote into it."""
        method = "conversations.replies" if root else "conversations.history"
        told = await self.call(
            method, channel=place, ts=root or None, oldest=since, limit="200", include_all_metadata="true"
        )
        found: Sequence[dict[str, Any]] = told.get("messages", ())
        return found

    async def upload(self, content: bytes, filename: str, title: str, *, place: str = "", thread: str = "") -> str:
        """Slack's id of the file; shown in the thread if one is named."""
        where = {"channel": place, "thread_ts": thread or None} if place else {}
        bucket = self._bucket("files.upload", {})
        if wait := bucket.take(self.clock(), 0.0):
            raise TryLater(wait)
        try:
            answer = await self.web.files_upload_v2(
                content=content, filename=filename, title=title, alt_txt=title[:1000], **where
            )
        except faults() as error:
            raise self._ours("files.upload", error, bucket) from error
        return str(answer["files"][0]["id"])

    async def fetch(self, url: str, name: str) -> bytes:
        """A file that somebody attached. Raises ChannelError."""
        from bot.talk.channels.slack.attached import fetched

        await self._keep_open()
        return await fetched(self.web, url, name)

    async def close(self) -> None:
        if self.web.session:
            await self.web.session.close()
            self.web.session = None

    async def _keep_open(self) -> None:
        """One pool of connections: else each call would shake hands anew."""
        if self.web.session is None or self.web.session.closed:
            from bot.talk.channels.slack.bounded import session

            self.web.session = session(SECONDS)

    async def picture(self, content: bytes, title: str) -> str:
        """A file that stands in no thread, to be shown in a card."""
        return await self.upload(content, "chart.png", title)

    def _bucket(self, method: str, told: dict[str, Any]) -> Bucket:
        key = (method, str(told.get("channel", "")) if method == "chat.postMessage" else "")
        if key not in self._buckets:
            per_minute, most = self._tiers.get(method, (90.0, 10.0))
            self._buckets[key] = Bucket(per_minute, most, most, self.clock())
        return self._buckets[key]

    def _ours(self, method: str, error: Exception, bucket: Bucket) -> ChannelError:
        answer = getattr(error, "response", None)
        if answer is None or isinstance(answer, str):
            log.warning("slack did not answer", method=method, why=type(error).__name__)
            return Unsure("slack_unreachable", why=type(error).__name__)
        body = answer.data if isinstance(answer.data, dict) else {}
        said = str(body.get("error", f"HTTP {answer.status_code}"))
        if answer.status_code == 429 or said in {"ratelimited", "rate_limited"}:
            asked = str(answer.headers.get("Retry-After", ""))
            after = float(asked) if asked.isdigit() and asked.isascii() else 5.0
            bucket.closed_until = self.clock() + after
            return TryLater(after)
        messages = [*body.get("errors", ()), *(body.get("response_metadata") or {}).get("messages", ())]
        log.warning("slack refused a call", method=method, said=said, why=messages[:3], needed=body.get("needed"))
        if said in REFUSED:
            return CardRefused(error=said, messages=[str(each) for each in messages])
        if said in STREAMING:
            return Streaming(error=said)
        if said in LOST:
            return Lost(error=said)
        if said in GONE:
            return Undeliverable(error=said)
        if answer.status_code >= 500:
            return Unsure("slack_unreachable", why=said)
        return ChannelError("slack_refused", error=said, needed=body.get("needed") or "-", method=method)
