"""A house as a process of its own, with Dify as its brain: says where it listens, and is on duty until it is ended."""

import asyncio
import signal
import sys
from pathlib import Path

from tests.journeys.visitor import house_over


async def main(folder):
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with house_over(Path(folder), {"prometheus": "http://127.0.0.1:9"}, brains=("dify",)) as seat:
        print(seat.url, flush=True)
        await ended.wait()


asyncio.run(main(*sys.argv[1:]))
