"""The one way out to any server: bounded in time and bytes, with every failure told as one of our errors."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import stamina

from skills.bounded import lines_of
from skills.errors import BadArguments, Conflict, Forbidden, NotFound, SkillError, Unreachable, Unsure
from skills.evidence import JSON
from skills.shapes import Shape, agrees

MEBIBYTE = 1024 * 1024
LONGEST_SILENCE = 300.0
Params = Mapping[str, str | int | float | list[str]]
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
"""What fails before the first byte has left us."""


class _Again(Exception):
    """A read that may be tried again at once."""

    def __init__(self, told: SkillError) -> None:
        super().__init__(str(told))
        self.told = told


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is, how it knows us, and how much of it we can bear."""

    system: str
    """Its name for people: "Prometheus"."""
    url: str
    token: str = ""
    token_file: str = ""
    """Read anew for each call, as such tokens are rotated."""
    user: str = ""
    password: str = ""
    ca_file: str = ""
    ca_text: str = ""
    client_cert: tuple[str, str] | None = None
    """Files of a certificate and its key."""
    check_certificate: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 10.0
    """Seconds of silence; a whole answer may take twice as long."""
    most_bytes: int = 8 * MEBIBYTE
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Http:
    """One client for one server."""

    def __init__(self, server: Server, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.server = server
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self.received = 0
        """Bytes of all answers so far."""

    async def read_json(
        self, path: str, params: Params | None = None, form: Params | None = None, like: Shape = object
    ) -> Any:
        """Ask, with retries: for questions that change nothing. A form is sent by POST.

        Raises Unreachable where the answer is not `like` what was agreed on.
        """
        answer = self._as_json(await self.read(path, params, form))
        if not agrees(answer, like):
            raise self.strange()
        return answer

    def strange(self) -> Unreachable:
        """It answered, and with something else than its kind answers."""
        return Unreachable("not_its_kind", system=self.server.system, url=self.server.url)

    async def read(self, path: str, params: Params | None = None, form: Params | None = None) -> Reply:
        """As read_json, but raw."""
        try:
            async for attempt in stamina.retry_context(
                on=_Again, attempts=self.server.tries, timeout=self.server.timeout, wait_initial=0.1, wait_max=1.0
            ):
                with attempt:
                    try:
                        return await self._once("POST" if form else "GET", path, params=params, form=form)
                    except Unreachable as told:
                        if told.values.get("status") in {500, 501}:
                            raise
                        raise _Again(told) from told
        except _Again as again:
            raise again.told from again.__cause__
        raise AssertionError("a retry either returns or raises")

    async def write_json(
        self,
        method: str,
        path: str,
        body: object,
        params: Params | None = None,
        content_type: str = "application/json",
        *,
        trial: bool = False,
    ) -> Any:
        """Say once, and never again by itself: a change that was lost is looked at, not repeated blindly.

        `trial`: it changes nothing, whatever becomes of it.

        Raises:
            Unsure: it was sent, and no answer says what became of it.
        """
        try:
            reply = await self._once(method, path, params=params, body=body, content_type=content_type)
            return self._as_json(reply) if reply.body else None
        except SkillError as error:
            if trial or not _may_be_done(error):
                raise
            why = error.values.get("why") or str(error)
            told = {"system": self.server.system, "url": self.server.url, "why": why}
            raise Unsure("unsure", **told, status=error.values.get("status", 0)) from error

    async def lines(self, path: str, params: Params | None = None) -> AsyncGenerator[str]:
        """An answer that goes on, line by line, until the server ends it; silence of some minutes ends it too."""
        if self._client is None:
            self._client = self._connect()
        where, patience = self.server.url.rstrip("/") + path, httpx.Timeout(self.server.timeout, read=LONGEST_SILENCE)
        headers = dict(self._authorization())
        try:
            async with self._client.stream(
                "GET", where, params=_listed(params), headers=headers, timeout=patience
            ) as answer:
                if answer.status_code >= 300:
                    raise self._refused(Reply(answer.status_code, await self._bounded(answer), dict(answer.headers)))
                async for line in lines_of(answer):
                    yield line
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._unreachable(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _once(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        form: Params | None = None,
        body: object = None,
        content_type: str = "application/json",
    ) -> Reply:
        headers = dict(self._authorization())
        content: bytes | None = None
        if body is not None:
            content = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
            headers["Content-Type"] = content_type
        if self._client is None:
            self._client = self._connect()
        where = self.server.url.rstrip("/") + path
        try:
            async with (
                asyncio.timeout(2 * self.server.timeout),
                self._client.stream(
                    method, where, params=_listed(params), data=_listed(form), content=content, headers=headers
                ) as answer,
            ):
                reply = Reply(answer.status_code, await self._bounded(answer), dict(answer.headers))
        except TimeoutError as error:
            raise self._unreachable(f"no whole answer within {2 * self.server.timeout:g} s") from error
        except httpx.TimeoutException as error:
            raise self._unreachable(f"no answer within {self.server.timeout:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._unreachable(str(error) or type(error).__name__) from error
        if reply.status >= 300:
            raise self._refused(reply)
        return reply

    async def _bounded(self, answer: httpx.Response) -> bytes:
        kept = bytearray()
        async for piece in answer.aiter_bytes():
            kept += piece
            self.received += len(piece)
            if len(kept) > self.server.most_bytes:
                raise BadArguments("too_large", system=self.server.system, most=self.server.most_bytes)
        return bytes(kept)

    def _connect(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self._transport,
            verify=self._trust() if self.server.url.startswith("https") and self._transport is None else True,
            timeout=self.server.timeout,
            headers={"User-Agent": "dutybot", "Accept": "application/json", **self.server.headers},
            auth=(self.server.user, self.server.password) if self.server.user else None,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
        )

    def _trust(self) -> ssl.SSLContext:
        server = self.server
        try:
            trust = ssl.create_default_context(cafile=server.ca_file or None, cadata=server.ca_text or None)
            if server.client_cert:
                trust.load_cert_chain(*server.client_cert)
        except OSError as error:
            path = server.ca_file or (server.client_cert or ("",))[0]
            raise Unreachable("bad_certificate_file", system=server.system, path=path, why=str(error)) from error
        if not server.check_certificate:
            trust.check_hostname = False
            trust.verify_mode = ssl.CERT_NONE
        return trust

    def _authorization(self) -> Mapping[str, str]:
        token = self.server.token
        if self.server.token_file:
            try:
                token = Path(self.server.token_file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise self._unreachable(f"its token file cannot be read: {error}") from None
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _unreachable(self, why: str) -> Unreachable:
        return Unreachable("unreachable", system=self.server.system, url=self.server.url, why=why)

    def _refused(self, reply: Reply) -> SkillError:
        told: dict[str, JSON] = {"system": self.server.system, "why": said(reply.body), "status": reply.status}
        match reply.status:
            case 401:
                return Forbidden("not_signed_in", **told)
            case 403:
                return Forbidden("forbidden", **told)
            case 404:
                return NotFound("not_found", **told)
            case 409:
                return Conflict("changed_meanwhile", **told)
            case 400 | 422:
                return BadArguments("not_understood", **told)
            case _:
                return Unreachable("answered_badly", **told)

    def _as_json(self, reply: Reply) -> Any:
        try:
            return json.loads(reply.body)
        except ValueError as error:
            raise Unreachable("not_json", system=self.server.system, url=self.server.url) from error


def _may_be_done(error: SkillError) -> bool:
    """Whether the change may have been made, though no clear answer came."""
    if error.key == "unreachable":
        return error.__cause__ is not None and not isinstance(error.__cause__, NEVER_SENT)
    status = error.values.get("status")
    return error.key in {"not_json", "too_large"} or (isinstance(status, int) and status >= 500 and status != 501)


def said(body: bytes) -> str:
    """What an error's body says, in one short line: servers answer errors in JSON or in plain text."""
    text = body[:4000].decode(errors="replace").strip()
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if isinstance(told, dict):
        text = str(told.get("error") or told.get("message") or told.get("msg") or text)
    elif isinstance(told, str):
        text = told
    return " ".join(text.split())[:300] or "it did not say why"


def _listed(params: Params | None) -> Any:
    """As httpx wants a query or a form; None where there is none."""
    return dict(params) if params else None
