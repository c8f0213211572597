"""The process that the durable bench starts and kills: `ENGINE FOLDER time|kill|again`."""

import asyncio
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.database import Database
from bot.domain.event import Burst, Event
from bot.domain.message import Message, Person, Thread
from bot.evals.bench_durable import AT_ONCE, EVENTS, told
from bot.talk.inbox import Inbox
from bot.talk.threads import Threads

ANN = Person("ann", "Ann")


def effect(folder: Path, key: str) -> int:
    """Something that cannot be taken back; how many there are now."""
    with (folder / "effects").open("a", encoding="utf-8") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())
    return len((folder / "effects").read_text(encoding="utf-8").split())


def stop_half_way(done: int, what: str) -> None:
    """Killed after the effect, and before anybody wrote down that it was done."""
    if what == "kill" and done == EVENTS // 2:
        os.kill(os.getpid(), signal.SIGKILL)


def _message(number: int) -> Message:
    return Message(f"m{number}", Thread("web", f"t{number}"), ANN, "hello", datetime.now(UTC))


async def ours(folder: Path, what: str) -> None:
    """Our inbox on SQLite."""
    database = Database(f"sqlite:///{folder}/bot.sqlite")
    await database.open()
    inbox = Inbox(database, Threads(database))
    taken: list[float] = []

    async def respond(event: Event | Burst) -> None:
        if what != "time" and isinstance(event, Message):
            stop_half_way(effect(folder, event.key), what)

    async def hear(number: int) -> None:
        begun = time.perf_counter()
        await inbox.hear(_message(number))
        taken.append(time.perf_counter() - begun)

    first = time.perf_counter()
    if what != "again":
        await asyncio.gather(*(hear(number) for number in range(AT_ONCE if what == "time" else EVENTS)))
    whole = time.perf_counter() - first
    await inbox.start(respond)
    await inbox.idle()
    await database.close()
    if taken:
        sys.stdout.write(told(taken, whole) + "\n")


def dbos(folder: Path, what: str) -> None:
    """DBOS on SQLite: each event a workflow of one step."""
    from dbos import DBOS, SetWorkflowID

    DBOS(config={"name": "bench", "system_database_url": f"sqlite:///{folder}/dbos.sqlite", "application_version": "1"})
    taken: list[float] = []
    kept = threading.Event()

    @DBOS.step()  # type: ignore[untyped-decorator]
    def act(key: str) -> None:
        kept.wait()
        if what != "time":
            stop_half_way(effect(folder, key), what)

    @DBOS.workflow()  # type: ignore[untyped-decorator]
    def handle(key: str) -> None:
        act(key)

    if what == "again":
        kept.set()
    DBOS.launch()
    handles: list[Any] = []
    first = time.perf_counter()
    for number in range((AT_ONCE if what == "time" else EVENTS) if what != "again" else 0):
        begun = time.perf_counter()
        with SetWorkflowID(f"m{number}"):
            handles.append(DBOS.start_workflow(handle, f"m{number}"))
        taken.append(time.perf_counter() - begun)
    whole = time.perf_counter() - first
    kept.set()
    if what == "again":
        handles = [DBOS.retrieve_workflow(each.workflow_id) for each in DBOS.list_workflows()]
    for each in handles:
        each.get_result()
    DBOS.destroy()
    if taken:
        sys.stdout.write(told(taken, whole) + "\n")


if __name__ == "__main__":
    _, engine, place, order = sys.argv
    if engine == "ours":
        asyncio.run(ours(Path(place), order))
    else:
        dbos(Path(place), order)
