"""Who a caller is, by its bearer token, and what it may do."""

import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from starlette.requests import HTTPConnection

from bot.domain.message import Person
from bot.errors import BadInput
from bot.talk.visits import Visits

Scope = Literal["read", "plan", "knowledge"]
SCOPES = frozenset(get_args(Scope))


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that has a token."""

    name: str
    scopes: frozenset[str]


class Denied(Exception):
    """Why a call stops at the door: an HTTP status, and a sentence that says what to do."""

    def __init__(self, status: int, why: str, after: int = 0, who: str = "") -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.after = after
        self.who = who


@dataclass(slots=True)
class Tokens:
    """Told apart in constant time: a wrong token takes as long as the right one, wherever it differs."""

    per_minute: int
    now: Callable[[], float] = time.monotonic
    visits: Visits | None = None
    _seen: set[str] = field(default_factory=set)
    _callers: dict[bytes, Caller] = field(default_factory=dict)
    _calls: dict[str, deque[float]] = field(default_factory=dict)

    @classmethod
    def read(cls, written: str, per_minute: int) -> "Tokens":
        """From `name:scopes:secret, …`. Raises BadInput."""
        tokens = cls(per_minute)
        for entry in filter(None, (part.strip() for part in written.split(","))):
            name, _, rest = entry.partition(":")
            scopes, _, secret = rest.partition(":")
            allowed = frozenset(scopes.split("+"))
            if not name or not allowed <= SCOPES or len(secret) < 16:
                raise BadInput("doors_tokens", name=name[:40] or "?")
            tokens._callers[_digest(secret)] = Caller(name, allowed)
        return tokens

    def __bool__(self) -> bool:
        return bool(self._callers)

    async def enter(self, request: HTTPConnection, door: str, scope: Scope | None = None) -> Caller:
        """Who calls, if it may; written down when it calls for the first time, or may not. Raises Denied."""
        try:
            caller = self.caller(request.headers, scope)
        except Denied as error:
            if self.visits and error.status == 401:
                await self.visits.refused(error.who or "unknown", door, error.why, request)
            raise
        if self.visits and caller.name not in self._seen:
            self._seen.add(caller.name)
            await self.visits.came(key_of(caller.name), door, "first call since the start", request)
        return caller

    def caller(self, headers: Mapping[str, str], scope: Scope | None = None) -> Caller:
        """Who calls, if it may. Raises Denied."""
        kind, _, secret = headers.get("authorization", "").partition(" ")
        given = _digest(secret.strip())
        found = None
        for known, caller in self._callers.items():
            if hmac.compare_digest(known, given):
                found = caller
        if found is None or kind.lower() != "bearer":
            raise Denied(401, "Send a token of DOORS_TOKENS as `Authorization: Bearer …`.")
        if scope and scope not in found.scopes:
            why = f"This token lacks the scope {scope!r}; add it in DOORS_TOKENS."
            raise Denied(401, why, who=key_of(found.name))
        self._count(found)
        return found

    def _count(self, caller: Caller) -> None:
        now, calls = self.now(), self._calls.setdefault(caller.name, deque())
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= self.per_minute:
            raise Denied(429, "Too many calls in this minute.", max(1, round(60 - (now - calls[0]))))
        calls.append(now)


def key_of(name: str) -> str:
    """The holder of a token, as the ledger names it."""
    return Person(name, name, "tools").key


def secret_with(written: str, scopes: set[str]) -> str:
    """A secret whose token has these scopes, to be given to Dify. Raises BadInput when there is none."""
    for entry in (part.strip() for part in written.split(",")):
        _, _, rest = entry.partition(":")
        allowed, _, secret = rest.partition(":")
        if secret and scopes <= set(allowed.split("+")):
            return secret
    raise BadInput("doors_no_token", scopes="+".join(sorted(scopes)))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
