"""One replica as a process of its own: hears the keys it reads, and writes down when it handles each."""

import asyncio
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.database import Database
from bot.database.replicas import BEAT, Replicas
from bot.domain.message import Message, Person, Thread
from bot.talk.inbox import Inbox
from bot.talk.threads import Threads


async def main(url, log):
    database = Database(url)
    await database.open()
    replicas = Replicas(database)
    await replicas.join()
    inbox = Inbox(database, Threads(database))
    ann = Person("U1", "Ann")

    def note(did, key):
        with Path(log).open("a", encoding="ascii") as file:
            file.write(f"{time.time()} {os.getpid()} {did} {key}\n")

    async def respond(event):
        note("begin", event.key)
        await asyncio.sleep(0.03)
        note("end", event.key)

    async def live():
        while True:
            await asyncio.sleep(BEAT)
            if not await replicas.still_here():
                await inbox.reclaim()
            await inbox.adopt()

    await inbox.start(respond)
    beating = asyncio.create_task(live())
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        key = line.strip()
        thread = Thread("web", key.split(".")[0])
        await inbox.hear(Message(key, thread, ann, "hello", datetime.now(UTC)))
        print(f"kept {key}", flush=True)
    beating.cancel()
    await inbox.stop()
    await replicas.leave()
    await database.close()


asyncio.run(main(*sys.argv[1:]))
