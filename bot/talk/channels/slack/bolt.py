"""Bolt and Slack's SDK, imported only where Slack is switched on."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.errors import ChannelError
from bot.talk.channels.slack.ears import SlackEars
from bot.talk.channels.slack.settings import SlackSettings

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
    return app


def opener(settings: SlackSettings, app: AsyncApp, connection: Any) -> Callable[[], Awaitable[Any]]:
    """Opens one socket each time it is called."""

    async def connect() -> Any:
        token = settings.app_token.get_secret_value()
        socket: Any = AsyncSocketModeHandler(app, token, web_client=web_client(settings, token)).client
        try:
            socket.wss_uri = await socket.issue_new_wss_url()
            await socket.connect()
        except (SlackClientError, ClientError, OSError, TimeoutError) as error:
            await socket.close()
            answer = getattr(error, "response", None)
            why = answer["error"] if answer is not None and not isinstance(answer, str) else type(error).__name__
            raise ChannelError("slack_refused", method="apps.connections.open", error=why, needed="-") from error
        return connection(socket.is_connected, socket.close)

    return connect


def routes(app: AsyncApp, ears: SlackEars) -> list[BaseRoute]:
    """One address for events, clicks and commands. What is not signed is not read."""
    way_in = AsyncSlackRequestHandler(app)

    async def heard(request: Request) -> Response:
        if not request.headers.get("x-slack-request-timestamp", "").isdigit():
            return JSONResponse({"error": "invalid request"}, 401)
        if int(request.headers.get("content-length") or 0) > MOST_BYTES:
            return JSONResponse({"error": "too large"}, 413)
        if ears.ears is None:
            return JSONResponse({"error": "not on duty"}, 503, {"retry-after": "5"})
        return await way_in.handle(request)

    return [Route(WAY_IN, heard, methods=["POST"])]
