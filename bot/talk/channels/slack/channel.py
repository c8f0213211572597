"""Slack as a channel: cards as messages that are updated in place, in the thread where they belong."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from starlette.routing import BaseRoute

from bot.domain.card import Buttons, Card
from bot.domain.message import HOME_PAGE, Attachment, Person, Thread
from bot.errors import ODD, CardRefused, ChannelError, TryLater, Undeliverable
from bot.talk.cards.files import files_of
from bot.talk.cards.words import Words
from bot.talk.channels import Delivery, Ears, Pace, Placed
from bot.talk.channels.slack.blocks import Rendered, notification, plainest, render
from bot.talk.channels.slack.client import Lost, SlackClient, Streaming, Unsure
from bot.talk.channels.slack.doctor import Ways, examined
from bot.talk.channels.slack.ears import SlackEars
from bot.talk.channels.slack.ladder import Ladder
from bot.talk.channels.slack.parts import CODE_INLINE
from bot.talk.channels.slack.people import People
from bot.talk.channels.slack.streams import Streams
from bot.talk.pictures import Pictures
from bot.talk.remembered import Remembered

log = structlog.get_logger()
Line = Callable[[], Awaitable["Connection"]]


@dataclass(frozen=True, slots=True)
class Connection:
    """An open socket to Slack."""

    alive: Callable[[], Awaitable[bool]]
    close: Callable[[], Awaitable[None]]


class SlackChannel:
    """One workspace."""

    name = "slack"

    def __init__(self, client: SlackClient, people: People, store: Remembered, pictures: Pictures) -> None:
        self.client = client
        self.people = people
        self.store = store
        self._pictures = pictures
        self._socket: Line | None = None
        self._connection: Connection | None = None
        self._running: dict[str, str] = {}
        self.streams = Streams(client)
        self.listeners = SlackEars(client, people, store, self._running, self.streams)
        self._routes: Sequence[BaseRoute] = ()
        self._unsure: dict[str, str] = {}
        self._live: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._tried = asyncio.Event()
        self._wrong = "Slack has not been asked yet."
        self._bot_id = ""
        self.ways = Ways()
        """What the doctor looks through."""

    @property
    def pace(self) -> Pace:
        """The more messages are live at once, the more slowly each is updated."""
        return Pace(max(1.5, 60 / 40 * len(self._live), 60 / 75 * self.streams.open), 45)

    def connects_by(self, socket: Line | None) -> None:
        """How to open a socket; None: Slack calls us."""
        self._socket = socket

    def serve(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = routes

    def routes(self) -> Sequence[BaseRoute]:
        return self._routes

    async def start(self, ears: Ears) -> None:
        """Listens when it returns, or goes on trying if Slack cannot be reached now."""
        self.listeners.ears = ears
        self._tasks = [asyncio.create_task(self._stay(), name="slack line")]
        self._tasks.append(asyncio.create_task(self.people.keep_groups(), name="slack groups"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await self._tried.wait()
                await self.people.read.wait()

    async def stop(self) -> None:
        self.listeners.ears = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connection:
            await self._connection.close()
            self._connection = None
        await self.client.close()

    async def health(self) -> str:
        if self._tried.is_set() or self._tasks:
            return self._wrong
        try:
            await self._know_ourselves()
            return await examined(self.client, self._bot_id, self.ways)
        except ChannelError as error:
            return _mend(error)
        finally:
            await self.client.close()

    async def fetch(self, attachment: Attachment) -> bytes:
        return await self.client.fetch(attachment.url, attachment.name)

    async def show(self, delivery: Delivery) -> Placed:
        """On one's own page, as part of a stream, or down a ladder of simpler forms until one is accepted."""
        if delivery.thread.id == HOME_PAGE:
            return await self._page(delivery)
        if placed := await self.streams.show(delivery):
            self._may_stop(delivery, placed)
            return placed
        await self.streams.close(delivery.slot)
        pictures = await self._pictures.of(delivery.card, delivery.final)
        ladder = Ladder(delivery.card, pictures)
        while True:
            try:
                placed = await self._send(delivery, ladder.rendered())
                break
            except CardRefused as refused:
                log.warning("slack refused a card", slot=delivery.slot, step=ladder.step, why=str(refused))
                if not ladder.down(refused):
                    self._live.discard(delivery.slot)
                    raise
                if ladder.waits_for_picture:
                    await asyncio.sleep(1.0)
            except Undeliverable:
                self._live.discard(delivery.slot)
                raise
            except TryLater as busy:
                if ladder.step == 0:
                    raise
                await asyncio.sleep(min(busy.after, 30.0))
        self._keep_count(delivery, placed)
        await self.store.join(placed.thread.key)
        if delivery.final:
            await self._attach(delivery.card, placed)
        return placed

    async def _page(self, delivery: Delivery) -> Placed:
        """Somebody's Home tab; Slack keeps one for each person, and shows the newest."""
        everything = frozenset(range(len(delivery.card.blocks)))
        simple, least = render(delivery.card, everything), plainest(delivery.card)
        for rendered in (simple, least):  # plans, tables and Markdown are for messages only
            try:
                view = {"type": "home", "blocks": rendered.blocks}
                await self.client.call("views.publish", user_id=delivery.thread.place, view=view)
                break
            except CardRefused:
                if rendered is least:
                    raise
        return Placed(f"home:{delivery.thread.place}", delivery.thread)

    async def members(self, roles: frozenset[str]) -> Sequence[Person]:
        """By user group."""
        return self.people.members(roles)

    async def whisper(self, thread: Thread, person: Person, card: Card) -> None:
        """Ephemeral where it was asked; by direct message if that cannot be."""
        rendered = Ladder(card, {}).rendered()
        told: dict[str, Any] = {"text": rendered.text, "blocks": rendered.blocks}
        root = thread.id if thread.id and not thread.id.startswith("@") and thread.id != HOME_PAGE else None
        for attempt in range(3):
            try:
                await self.client.call(
                    "chat.postEphemeral", channel=thread.place, user=person.id, thread_ts=root, **told
                )
                return
            except TryLater as busy:
                await asyncio.sleep(min(busy.after, 5.0))
            except ChannelError as error:
                log.info("not whispered; said in private", why=str(error), attempt=attempt)
                break
        with contextlib.suppress(ChannelError):
            await self.client.call("chat.postMessage", channel=person.id, **told)

    async def _send(self, delivery: Delivery, rendered: Rendered) -> Placed:
        place, root = delivery.thread.place, delivery.thread.id
        told: dict[str, Any] = {"text": rendered.text, "blocks": rendered.blocks, "metadata": _metadata(delivery)}
        gently, since = not delivery.final, self.client.since
        ref = delivery.ref or await self.streams.found(delivery, self.listeners.bot) or await self._find(delivery)
        if ref:
            place, _, ts = ref.partition(":")
            try:
                await self.client.call("chat.update", gently=gently, channel=place, ts=ts, **told)
                return Placed(ref, replace(delivery.thread, id=root or ts))
            except Streaming:
                await self.streams.end(place, ts)
                raise TryLater(0.2) from None
            except Lost:
                log.info("a message of ours was deleted; it is posted anew", slot=delivery.slot)
        try:
            answer = await self.client.call(
                "chat.postMessage", gently=gently, channel=place, thread_ts=root or None, unfurl_links=False, **told
            )
        except Unsure:
            self._unsure[delivery.slot] = since
            raise
        ts, place = str(answer["ts"]), str(answer.get("channel") or place)
        self._unsure.pop(delivery.slot, None)
        thread = replace(delivery.thread, id=root or ts, place=place, workspace=delivery.thread.workspace)
        return Placed(f"{place}:{ts}", replace(thread, workspace=thread.workspace or self.listeners.workspace))

    async def _find(self, delivery: Delivery) -> str:
        """A message that may have arrived although no answer did: by what we wrote into it."""
        if delivery.slot not in self._unsure and not delivery.doubted:
            return ""
        place, root = delivery.thread.place, delivery.thread.id
        method = "conversations.replies" if root else "conversations.history"
        told = await self.client.call(method, channel=place, ts=root or None, limit="100", include_all_metadata="true")
        for message in told.get("messages") or ():
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("slot") == delivery.slot:
                return f"{place}:{message['ts']}"
        self._unsure.pop(delivery.slot, None)
        return ""

    def _keep_count(self, delivery: Delivery, placed: Placed) -> None:
        if delivery.final:
            self._live.discard(delivery.slot)
            self._running.pop(placed.thread.key, None)
            return
        self._live.add(delivery.slot)
        self._may_stop(delivery, placed)

    def _may_stop(self, delivery: Delivery, placed: Placed) -> None:
        """Slack's own Stop names a thread; this is the answer that is meant."""
        clicks = [each for block in delivery.card.blocks if isinstance(block, Buttons) for each in block.buttons]
        if stop := next((each.target for each in clicks if each.act == "stop"), ""):
            self._running[placed.thread.key] = stop

    async def _attach(self, card: Card, placed: Placed) -> None:
        """What is attached, and long logs, as files in the thread, each once. What fails is noted: the card stands."""
        for each in files_of(card, CODE_INLINE):
            digest = hashlib.sha256(placed.ref.encode() + b"\n" + each.content).hexdigest()
            if await self.store.file(digest):
                continue
            try:
                place, thread = placed.thread.place, placed.thread.id
                title = each.title or notification(card)[:150]
                file = await self.client.upload(each.content, each.name, title, place=place, thread=thread)
                await self.store.uploaded(digest, file)
            except ChannelError as error:
                log.warning("a file could not be attached", ref=placed.ref, why=str(error))

    async def _stay(self) -> None:
        """Connected, or trying to be, ever more slowly; a line that died is taken up anew."""
        pause = 1.0
        while True:
            try:
                if not self.listeners.bot:
                    await self._know_ourselves()
                if self._socket and not (self._connection and await self._connection.alive()):
                    await self._connect(self._socket)
                self._wrong, pause = "", 1.0
                wait = 15.0
            except (ChannelError, OSError, *ODD) as error:
                self._wrong = _mend(error)
                log.warning("slack cannot be reached", why=self._wrong)
                wait = pause = min(60.0, pause * 2)
            self._tried.set()
            await asyncio.sleep(wait)

    async def _connect(self, socket: Line) -> None:
        if self._connection:
            await self._connection.close()
            self._connection = None
        self._connection = await socket()

    async def _know_ourselves(self) -> None:
        told = await self.client.call("auth.test")
        self._bot_id = str(told.get("bot_id", ""))
        self.listeners.bot, self.listeners.workspace = str(told["user_id"]), str(told["team_id"])
        self.people.home = self.listeners.workspace


def _metadata(delivery: Delivery) -> dict[str, Any]:
    payload = {"slot": delivery.slot, "revision": delivery.revision}
    return {"event_type": "dutybot_card", "event_payload": payload}


def _mend(error: Exception) -> str:
    if isinstance(error, TryLater):
        return f"Slack asks us to wait {error.after:.0f} s."
    if not isinstance(error, ChannelError):
        return f"Slack does not answer ({type(error).__name__})."
    if error.values.get("error") in {"invalid_auth", "not_authed", "token_revoked", "account_inactive"}:
        return "Slack does not accept the token: put a valid one into SLACK_BOT_TOKEN (OAuth & Permissions)."
    return Words("en").of_error(error.key, error.values, str(error))
