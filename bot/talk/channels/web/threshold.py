"""What a request must show before the page's API listens to it."""

import hmac
import ipaddress
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from bot.talk.channels.web.sessions import Session, Sessions
from bot.talk.refused import Refused

B = TypeVar("B", bound=BaseModel)
MOST_BYTES = 131_072
MOST_BUCKETS = 10_000


def is_local(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Rate:
    """So many a minute for each key, with a burst of a third of that."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_minute / 60
        self._burst = max(3.0, per_minute / 3)
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> None:
        """Raises Refused when there is nothing left."""
        now = self._clock()
        left, at = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        if len(self._left) >= MOST_BUCKETS:
            self._left.pop(next(iter(self._left)))
        if left < 1:
            self._left[key] = (left, now)
            wait = int((1 - left) / self._per_second) + 1
            raise Refused(429, "web_too_fast", {"retry-after": str(wait)}, seconds=wait)
        self._left[key] = (left - 1, now)


class Threshold:
    """Knows the caller by the session alone, and takes posts from our own page alone."""

    def __init__(self, sessions: Sessions, host: str, per_minute: int) -> None:
        self._sessions = sessions
        self._local = is_local(host)
        self._posts = Rate(per_minute)
        self._tries = Rate(10)

    def at_our_name(self, request: Request) -> None:
        """While only this machine is served, a foreign name means that another site's page is behind it."""
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        if self._local and not is_local(host):
            raise Refused(403, "web_foreign_host", host=host[:100])

    async def session(self, request: Request) -> Session:
        """Whoever asks. Raises Refused."""
        self.at_our_name(request)
        session = await self._sessions.of(request)
        if session is None:
            raise Refused(401, "web_sign_in")
        return session

    async def poster(self, request: Request) -> Session:
        """Whoever posts, from our page, not too often. Raises Refused."""
        session = await self.session(request)
        self.from_our_page(request)
        if not hmac.compare_digest(request.headers.get("x-csrf-token", ""), session.csrf):
            raise Refused(403, "web_not_our_page")
        self._posts.take(session.id)
        return session

    def from_our_page(self, request: Request) -> None:
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", "same-origin")
        if site != "same-origin" or (origin and urlsplit(origin).netloc != request.headers.get("host")):
            raise Refused(403, "web_not_our_page")

    def one_try(self, request: Request) -> None:
        """A token may be tried a few times a minute from one place."""
        self._tries.take(request.client.host if request.client else "")


async def body(request: Request, kind: type[B]) -> B:
    """The JSON body of a post. Raises Refused."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MOST_BYTES:
            raise Refused(413, "web_too_long", {"connection": "close"}, most=f"{MOST_BYTES // 1024} KB")
    try:
        return kind.model_validate_json(bytes(read))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Refused(422, "web_bad_body", where=where, why=first["msg"]) from error
