"""Who is really at the other end of the line: what a header says of that can be said by anyone."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

KEY = "dutybot.peer"


class Peer:
    """Stands before all that believes in X-Forwarded-For, and keeps the address of the socket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[KEY] = (scope.get("client") or ("",))[0]
        await self._app(scope, receive, send)


def peer_of(request: Request) -> str:
    """The address; empty where our own server did not see it."""
    return str(request.scope.get(KEY, ""))
