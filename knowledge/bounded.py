"""Hooks for HTTP clients that bound nothing themselves: each answer whole within a time and a size."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

MOST_BYTES = 32 * 1024 * 1024
STEPS = ("connect", "read", "write", "pool")


def bounded(
    seconds: Callable[[httpx.Request], float], most_bytes: int = MOST_BYTES
) -> dict[str, list[Callable[..., Any]]]:
    """For `event_hooks` of an httpx.Client. `seconds`: how long a request may take from first to last."""

    def ask(request: httpx.Request) -> None:
        whole = seconds(request)
        request.headers["accept-encoding"] = "identity"
        request.extensions["timeout"] = dict.fromkeys(STEPS, whole)
        request.extensions["until"] = time.monotonic() + whole

    def take(told: httpx.Response) -> None:
        if told.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise httpx.ReadError("the answer is packed, which was not asked for", request=told.request)
        assert isinstance(told.stream, httpx.SyncByteStream)
        told.stream = _Counted(told.stream, most_bytes, told.request)

    return {"request": [ask], "response": [take]}


class _Counted(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, most: int, request: httpx.Request) -> None:
        self._stream = stream
        self._most = most
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        for piece in self._stream:
            read += len(piece)
            if read > self._most:
                raise httpx.ReadError(f"the answer is longer than {self._most} bytes", request=self._request)
            if time.monotonic() > self._request.extensions["until"]:
                raise httpx.ReadTimeout("the whole answer took too long", request=self._request)
            yield piece

    def close(self) -> None:
        self._stream.close()
