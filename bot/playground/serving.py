"""Serving applications on free ports of this machine, in the same event loop, and ending them."""

import asyncio
import socket
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


@dataclass(slots=True)
class Serving:
    """Some applications being served."""

    servers: list[tuple[uvicorn.Server, "asyncio.Task[None]"]] = field(default_factory=list)

    async def start(self, application: Starlette, port: int = 0, host: str = "127.0.0.1") -> str:
        """Serve one; its address, for who is on this machine."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        config = uvicorn.Config(
            application, log_level="error", lifespan="off", access_log=False, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        task = asyncio.create_task(server._serve([listening]))
        self.servers.append((server, task))
        while not server.started:
            if task.done():
                task.result()
            await asyncio.sleep(0.005)
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    async def stop(self) -> None:
        """End them all."""
        for server, _ in self.servers:
            server.should_exit = True
            server.force_exit = True
        await asyncio.gather(*(task for _, task in self.servers), return_exceptions=True)
        self.servers.clear()


def away(why: str) -> Starlette:
    """An application that is not there: every request is answered 503."""
    return Starlette(
        routes=[
            Route(
                "/{path:path}", lambda _: PlainTextResponse(why, 503), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]
            )
        ]
    )
