"""Feishu's API over HTTP: one pool of connections, a token renewed in time, errors as what the caller must do."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import structlog

from bot.errors import CardRefused, ChannelError, TryLater, Undeliverable
from bot.talk.answered import Answered
from bot.talk.budget import Bucket
from bot.talk.channels.feishu.settings import FeishuSettings
from bot.talk.skew import skew
from skills.bounded import bounded
from skills.shapes import agrees

log = structlog.get_logger()
SECONDS, MOST_SECONDS = 15.0, 30.0
"""Of silence, and for a whole answer."""
MOST_ANSWER = 16_000_000
MOST_BYTES = 15_000_000
"""Of one file that somebody attached."""
STALE_TOKEN = {99991661, 99991663, 99991664, 99991668, 99991671}
BUSY = {99991400, 230020, 11232, 11233, 1000004, 1000005, 99991402}
REFUSED = {230001, 230025, 230028, 230099, 230110, 200570, 200621, 200732, 200812, 200861, 200914, 300301, 11310, 11311}
GONE = {230002, 230006, 230013, 230017, 230018, 230019, 230027, 230029, 230034, 230035, 230038, 232009, 230053}
LOST = {230011, 230031, 230054, 230108, 230111}
STRANGE = "it answered with something else than Feishu does"
FIELDS = {
    **dict.fromkeys(("message_id", "chat_id", "image_key", "file_key", "card_id", "page_token"), str),
    **{name: [dict] for name in ("items", "memberlist", "scopes", "app_slash_commands")},
    "bot": {"open_id": str},
    "user": {"name": str, "email": str, "department_ids": [str]},
    "app": dict,
}
"""Of which kinds they are in whatever answers."""
NO_THREADS = {230071, 230072, 230073}


class Lost(ChannelError):
    """The message that was to be updated is gone or too old: post it anew."""


class NoThreads(ChannelError):
    """Here one can only answer flatly."""


class FeishuClient:
    """One app in one tenant."""

    def __init__(self, settings: FeishuSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self.clock = clock
        self._http: httpx.AsyncClient | None = None
        self._token = ""
        self._until = 0.0
        self.skew = 0.0
        """Seconds that our clock is ahead of Feishu's, as its last answer told it."""
        self._renewing = asyncio.Lock()
        self._buckets: dict[str, Bucket] = {}

    @property
    def app_id(self) -> str:
        return self._settings.app_id

    @property
    def http(self) -> httpx.AsyncClient:
        if self._http is None:
            patience = httpx.Timeout(SECONDS, connect=min(SECONDS, 5.0))
            url, hooks = self._settings.api_url, bounded(MOST_ANSWER)
            self._http = httpx.AsyncClient(base_url=url, timeout=patience, event_hooks=hooks)
        return self._http

    async def close(self) -> None:
        if self._http:
            await self._http.aclose()
            self._http = None

    async def call(self, method: str, path: str, *, place: str = "", **told: Any) -> dict[str, Any]:
        """The answer's `data`. Raises TryLater, CardRefused, Undeliverable, Lost, NoThreads or ChannelError.

        Args:
            method: Of HTTP.
            path: Under /open-apis, e.g. `/im/v1/messages`.
            place: Chat whose own budget counts as well: all bots in it share five sends a second.
            told: As httpx takes it: json, params, files, data.
        """
        if wait := self._wait(place):
            raise TryLater(wait)
        for fresh in (False, True):
            token = await self._tenant_token(renew=fresh)
            body, response = await self._ask(method, f"/open-apis{path}", token, told)
            code = body.get("code") or 0
            if code in STALE_TOKEN and not fresh:
                continue
            if code or response.status_code >= 400:
                raise self._ours(code, response, body, path, place)
            kept = body.get("data") or {key: body[key] for key in body if key not in {"code", "msg"}}
            return Answered(kept, FIELDS, "feishu_unreachable")
        raise AssertionError

    async def fetch(self, path: str, name: str) -> bytes:
        """A file of a message, at `/im/v1/messages/…/resources/…`. Raises ChannelError."""
        token = await self._tenant_token(renew=False)
        try:
            asked = self.http.stream("GET", f"/open-apis{path}", headers={"authorization": f"Bearer {token}"})
            async with asked as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise ChannelError("file_not_had", name=name, why=f"it is over {MOST_BYTES // 1_000_000} MB")
        except httpx.HTTPError as error:
            raise ChannelError("file_not_had", name=name, why=type(error).__name__) from error
        if response.status_code != 200:
            raise ChannelError("file_not_had", name=name, why=f"Feishu answered {response.status_code}")
        return bytes(body)

    async def endpoint(self) -> dict[str, Any]:
        """Where the long connection is to be opened, and how often it wants to hear from us."""
        secret = self._settings.app_secret.get_secret_value()
        told = {"json": {"AppID": self._settings.app_id, "AppSecret": secret}, "headers": {"locale": "zh"}}
        body, _ = await self._ask("POST", "/callback/ws/endpoint", "", told)
        if body.get("code"):
            raise ChannelError("feishu_refused", code=body["code"], why=body.get("msg", ""))
        fields = {"URL": str, "ClientConfig": {"PingInterval": int}}
        return Answered(body.get("data") or {}, fields, "feishu_unreachable")

    async def _tenant_token(self, *, renew: bool) -> str:
        async with self._renewing:
            if renew or self.clock() > self._until:
                secret = self._settings.app_secret.get_secret_value()
                told = {"json": {"app_id": self._settings.app_id, "app_secret": secret}}
                path = "/open-apis/auth/v3/tenant_access_token/internal"
                body, _ = await self._ask("POST", path, "", told)
                if body.get("code"):
                    raise ChannelError("feishu_refused", code=body["code"], why=body.get("msg", ""))
                told = Answered(body, {"tenant_access_token": str, "expire": int}, "feishu_unreachable")
                self._token = told["tenant_access_token"]
                self._until = self.clock() + max(30.0, (told.get("expire") or 7200) - 300)
            return self._token

    async def _ask(
        self, method: str, path: str, token: str, told: dict[str, Any]
    ) -> tuple[dict[str, Any], httpx.Response]:
        headers = dict(told.get("headers") or {}) | ({"authorization": f"Bearer {token}"} if token else {})
        try:
            async with asyncio.timeout(MOST_SECONDS):
                response = await self.http.request(method, path, **{**told, "headers": headers})
            self.skew = skew(response.headers.get("date", ""), time.time())
            body = response.json()
        except (httpx.HTTPError, ValueError, TimeoutError) as error:
            raise ChannelError("feishu_unreachable", why=type(error).__name__) from error
        if response.status_code < 400 and not agrees(body, {"code": int, "data": dict}):
            raise ChannelError("feishu_unreachable", why=STRANGE)
        return (body if agrees(body, {"code": int}) else {}), response

    def _wait(self, place: str) -> float:
        now = self.clock()
        waits = []
        budgets = (("", 900.0, 40.0), (place, 240.0, 4.0)) if place else (("", 900.0, 40.0),)
        for key, per_minute, most in budgets:
            bucket = self._buckets.setdefault(key, Bucket(per_minute, most, most, now))
            waits.append(bucket.take(now))
        return max(waits)

    def _ours(self, code: int, response: httpx.Response, body: dict[str, Any], path: str, place: str) -> ChannelError:
        why = str(body.get("msg") or response.status_code)
        if code in BUSY or response.status_code == 429:
            reset = response.headers.get("x-ogw-ratelimit-reset", "")
            after = float(reset) if reset.isdigit() else 2.0
            self._buckets[place if code == 230020 else ""].closed_until = self.clock() + after
            return TryLater(max(0.5, after))
        log.warning("feishu refused a call", path=path, code=code, why=why[:300])
        if code in REFUSED or 200_000 <= code < 201_000:
            return CardRefused(code=code, why=why)
        if code in LOST:
            return Lost(code=code, why=why)
        if code in NO_THREADS:
            return NoThreads(code=code, why=why)
        if code in GONE:
            return Undeliverable(code=code, why=why)
        return ChannelError("feishu_refused", code=code or response.status_code, why=why)
