"""Bolt's listeners: all that Slack sends is caught, and acknowledged once it is kept, always within three seconds."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.domain.event import Event
from bot.domain.message import HOME_PAGE, Press, PressKind, Thread
from bot.errors import ChannelError
from bot.talk.cards.words import Words
from bot.talk.channels import Ears
from bot.talk.channels.slack import events
from bot.talk.channels.slack.client import SlackClient
from bot.talk.channels.slack.forms import FORM, filled, form
from bot.talk.channels.slack.people import People
from bot.talk.channels.slack.streams import Streams, readers
from bot.talk.remembered import Remembered

log = structlog.get_logger()
PATIENCE = 2.4
"""Seconds for all that is done before an acknowledgement."""
ANY = re.compile(".*", re.DOTALL)
MENTIONED = re.compile(r"<@([UW][A-Z0-9]{1,20})>")
Ack = Callable[..., Awaitable[Any]]


class SlackEars:
    """Reads what Slack sends into our words, and hands it on."""

    def __init__(
        self, client: SlackClient, people: People, store: Remembered, running: Mapping[str, str], streams: Streams
    ) -> None:
        self._streams = streams
        self._client = client
        self._people = people
        self._store = store
        self._running = running
        """By thread: the answer that is being worked on."""
        self.bot = ""
        self.workspace = ""
        self.ears: Ears | None = None

    def wire(self, app: Any) -> None:
        """Catch all of each kind: what nobody catches is never acknowledged."""
        app.event(ANY)(self.event)
        app.action(ANY)(self.action)
        app.command(ANY)(self.command)
        app.shortcut(ANY)(self.shortcut)
        app.view(ANY)(self.view)
        app.view_closed(ANY)(self.quiet)
        app.options(ANY)(self.quiet)

    async def event(self, body: dict[str, Any]) -> None:
        """Acknowledged by Bolt when this returns; sent again by Slack when it raises."""
        kind = body["event"].get("type")
        async with asyncio.timeout(PATIENCE):
            if kind in {"app_mention", "message"}:
                await self._spoken(body)
            elif kind == "agent_session_stopped":
                await self._stopped(body)
            elif kind == "app_home_opened":
                await self._came(body)

    async def action(self, ack: Ack, body: dict[str, Any]) -> None:
        click = events.click(body)
        if click is None:
            await ack()
            return
        user, workspace = events.actor(body)
        async with asyncio.timeout(PATIENCE):
            person = await self._people.of(user, workspace)
            if click.asks_more:
                await self._open(body, click, Words(person.language))
            else:
                heard = click.heard(self._home(body), person, datetime.now(UTC))
                if heard is not None:
                    await self._hear(heard)
        await ack()

    async def view(self, ack: Ack, body: dict[str, Any]) -> None:
        view = body.get("view") or {}
        click = events.behind(view.get("private_metadata") or "") if view.get("callback_id") == FORM else None
        if click is None:
            await ack()
            return
        reason, typed = filled(view, click)
        user, workspace = events.actor(body)
        async with asyncio.timeout(PATIENCE):
            person = await self._people.of(user, workspace)
            if click.typed and typed != click.typed:
                wrong = Words(person.language)("form_mistyped", typed=click.typed)
                await ack(response_action="errors", errors={"typed": wrong})
                return
            heard = click.heard(self._home(body), person, datetime.now(UTC), reason, typed)
            if heard is not None:
                await self._hear(heard)
        await ack()

    async def command(self, ack: Ack, body: dict[str, Any]) -> None:
        user, workspace = events.actor(body)
        async with asyncio.timeout(PATIENCE):
            person = await self._people.of(user, workspace)
            await self._hear(events.command(body, person, self._home(body), datetime.now(UTC)))
        await ack({"response_type": "in_channel"})

    async def shortcut(self, ack: Ack, body: dict[str, Any]) -> None:
        if body.get("type") == "message_action" and body.get("message"):
            user, workspace = events.actor(body)
            async with asyncio.timeout(PATIENCE):
                person = await self._people.of(user, workspace)
                await self._hear(events.shortcut(body, person, self._home(body), datetime.now(UTC)))
        await ack()

    async def quiet(self, ack: Ack) -> None:
        await ack()

    async def _spoken(self, body: dict[str, Any]) -> None:
        told = events.spoken(body, self.bot)
        if told is None:
            return
        text, named = told
        event = body["event"]
        home = self._home(body)
        thread = Thread("slack", event.get("thread_ts") or event["ts"], event["channel"], home)
        if not named and not (event.get("thread_ts") and await self._store.joined(thread.key)):
            return
        person = await self._people.of(event["user"], event.get("user_team") or event.get("team") or home)
        if named:
            await self._store.join(thread.key)
        self._streams.asked(thread.key, readers(event, home))
        await self._hear(
            events.message(body, await self._by_name(text, event.get("text") or "") or "/help", person, home)
        )

    async def _by_name(self, text: str, raw: str) -> str:
        """With the names of the people whom it mentions, where they are known in time."""
        for user in sorted(set(MENTIONED.findall(raw)) - {self.bot}, key=len, reverse=True)[:5]:
            person = await self._people.of(user, self.workspace)
            text = text.replace(f"@{user}", f"@{person.name}")
        return text

    async def _came(self, body: dict[str, Any]) -> None:
        """To our page: it is shown anew. To our conversation: questions are offered."""
        event, home = body["event"], self._home(body)
        person = await self._people.of(str(event.get("user", "")), home)
        if event.get("tab") == "home":
            page = Thread("slack", HOME_PAGE, person.id, home)
            key = f"slack:home:{body.get('event_id', person.id)}"
            await self._hear(Press(key, page, person, PressKind.HOME, "", datetime.now(UTC)))
            return
        words = Words(person.language)
        offered = [{"title": words(f"prompt_{n}"), "message": words(f"prompt_{n}_asks")} for n in range(1, 5)]
        with contextlib.suppress(ChannelError):  # they are a courtesy
            await self._client.call(
                "assistant.threads.setSuggestedPrompts",
                gently=True,
                channel_id=str(event.get("channel", "")),
                title=words("prompts"),
                prompts=offered,
            )

    async def _stopped(self, body: dict[str, Any]) -> None:
        event, home = body["event"], self._home(body)
        thread = Thread("slack", str(event.get("thread_ts", "")), str(event.get("channel", "")), home)
        if target := self._running.get(thread.key):
            person = await self._people.of(str(event.get("user", "")), home)
            key = f"slack:stop:{body.get('event_id', target)}"
            await self._hear(Press(key, thread, person, PressKind.STOP, target, datetime.now(UTC)))

    async def _open(self, body: dict[str, Any], click: events.Click, words: Words) -> None:
        try:
            await self._client.call("views.open", trigger_id=body.get("trigger_id", ""), view=form(click, words))
        except ChannelError as error:
            log.warning("a form could not be opened; the button stays", why=str(error))

    async def _hear(self, event: Event) -> bool:
        if self.ears is None:
            raise ChannelError("slack_unreachable", why="not on duty")
        return await asyncio.shield(asyncio.ensure_future(self.ears.hear(event)))

    def _home(self, body: dict[str, Any]) -> str:
        """The workspace that the conversation stands in: ours, wherever the person comes from."""
        return self.workspace or str(body.get("team_id", ""))
