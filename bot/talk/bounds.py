"""What every request passes before it is read: a bound on its size, a bound on its time, and safe headers back."""

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.talk.refused import Refused, answer

CONTENT_SECURITY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SafeHeaders:
    """Puts the security headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, sending)


class Bounds:
    """Refuses a body that is too big and a request that takes too long; a stream that has begun may go on."""

    def __init__(self, app: ASGIApp, most_bytes: int, timeout: float) -> None:
        self._app = app
        self._most = most_bytes
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = HTTPConnection(scope).headers.get("content-length", "0")
        if not told.isdigit() or int(told) > self._most:
            await self._refuse(self._too_big(), scope, receive, send)
            return
        started = False
        read = 0

        async def receiving() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                raise self._too_big()
            return message

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                bound.reschedule(None)
            await send(message)

        try:
            async with asyncio.timeout(self._timeout) as bound:
                await self._app(scope, receiving, sending)
        except TimeoutError:
            if started:
                raise
            await self._refuse(Refused(503, "http_too_slow", seconds=self._timeout), scope, receive, send)

    def _too_big(self) -> Refused:
        return Refused(413, "http_too_big", {"connection": "close"}, most=f"{self._most // 1000} KB")

    async def _refuse(self, refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(HTTPConnection(scope), refused)(scope, receive, send)
