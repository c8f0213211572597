"""Feishu's events, by either way in: kept first, then answered."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from bot.domain.event import Event
from bot.errors import ChannelError
from bot.talk.cards.words import Words
from bot.talk.channels import Ears
from bot.talk.channels.feishu import events
from bot.talk.channels.feishu.people import People
from bot.talk.channels.feishu.text import said
from bot.talk.remembered import Remembered

log = structlog.get_logger()
STALE = timedelta(minutes=30)
"""Feishu sends again for six hours what it thinks was not heard; nobody waits for an answer then."""
KINDS = {"text", "post", "image", "file"}


class FeishuEars:
    """Reads what Feishu sends into our words, and hands it on."""

    def __init__(self, people: People, store: Remembered) -> None:
        self._people = people
        self._store = store
        self.bot = ""
        """Our own open_id."""
        self.ears: Ears | None = None

    async def answer(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """One event. Raises StoreDown when it could not be kept. What it returns is for the platform."""
        match (body.get("header") or {}).get("event_type"):
            case "im.message.receive_v1":
                await self._message(body)
            case "card.action.trigger":
                return await self._click(body)
        return None

    async def _message(self, body: dict[str, Any]) -> None:
        thread, (user, tenant) = events.place(body), events.speaker(body)
        told = body["event"].get("message") or {}
        if thread is None or not user or told.get("message_type") not in KINDS:
            return
        if datetime.now(UTC) - events.moment(told) > STALE:
            log.warning("an old message is not answered", key=told["message_id"])
            return
        text, named = said(told, self.bot)
        named = named or told.get("chat_type") == "p2p"
        if not named:
            someone = any(each.get("key") for each in told.get("mentions") or ())
            if someone or not told.get("root_id") or not await self._store.joined(thread.key):
                return
        person = await self._people.of(user, tenant)
        await self._store.join(thread.key)
        await self._hear(events.message(body, text or "/help", person, thread))

    async def _click(self, body: dict[str, Any]) -> dict[str, Any]:
        click = events.click(body)
        if click is None:
            return {}
        person = await self._people.of(click.user, click.workspace)
        words = Words(person.language)
        if click.act == "approve" and click.typed_wanted and click.typed != click.typed_wanted:
            return _toast("error", words("form_mistyped", typed=click.typed_wanted))
        heard = click.heard(person, datetime.now(UTC))
        if heard is None:
            return {}
        await self._hear(heard)
        return _toast("info", words("click_noted"))

    async def _hear(self, event: Event) -> None:
        if self.ears is None:
            raise ChannelError("feishu_unreachable", why="not on duty")
        await asyncio.shield(asyncio.ensure_future(self.ears.hear(event)))


def _toast(kind: str, content: str) -> dict[str, Any]:
    return {"toast": {"type": kind, "content": content}}
