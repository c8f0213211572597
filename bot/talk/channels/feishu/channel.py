"""Feishu as a channel: cards as messages that are patched in place, answered in their thread."""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.domain.card import Buttons, Card
from bot.domain.message import Attachment, Person, Thread
from bot.errors import CardRefused, ChannelError, TryLater
from bot.talk.cards.files import files_of
from bot.talk.cards.words import Words
from bot.talk.channels import Delivery, Ears, Pace, Placed
from bot.talk.channels.feishu.cards import BARE, CODE_INLINE, FULL, render
from bot.talk.channels.feishu.client import FeishuClient, Lost, NoThreads
from bot.talk.channels.feishu.doctor import examined
from bot.talk.channels.feishu.ears import FeishuEars
from bot.talk.channels.feishu.panel import keep
from bot.talk.channels.feishu.people import People
from bot.talk.channels.feishu.streams import Streams
from bot.talk.channels.feishu.webhook import NotBelieved, Seal
from bot.talk.hints import Hints, none
from bot.talk.pictures import Pictures
from bot.talk.remembered import Remembered

log = structlog.get_logger()
WAY_IN = "/feishu/events"
Stay = Callable[[], Awaitable[None]]


class FeishuChannel:
    """One app in one tenant, by long connection or by webhook."""

    name = "feishu"

    def __init__(
        self,
        client: FeishuClient,
        people: People,
        store: Remembered,
        pictures: Pictures,
        seal: Seal | None,
        urgent: Sequence[str] = (),
        hints: Hints = none,
    ) -> None:
        self.pace = Pace(live=1.0, per_minute=900)
        self.streams = Streams(client, store)
        self._people = people
        self._urgent, self._hints = tuple(urgent), hints
        self.client = client
        self.store = store
        self.listeners = FeishuEars(client, people, store)
        self._pictures = pictures
        self._seal = seal
        self._socket: Any = None
        self._tasks: list[asyncio.Task[None]] = []
        self._wrong = "Feishu has not been asked yet."

    def routes(self) -> Sequence[BaseRoute]:
        return [Route(WAY_IN, self._heard, methods=["POST"])] if self._seal else []

    async def start(self, ears: Ears) -> None:
        """Listens when it returns, or goes on trying if Feishu cannot be reached now."""
        self.listeners.ears = ears
        self._tasks = [asyncio.create_task(self._know_ourselves(), name="feishu self")]
        self._tasks.append(asyncio.create_task(self._people.keep_groups(), name="feishu groups"))
        self._tasks.append(asyncio.create_task(keep(self.client, self._hints), name="feishu panel"))
        if self._seal is None:
            from bot.talk.channels.feishu.socket import Socket  # loads websockets: only where it is used

            self._socket = Socket(self.client, self.listeners.answer)
            self._tasks.append(asyncio.create_task(self._socket.stay(), name="feishu line"))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(10):
                    await self._socket.tried.wait()
        await asyncio.wait(self._tasks[:1], timeout=5)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._people.read.wait()

    async def stop(self) -> None:
        self.listeners.ears = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket:
            await self._socket.stop()
        await self.client.close()

    async def health(self) -> str:
        if self._tasks:
            return self._wrong or (self._socket.wrong if self._socket else "")
        try:
            await self._ask_ourselves()
            return await examined(self.client, socket=self._seal is None)
        except ChannelError as error:
            return _mend(error)
        finally:
            await self.client.close()

    async def fetch(self, attachment: Attachment) -> bytes:
        return await self.client.fetch(attachment.url, attachment.name)

    async def show(self, delivery: Delivery) -> Placed:
        """Down a ladder of simpler forms until one is accepted."""
        pictures = await self._pictures.of(delivery.card, delivery.final)
        step = FULL
        while True:
            try:
                placed = await self._send(delivery, render(delivery.card, step, pictures, delivery.thread.id))
                break
            except Lost:  # the message that it was in; it is posted anew
                delivery = replace(delivery, ref="", slot=f"{delivery.slot}:{delivery.ref}")
            except CardRefused as refused:
                log.warning("feishu refused a card", slot=delivery.slot, step=step, why=str(refused))
                if step == BARE:
                    raise
                step += 1
            except TryLater as busy:
                if step == FULL:
                    raise
                await asyncio.sleep(min(busy.after, 30.0))
        await self.store.join(placed.thread.key)
        if not delivery.ref:
            await self._buzz(delivery.card, placed)
        if delivery.final:
            await self._attach(delivery.card, placed)
        return placed

    async def _buzz(self, card: Card, placed: Placed) -> None:
        """An urgent notice to those on call, for what is dangerous and waits for them."""
        buttons = (each for block in card.blocks if isinstance(block, Buttons) for each in block.buttons)
        if not self._urgent or not any(each.act == "approve" and each.typed for each in buttons):
            return
        path, people = f"/im/v1/messages/{placed.ref}/urgent_app", list(self._urgent)
        try:
            kind = {"user_id_type": "open_id"}
            await self.client.call("PATCH", path, params=kind, json={"user_id_list": people})
        except ChannelError as error:
            log.warning("nobody was buzzed", ref=placed.ref, why=str(error))

    async def members(self, roles: frozenset[str]) -> Sequence[Person]:
        """By name, department, group chat or user group."""
        return await self._people.members(roles)

    async def whisper(self, thread: Thread, person: Person, card: Card) -> None:
        """By direct message: nothing shown to one person alone can come later in a group."""
        body = {"receive_id": person.id, "msg_type": "interactive", "content": render(card)}
        for _ in range(3):
            try:
                await self.client.call("POST", "/im/v1/messages", params={"receive_id_type": "open_id"}, json=body)
                return
            except TryLater as busy:
                await asyncio.sleep(min(busy.after, 5.0))
            except ChannelError as error:
                log.warning("a word to one person could not be said", why=str(error))
                return

    async def _send(self, delivery: Delivery, content: str) -> Placed:
        root = delivery.thread.id
        if delivery.ref:
            if placed := await self.streams.update(delivery, content):
                return placed
            await self.client.call("PATCH", f"/im/v1/messages/{delivery.ref}", json={"content": content})
            return Placed(delivery.ref, replace(delivery.thread, id=root or delivery.ref))

        async def post(sent: str) -> Placed:
            told = await self._post(delivery.thread, "interactive", sent, delivery.slot)
            ref = str(told["message_id"])
            place = str(told.get("chat_id") or delivery.thread.place)
            return Placed(ref, replace(delivery.thread, id=root or ref, place=place))

        return await self.streams.begin(delivery, content, post) or await post(content)

    async def _post(self, thread: Thread, kind: str, content: str, name: str) -> dict[str, Any]:
        """A new message; the same name is posted once within the hour, whatever becomes of the answer."""
        body: dict[str, Any] = {"msg_type": kind, "content": content}
        body["uuid"] = hashlib.sha256(f"{thread.key}:{name}".encode()).hexdigest()[:40]
        if not thread.id:
            body["receive_id"] = thread.place
            kinds = {"receive_id_type": "open_id" if thread.place.startswith("ou_") else "chat_id"}
            return await self.client.call("POST", "/im/v1/messages", place=thread.place, params=kinds, json=body)
        path = f"/im/v1/messages/{thread.id}/reply"
        try:
            return await self.client.call("POST", path, place=thread.place, json={**body, "reply_in_thread": True})
        except NoThreads:
            return await self.client.call("POST", path, place=thread.place, json=body)

    async def _attach(self, card: Card, placed: Placed) -> None:
        """What is attached, and long logs, as files in the thread, each once. What fails is noted: the card stands."""
        for each in files_of(card, CODE_INLINE):
            digest = "feishu:" + hashlib.sha256(placed.ref.encode() + b"\n" + each.content).hexdigest()
            if await self.store.file(digest):
                continue
            try:
                form = {"file_type": "stream", "file_name": each.name}
                file = (each.name, each.content, each.media_type)
                told = await self.client.call("POST", "/im/v1/files", data=form, files={"file": file})
                key = orjson.dumps({"file_key": told["file_key"]}).decode()
                await self._post(placed.thread, "file", key, digest)
                await self.store.uploaded(digest, str(told["file_key"]))
            except ChannelError as error:
                log.warning("a file could not be attached", ref=placed.ref, why=str(error))

    async def _heard(self, request: Request) -> Response:
        """The webhook. What is not believed is not read, and not told why."""
        assert self._seal
        body = await request.body()
        try:
            told = self._seal.open(body, request.headers)
        except NotBelieved as error:
            log.warning("an event was not believed", why=str(error))
            return JSONResponse({"error": "not accepted"}, 401)
        if told.get("type") == "url_verification":
            return JSONResponse({"challenge": str(told.get("challenge", ""))})
        try:
            async with asyncio.timeout(2.6):
                answer = await self.listeners.answer(told)
        except (ChannelError, TimeoutError):
            return JSONResponse({"error": "not kept"}, 503)
        self._seal.handled(request.headers)
        return JSONResponse(answer or {})

    async def _know_ourselves(self) -> None:
        pause = 1.0
        while True:
            try:
                await self._ask_ourselves()
                self._wrong = ""
                return
            except ChannelError as error:
                self._wrong = _mend(error)
                log.warning("feishu cannot be reached", why=self._wrong)
            await asyncio.sleep(pause)
            pause = min(60.0, pause * 2)

    async def _ask_ourselves(self) -> None:
        told = await self.client.call("GET", "/bot/v3/info")
        self.listeners.bot = str((told.get("bot") or {}).get("open_id") or "")


def _mend(error: ChannelError) -> str:
    if isinstance(error, TryLater):
        return f"Feishu asks us to wait {error.after:.0f} s."
    if error.values.get("code") in {10003, 10014, 10015, 99991543}:
        return "Feishu does not accept the app: check FEISHU_APP_ID and FEISHU_APP_SECRET (Credentials & Basic Info)."
    return Words("en").of_error(error.key, error.values, str(error))
