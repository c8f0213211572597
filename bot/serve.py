"""The house on the wire, until the process is told to stop."""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable

from bot.app import House, on_duty
from bot.talk.settings import HttpSettings
from bot.talk.web import Server, make_app

SWITCH_SECONDS = 0.0005
"""A look into the database changes threads a few times: none of them waits for long while answers stream."""


async def serve(house: House, http: HttpSettings, ready: Callable[[str], Awaitable[None]] | None = None) -> None:
    """On duty and on the wire, until the process is told to stop. `ready` is told the address."""
    stopped = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stopped.set)
    server = Server(make_app(house.routes(), house.unwell, http), http)
    async with on_duty(house):
        await server.start()
        gc.freeze()  # what was loaded stays: looking through it again and again would halt all streams at once
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            if ready:
                await ready(server.url)
            await stopped.wait()
        finally:
            await server.stop()
