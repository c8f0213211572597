"""A process with one channel on duty and nothing else: prints what it costs to load and to hold."""

import asyncio
import json
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bot.database import Database
from bot.domain.event import Event
from bot.talk.channels import Channel

HEAVY = ("lark_oapi", "slack_bolt", "slack_sdk", "websockets", "aiohttp")


class Deaf:
    """Hears nothing: what is measured is the waiting."""

    async def hear(self, _event: Event) -> bool:
        return True


async def hold(name: str, given: dict[str, str]) -> dict[str, object]:
    """Seconds and MB of importing and making it, and MB while it is on duty."""
    before, began = memory(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bot.sqlite")
        await database.open()
        channel = made_of(name, database, given)
        made, seconds = memory(), time.monotonic() - began
        if channel:
            await channel.start(Deaf())
        await asyncio.sleep(1)
        idle, unwell = memory(), await channel.health() if channel else ""
        if channel:
            await channel.stop()
        await database.close()
    loaded = [each for each in HEAVY if each in sys.modules]
    return {
        "import_s": round(seconds, 2),
        "import_mb": round(made - before, 1),
        "idle_mb": round(idle - before, 1),
        "loaded": loaded,
        "unwell": unwell,
    }


def made_of(name: str, database: Database, given: dict[str, str]) -> Channel | None:
    """The channel of that name; None for `none`."""
    if name == "none":
        return None
    package = import_module(f"bot.talk.channels.{name}")
    channel: Channel = package.make(database, getattr(package, f"{name.capitalize()}Settings")(**given))
    return channel


def memory() -> float:
    """MB that this process holds."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(asyncio.run(hold(sys.argv[1], json.loads(sys.argv[2])))))
