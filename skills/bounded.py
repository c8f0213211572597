"""Hooks for HTTP clients that bound nothing themselves: no answer without end is read, and none that is packed."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import httpx

MOST_BYTES = 32 * 1024 * 1024
LONGEST_LINE = 1024 * 1024


class Overlong(httpx.ReadError):
    """The answer did not end where an honest one would have."""


def bounded(most_bytes: int = MOST_BYTES) -> dict[str, list[Callable[..., Any]]]:
    """For `event_hooks` of an httpx.AsyncClient. The answer is asked for unpacked, so that its bytes are all it is."""

    async def ask(request: httpx.Request) -> None:
        request.headers["accept-encoding"] = "identity"

    async def take(told: httpx.Response) -> None:
        if told.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Overlong("the answer is packed, which was not asked for", request=told.request)
        assert isinstance(told.stream, httpx.AsyncByteStream)
        told.stream = _Counted(told.stream, most_bytes, told.request)

    return {"request": [ask], "response": [take]}


class _Counted(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, most: int, request: httpx.Request) -> None:
        self._stream = stream
        self._most = most
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for piece in self._stream:
            read += len(piece)
            if read > self._most:
                raise Overlong(f"the answer is longer than {self._most} bytes", request=self._request)
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


async def lines_of(answer: httpx.Response) -> AsyncGenerator[str]:
    """Lines as they come. One that does not end is no line of a server that is well: raises ReadError."""
    rest = b""
    async for piece in answer.aiter_bytes():
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            if line.strip():
                yield line.decode(errors="replace").rstrip("\r")
        if len(rest) > LONGEST_LINE:
            raise httpx.ReadError(f"a line is longer than {LONGEST_LINE} bytes")
    if rest.strip():
        yield rest.decode(errors="replace")
