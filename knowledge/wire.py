"""How importers ask a source: bounded, patient when it is busy, and clear about what went wrong."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from knowledge.errors import BadSource, SourceAway

TRIES = 6
LONGEST_WAIT = 300.0
LARGEST = 50 * 1024 * 1024
Sleep = Callable[[float], Awaitable[None]]


class Wire:
    """One source. `pace` is the least time between two requests of one path, for sources that count them."""

    def __init__(
        self,
        source: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        sleep: Sleep = asyncio.sleep,
        **more: Any,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise BadSource("import_bad_source", source=source, why=f"its address {url!r} must begin with https://")
        self.source = source
        self.url = url.rstrip("/")
        self._sleep = sleep
        self._last: dict[str, float] = {}
        timeout = httpx.Timeout(60.0, connect=10.0)
        self._http = httpx.AsyncClient(headers=dict(headers or {}), auth=auth, timeout=timeout, **more)

    async def close(self) -> None:
        await self._http.aclose()

    async def json(
        self, method: str, path: str, *, pace: float = 0, absent: tuple[int, ...] = (), **arguments: Any
    ) -> Any:
        """The reply as JSON; None if its status is one of `absent`. Asks again what may be asked again."""
        why = ""
        for attempt in range(TRIES):
            await self._pause(path, pace)
            try:
                reply = await self._ask(method, path, arguments)
                if reply.status_code in absent:
                    return None
                if reply.status_code < 400:
                    return _told(reply)
                if reply.status_code in {401, 403}:
                    raise BadSource("import_forbidden", source=self.source, status=reply.status_code)
                if reply.status_code != 429 and reply.status_code < 500:
                    told = " ".join(reply.text.split())[:200]
                    raise BadSource("import_bad_source", source=self.source, why=f"{reply.status_code}: {told}")
                why = f"status {reply.status_code}"
                wait = _asked_to_wait(reply)
            except (httpx.HTTPError, ValueError) as error:  # a body that ends too early is no JSON
                why, wait = str(error) or type(error).__name__, None
            if attempt < TRIES - 1:
                patient = 0.5 * 2**attempt + random.uniform(0, 0.25)  # noqa: S311 - only spreads requests
                await self._sleep(min(wait if wait is not None else patient, LONGEST_WAIT))
        raise SourceAway("import_away", source=self.source, why=why)

    async def lines(self, path: str, params: Mapping[str, Any], seconds: float) -> AsyncIterator[str]:
        """Lines of a reply that goes on; it ends when the source ends it, in whatever way."""
        try:
            async with self._http.stream("GET", self.url + path, params=params, timeout=seconds) as reply:
                if reply.status_code < 400:
                    async for line in reply.aiter_lines():
                        yield line
        except httpx.HTTPError:
            return

    async def _ask(self, method: str, path: str, arguments: dict[str, Any]) -> httpx.Response:
        url = path if path.startswith("http") else self.url + path
        try:
            httpx.URL(url)
            ours = url.startswith(self.url + "/")
        except httpx.InvalidURL:
            ours = False
        if not ours:  # a link to elsewhere would carry our token there
            raise BadSource("import_bad_source", source=self.source, why=f"it points us to {url[:100]!r}")
        async with self._http.stream(method, url, **arguments) as reply:
            body = bytearray()
            async for part in reply.aiter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise BadSource("import_bad_source", source=self.source, why=f"a reply of {path} is too large")
        return httpx.Response(reply.status_code, headers=_plain(reply.headers), content=bytes(body))

    async def _pause(self, path: str, pace: float) -> None:
        if pace:
            early = self._last.get(path, -pace) + pace - time.monotonic()
            if early > 0:
                await self._sleep(early)
            self._last[path] = time.monotonic()


def _told(reply: httpx.Response) -> Any:
    """Its JSON; null is no reply, and is asked for again: None means that the source has no such thing."""
    found = reply.json()
    if found is None:
        raise ValueError("it sent null")
    return found


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """Without what described the body while it travelled."""
    travel = {"content-encoding", "content-length", "transfer-encoding"}
    return {name: value for name, value in headers.items() if name.lower() not in travel}


def _asked_to_wait(reply: httpx.Response) -> float | None:
    """Retry-After: seconds, or a date."""
    asked = reply.headers.get("retry-after", "").strip()
    if asked.replace(".", "", 1).isdigit():
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time()) if asked else None
    except ValueError:
        return None
