"""The HTTP server: health, metrics, and the routes that channels, alert sources and doors bring."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot.errors import BadInput, StoreDown
from bot.talk.bounds import HEADERS, Bounds, SafeHeaders
from bot.talk.peer import Peer
from bot.talk.refused import Refused, answer
from bot.talk.settings import HttpSettings

log = structlog.get_logger()
Health = Callable[[], Awaitable[Sequence[str]]]
"""What is wrong now, in English sentences; empty when ready to work."""
HTTP_KEYS = {404: "http_not_found", 405: "http_not_that_way", 400: "http_unreadable"}


async def _well() -> Sequence[str]:
    return ()


def make_app(
    routes: Sequence[BaseRoute],
    health: Health = _well,
    settings: HttpSettings | None = None,
    registry: CollectorRegistry = REGISTRY,
) -> Starlette:
    """All that is served over HTTP, within its bounds."""
    settings = settings or HttpSettings()

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(_request: Request) -> Response:
        wrong = list(await health())
        return JSONResponse({"ready": not wrong, "wrong": wrong}, 503 if wrong else 200)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    own = [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]
    return Starlette(
        routes=[*own, *routes],
        middleware=[
            Middleware(SafeHeaders),
            Middleware(Bounds, most_bytes=settings.most_bytes, timeout=settings.timeout),
        ],
        exception_handlers={
            Refused: _refused,
            StoreDown: _store_down,
            HTTPException: _http_error,
            ClientDisconnect: _hung_up,
            Exception: _broken,
        },
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return answer(request, error)


async def _hung_up(request: Request, _error: Exception) -> Response:
    """In the middle of what it said; nobody reads this."""
    return answer(request, Refused(400, "http_unreadable"))


async def _store_down(request: Request, error: Exception) -> Response:
    assert isinstance(error, StoreDown)
    return answer(request, Refused(503, error.key, {"retry-after": "5"}, **error.values))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = HTTP_KEYS.get(error.status_code, "http_refused")
    values = {"path": request.url.path[:100], "method": request.method, "status": error.status_code}
    return answer(request, Refused(error.status_code, key, error.headers or {}, **values))


async def _broken(request: Request, error: Exception) -> Response:
    """Called outside of our middleware, so it brings the safe headers itself."""
    log.error("a request failed", path=request.url.path, exc_info=error)
    return answer(request, Refused(500, "error_unknown", HEADERS, error=type(error).__name__))


class _Uvicorn(uvicorn.Server):
    """Without its own signal handling: the house stops us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Server:
    """Listens from `start` to `stop`."""

    def __init__(self, app: Starlette, settings: HttpSettings | None = None) -> None:
        self._settings = settings or HttpSettings()
        options: dict[str, Any] = {
            "host": self._settings.host,
            "port": self._settings.port,
            "log_config": None,
            "access_log": False,
            "server_header": False,
            "lifespan": "off",
            "timeout_keep_alive": 75,
            "timeout_graceful_shutdown": 3,
            "limit_concurrency": self._settings.most_connections,
            "h11_max_incomplete_event_size": 32_768,
        }
        config = uvicorn.Config(app, proxy_headers=False, **options)
        config.app = Peer(ProxyHeadersMiddleware(app, trusted_hosts=config.forwarded_allow_ips))  # type: ignore[arg-type]
        self._server = _Uvicorn(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where a person opens it; known after `start`."""
        sockets = [each for server in self._server.servers for each in server.sockets]
        port = sockets[0].getsockname()[1] if sockets else self._settings.port
        host = "127.0.0.1" if self._settings.host in {"0.0.0.0", "::", ""} else self._settings.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def start(self) -> None:
        """Return when it listens. Raises BadInput when the address cannot be had."""
        self._task = asyncio.create_task(self._serve(), name="http server")
        while not self._server.started:
            if self._task.done():
                await self._task
                raise BadInput("http_cannot_listen", host=self._settings.host, port=self._settings.port)
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Let requests under way end, then let go of the port."""
        self._server.should_exit = True
        if self._task:
            await self._task

    async def _serve(self) -> None:
        try:
            await self._server.serve()
        except SystemExit as error:
            raise BadInput("http_cannot_listen", host=self._settings.host, port=self._settings.port) from error
