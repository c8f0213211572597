"""Feishu's long connection: on our own loop, taken up anew when it breaks, let go of when we stop."""

import asyncio
import base64
import json
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from bot.errors import ChannelError, StoreDown
from bot.talk.channels.feishu.client import FeishuClient
from bot.talk.channels.feishu.frames import CONTROL, BrokenFrame, Frame, ping

log = structlog.get_logger()
PIECES_KEPT = 10.0
PATIENCE = 2.6
"""Seconds for an answer; Feishu waits three."""
Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any] | None]]


class Socket:
    """One connection at a time. `answer` is given each event, and what it returns is the reply."""

    def __init__(self, client: FeishuClient, answer: Answer) -> None:
        self._client = client
        self._answer = answer
        self._pieces: dict[str, tuple[float, dict[int, bytes]]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self.wrong = "Feishu has not been reached yet."
        self.tried = asyncio.Event()

    async def stay(self) -> None:
        """Connected, or trying to be, ever more slowly."""
        pause = 1.0
        while True:
            try:
                await self._once()
                pause = 1.0
            except (ChannelError, WebSocketException, OSError, TimeoutError, ValueError, KeyError) as error:
                self.wrong = f"Feishu cannot be reached ({error})."
                log.warning("feishu's line broke", why=str(error))
                pause = min(60.0, pause * 2)
            self.tried.set()
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311

    async def stop(self) -> None:
        """Let the answers under way end."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=2)

    async def _once(self) -> None:
        told = await self._client.endpoint()
        seconds = float((told.get("ClientConfig") or {}).get("PingInterval") or 90)
        url = told["URL"]
        service = int(parse_qs(urlsplit(url).query).get("service_id", ["0"])[0])
        async with connect(url, open_timeout=10, ping_interval=20, ping_timeout=20, max_size=2**22) as line:
            self.wrong = ""
            self.tried.set()
            pinging = asyncio.create_task(self._ping(line, service, seconds), name="feishu ping")
            try:
                async for raw in line:
                    if isinstance(raw, bytes):
                        self._take(line, raw)
            finally:
                pinging.cancel()
        self.wrong = "Feishu's line broke; it is being taken up again."

    async def _ping(self, line: ClientConnection, service: int, seconds: float) -> None:
        while True:
            await line.send(ping(service).dump())
            await asyncio.sleep(seconds)

    def _take(self, line: ClientConnection, raw: bytes) -> None:
        try:
            frame = Frame.load(raw)
        except BrokenFrame as error:
            log.warning("feishu sent a broken frame", why=str(error))
            return
        if frame.method == CONTROL or (payload := self._joined(frame)) is None:
            return
        task = asyncio.create_task(self._reply(line, frame, payload), name="feishu event")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def _joined(self, frame: Frame) -> bytes | None:
        """The whole payload, once all of its pieces are there."""
        count = int(frame.headers.get("sum") or 1)
        if count <= 1:
            return frame.payload
        now = time.monotonic()
        self._pieces = {name: kept for name, kept in self._pieces.items() if kept[0] > now}
        name = frame.headers.get("message_id", "")
        _, pieces = self._pieces.setdefault(name, (now + PIECES_KEPT, {}))
        pieces[int(frame.headers.get("seq") or 0)] = frame.payload
        if len(pieces) < count:
            return None
        del self._pieces[name]
        return b"".join(pieces[place] for place in sorted(pieces))

    async def _reply(self, line: ClientConnection, frame: Frame, payload: bytes) -> None:
        """What could not be kept is answered with an error, so that it is sent again."""
        began = time.monotonic()
        told: dict[str, Any] = {"code": 200}
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._answer(json.loads(payload))
            if answer is not None:
                told["data"] = base64.b64encode(json.dumps(answer, ensure_ascii=False).encode()).decode()
        except (StoreDown, ChannelError, TimeoutError, ValueError) as error:
            log.warning("an event of feishu could not be kept", why=str(error) or type(error).__name__)
            told = {"code": 500}
        headers = {**frame.headers, "biz_rt": str(int((time.monotonic() - began) * 1000))}
        reply = Frame(frame.seq, frame.log, frame.service, frame.method, headers, payload=json.dumps(told).encode())
        try:
            await line.send(reply.dump())
        except (WebSocketException, OSError) as error:
            log.warning("an answer to feishu was lost", why=str(error))
