"""Feishu's events, by either way in: kept first, then answered."""

import asyncio
import contextlib
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from bot.domain.card import Button, Buttons, Card, Markdown
from bot.domain.event import Event
from bot.domain.message import Message, PressKind
from bot.errors import ODD, ChannelError
from bot.talk.cards.words import Words
from bot.talk.channels import Ears
from bot.talk.channels.feishu import events
from bot.talk.channels.feishu.cards import render
from bot.talk.channels.feishu.client import FeishuClient
from bot.talk.channels.feishu.forms import form
from bot.talk.channels.feishu.people import People
from bot.talk.channels.feishu.text import said
from bot.talk.remembered import Remembered
from bot.talk.threads import our_thread

log = structlog.get_logger()
STALE = timedelta(minutes=30)
"""Feishu sends again for six hours what it thinks was not heard; nobody waits for an answer then."""
PATIENCE = 2.0
"""Seconds: a click must be answered within three."""
KINDS = {"text", "post", "image", "file"}


class FeishuEars:
    """Reads what Feishu sends into our words, and hands it on."""

    def __init__(self, client: FeishuClient, people: People, store: Remembered) -> None:
        self._client = client
        self._people = people
        self._store = store
        self.bot = ""
        """Our own open_id."""
        self.ears: Ears | None = None

    async def answer(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """One event. Raises StoreDown when it could not be kept. What it returns is for the platform.

        What cannot be read now cannot be read later: it is acknowledged, so that it is not sent again.
        """
        try:
            return await self._answer(body)
        except ODD as error:
            log.warning("what feishu sent could not be read", why=repr(error)[:300])
            return None

    async def _answer(self, body: dict[str, Any]) -> dict[str, Any] | None:
        match (body.get("header") or {}).get("event_type"):
            case "im.message.receive_v1":
                await self._message(body)
            case "card.action.trigger":
                return await self._click(body)
            case "application.bot.menu_v6":
                await self._chosen(body)
            case "im.chat.access_event.bot_p2p_chat_entered_v1":
                await self._greet(body)
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

    async def _chosen(self, body: dict[str, Any]) -> None:
        """An entry of the bot's own menu: its key is a command, e.g. `approve`."""
        told = events.menu(body)
        if told:
            user, tenant, key, command = told
            person = await self._people.of(user, tenant)
            thread = our_thread("feishu", user, f"menu-{key}")
            await self._hear(Message(f"feishu:menu:{key}", thread, person, f"/{command}", datetime.now(UTC)))

    async def _greet(self, body: dict[str, Any]) -> None:
        """Whoever opens our conversation for the first time is offered some questions."""
        user, tenant = events.operator(body)
        mark = f"feishu:greeted:{user}"
        if not user or await self._store.file(mark):
            return
        words = Words((await self._people.of(user, tenant)).language)
        asks = tuple(Button(words(f"prompt_{n}"), PressKind.ASK, words(f"prompt_{n}_asks")) for n in range(1, 5))
        card = Card(words("prompts"), (Markdown(words("greeting")), Buttons(asks)), language=words.language)
        body = {"receive_id": user, "msg_type": "interactive", "content": render(card)}
        with contextlib.suppress(ChannelError):  # it is a courtesy
            await self._client.call("POST", "/im/v1/messages", params={"receive_id_type": "open_id"}, json=body)
            await self._store.uploaded(mark, "greeted")

    async def _click(self, body: dict[str, Any]) -> dict[str, Any]:
        click = events.click(body)
        if click is None:
            return {}
        person = await self._people.of(click.user, click.workspace)
        words = Words(person.language)
        if click.act == "approve" and click.typed_wanted and click.typed != click.typed_wanted:
            return _toast("error", words("form_mistyped", typed=click.typed_wanted))
        if click.asks_more:
            await self._ask(click, words)
            return _toast("info", words("form_sent"))
        heard = click.heard(person, datetime.now(UTC))
        if heard is None:
            return {}
        await self._hear(heard)
        return _toast("info", words("click_noted"))

    async def _ask(self, click: events.Click, words: Words) -> None:
        """The form, to this person alone. It is late already when Feishu is slow: then the toast must do."""
        body = {"receive_id": click.user, "msg_type": "interactive", "content": form(click, words)}
        body["uuid"] = hashlib.sha256(f"form:{click.key}".encode()).hexdigest()[:40]
        sent = self._client.call("POST", "/im/v1/messages", params={"receive_id_type": "open_id"}, json=body)
        async with asyncio.timeout(PATIENCE):
            await sent

    async def _hear(self, event: Event) -> None:
        if self.ears is None:
            raise ChannelError("feishu_unreachable", why="not on duty")
        await asyncio.shield(asyncio.ensure_future(self.ears.hear(event)))


def _toast(kind: str, content: str) -> dict[str, Any]:
    return {"toast": {"type": kind, "content": content}}
