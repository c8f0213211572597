"""Carries requests to Dify's Service API, and gives back events or one of our errors."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx

from bot.errors import BotError, BrainAway, BrainRefused
from bot.think.dify.events import Event, read_event
from bot.think.dify.frames import Frames, TooLong
from bot.think.dify.settings import DifySettings
from bot.think.dify.troubles import of_response

MOST_BODY = 1_000_000
MOST_STREAM = 64_000_000
"""Bytes of one answer, with all that its nodes told."""
PATIENCE = 10.0
"""Seconds that we wait at most, when asked to, before the one retry."""


class LineLost(Exception):
    """The stream ended before Dify said how."""


class Client:
    """One app of one Dify. The HTTP client may be handed in; then it is not ours to close."""

    def __init__(self, settings: DifySettings, http: httpx.AsyncClient | None = None) -> None:
        self.settings = settings
        self._own = http is None
        secure = settings.base.startswith("https")  # a certificate store takes long to read
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._http = http or httpx.AsyncClient(limits=limits, verify=secure)
        self._timeout = httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds, pool=None)

    async def chat(self, body: Mapping[str, Any]) -> AsyncGenerator[Event]:
        """The events of one answer. Raises LineLost after the first event; before it, one retry, then BrainAway."""
        for last in (False, True):
            started = False
            try:
                async with aclosing(self._events("POST", "/chat-messages", json=dict(body))) as events:
                    async for event in events:
                        started = True
                        yield event
                return
            except LineLost:
                if started or last:
                    raise
            except BrainAway as error:
                after = float(error.values.get("after") or 0.5)
                if started or last or not error.values.get("again", True) or after > PATIENCE:
                    raise
                await asyncio.sleep(after)

    def run(self, body: Mapping[str, Any]) -> AsyncGenerator[Event]:
        """The events of a workflow, which is no conversation."""
        return self._events("POST", "/workflows/run", json=dict(body))

    def resume(self, run: str, user: str) -> AsyncGenerator[Event]:
        """The events of a chatflow's run that goes on without us."""
        params = {"user": user, "include_state_snapshot": "true"}
        return self._events("GET", f"/workflow/{run}/events", params=params)

    async def _events(self, method: str, path: str, **asked: Any) -> AsyncGenerator[Event]:
        deadline, read, heard = time.monotonic() + self.settings.total_seconds, 0, False
        frames = Frames()
        async with self._asked(method, path, **asked) as response:
            if response.status_code != 200:
                raise await _trouble(response)
            if "text/event-stream" not in response.headers.get("content-type", ""):
                raise BrainRefused("dify_address")
            try:
                async for chunk in response.aiter_raw():
                    read += len(chunk)
                    if read > MOST_STREAM:
                        raise BrainAway("dify_endless", most=MOST_STREAM // 1_000_000, again=False)
                    for raw in frames.feed(chunk):
                        if event := read_event(raw):
                            heard = True
                            yield event
                    if time.monotonic() > deadline:
                        raise BrainAway("dify_too_long", minutes=max(1, round(self.settings.total_seconds / 60)))
            except TooLong as error:
                raise LineLost if heard else BrainRefused("dify_address") from error
            except httpx.TransportError as error:
                raise LineLost from error
        if read and not heard:
            raise BrainRefused("dify_address")
        raise LineLost

    @asynccontextmanager
    async def _asked(self, method: str, path: str, beside: bool = False, **asked: Any) -> AsyncIterator[httpx.Response]:
        """`beside`: not of the API, and without its key."""
        headers = {"Accept-Encoding": "identity"}
        url = self.settings.base.removesuffix("/v1") + path if beside else self.settings.base + path
        if not beside:
            headers["Authorization"] = f"Bearer {self.settings.key.get_secret_value()}"
        try:
            request = self._http.build_request(method, url, headers=headers, timeout=self._timeout, **asked)
            async with asyncio.timeout(self.settings.read_seconds + self.settings.connect_seconds):
                response = await self._http.send(request, stream=True)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise BrainRefused("dify_address") from error
        except httpx.ConnectTimeout as error:
            raise BrainAway("dify_unreachable", url=self.settings.base) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise BrainAway("dify_silent", seconds=round(self.settings.read_seconds), again=False) from error
        except httpx.TransportError as error:
            raise BrainAway("dify_unreachable", url=self.settings.base) from error
        try:
            yield response
        finally:
            await response.aclose()

    async def call(self, method: str, path: str, within: float = 0.0, **asked: Any) -> Any:
        """The JSON of a plain request; None when there is no body. Raises our errors.

        `within`: seconds for all of it; as long as a stream may be silent, where nothing is said.
        """
        within = within or self.settings.read_seconds
        try:
            async with asyncio.timeout(within):
                return await self._call(method, path, **asked)
        except TimeoutError as error:
            raise BrainAway("dify_silent", seconds=round(within), again=False) from error

    async def picture(self, path: str, most: int) -> tuple[bytes, str]:
        """A file that Dify serves beside its API, and its media type; empty when it is larger than we take."""
        try:
            async with asyncio.timeout(15), self._asked("GET", path, beside=True) as response:
                if response.status_code != 200:
                    raise await _trouble(response)
                body = await _body(response, most + 1)
        except TimeoutError as error:
            raise BrainAway("dify_silent", seconds=15, again=False) from error
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return (b"" if len(body) > most else body), kind

    async def _call(self, method: str, path: str, **asked: Any) -> Any:
        async with self._asked(method, path, **asked) as response:
            if response.status_code not in {200, 201, 204}:
                raise await _trouble(response)
            body = await _body(response)
        if not body:
            return None
        try:
            return httpx.Response(200, content=body).json()
        except ValueError as error:
            raise BrainRefused("dify_address") from error

    async def stop(self, task: str, user: str) -> None:
        """Ask Dify to stop an answer; it says "success" in any case, so nothing is learned from it."""
        try:
            async with asyncio.timeout(5):
                await self.call("POST", f"/chat-messages/{task}/stop", json={"user": user})
        except (BotError, TimeoutError):
            return

    async def close(self) -> None:
        if self._own:
            await self._http.aclose()


async def _trouble(response: httpx.Response) -> BotError:
    return of_response(response.status_code, dict(response.headers), await _body(response))


async def _body(response: httpx.Response, most: int = MOST_BODY) -> bytes:
    body = b""
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > most:
                break
    except httpx.TransportError:
        return b""
    return body
