"""Bolt and Slack's SDK, imported only where Slack is switched on."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.errors import ODD, ChannelError
from bot.talk.channels.slack.bounded import session
from bot.talk.channels.slack.client import SECONDS
from bot.talk.channels.slack.ears import SlackEars
from bot.talk.channels.slack.settings import SlackSettings

log = structlog.get_logger()
for noisy in ("slack_bolt", "slack_sdk"):
    logging.getLogger(noisy).setLevel(logging.ERROR)
MOST_BYTES = 1_000_000
WAY_IN = "/slack/events"


def web_client(settings: SlackSettings, token: str = "") -> AsyncWebClient:
    """Without retries of its own: the outbox knows what is newest."""
    return AsyncWebClient(
        token=token or settings.bot_token.get_secret_value(),
        base_url=settings.api_url,
        timeout=15,
        retry_handlers=[],
    )


def bolt_app(settings: SlackSettings, ears: SlackEars) -> AsyncApp:
    """Acknowledges an event after its listener has returned, so that what is acknowledged is kept."""

    async def authorize(enterprise_id: str | None = None, team_id: str | None = None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=ears.bot or None,
            bot_token=settings.bot_token.get_secret_value(),
        )

    app = AsyncApp(
        client=AsyncWebClient(base_url=settings.api_url, timeout=15),
        authorize=authorize,
        signing_secret=settings.signing_secret.get_secret_value() or "unused",
        process_before_response=True,
        ssl_check_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    ears.wire(app)
    app.error(_failed)
    return app


async def _failed(error: Exception) -> BoltResponse:
    """What cannot be read now cannot be read later: acknowledged, so that it is not sent again. All else is."""
    if isinstance(error, ODD):
        log.warning("what slack sent could not be read", why=repr(error)[:300])
        return BoltResponse(status=200)
    log.warning("what slack sent could not be kept; it is to be sent again", why=repr(error)[:300])
    return BoltResponse(status=500)


def opener(settings: SlackSettings, app: AsyncApp, connection: Any) -> Callable[[], Awaitable[Any]]:
    """Opens one socket each time it is called."""

    async def connect() -> Any:
        token = settings.app_token.get_secret_value()
        web = web_client(settings, token)
        socket: Any = AsyncSocketModeHandler(app, token, web_client=web).client
        try:
            async with session(SECONDS) as web.session:
                socket.wss_uri = await socket.issue_new_wss_url()
            web.session = None
            await socket.connect()
        except (SlackClientError, ClientError, OSError, TimeoutError) as error:
            await socket.close()
            answer = getattr(error, "response", None)
            why = answer["error"] if answer is not None and not isinstance(answer, str) else type(error).__name__
            raise ChannelError("slack_refused", method="apps.connections.open", error=why, needed="-") from error
        return connection(socket.is_connected, socket.close)

    return connect


def routes(app: AsyncApp, ears: SlackEars, secret: str) -> list[BaseRoute]:
    """One address for events, clicks and commands. What is not signed is not read."""
    way_in, verifier = AsyncSlackRequestHandler(app), SignatureVerifier(secret)

    async def heard(request: Request) -> Response:
        if not request.headers.get("x-slack-request-timestamp", "").isdigit():
            return JSONResponse({"error": "invalid request"}, 401)
        if int(request.headers.get("content-length") or 0) > MOST_BYTES:
            return JSONResponse({"error": "too large"}, 413)
        body = await request.body()
        if not _believed(body, request, verifier):
            return JSONResponse({"error": "invalid request"}, 401)
        if not _readable(body, request):
            return JSONResponse({"error": "not understood"}, 400)
        if ears.ears is None:
            return JSONResponse({"error": "not on duty"}, 503, {"retry-after": "5"})
        return await way_in.handle(request)

    return [Route(WAY_IN, heard, methods=["POST"])]


def _believed(body: bytes, request: Request, verifier: SignatureVerifier) -> bool:
    """Signed by Slack, and now. Bolt looks as well, but reads first: whoever is not believed shall not be read."""
    try:
        return len(body) <= MOST_BYTES and verifier.is_valid_request(body, dict(request.headers))
    except ODD:
        return False


def _readable(body: bytes, request: Request) -> bool:
    """As Bolt will read it."""
    try:
        AsyncBoltRequest(body=body.decode(), headers={name: [value] for name, value in request.headers.items()})
    except (*ODD, RecursionError):
        return False
    return True
