"""Bots as processes of their own on one database, and people and monitors that do not give up: for the benches."""

import asyncio
import json
import multiprocessing
import socket
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from bot.database import Database
from bot.errors import StoreDown
from bot.evals._killed import Orders, serve_killed

LOADED = ("bot.evals._killed", "bot.talk.alerts.alertmanager", "bot.think.brains.scripted", "skills.kubernetes")
PATIENCE = 120.0
Urls = Callable[[], Sequence[str]]
"""Addresses to choose among, as they are now."""
Shown = dict[str, Any]
"""A card, or a part of one, as the page gets it."""
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([*LOADED, "alembic.command", "aiosqlite"])


class Bot:
    """One of them, at the same address after each start."""

    def __init__(self, folder: Path, database_url: str, cluster: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        self.folder = folder
        self.orders = (folder, database_url, cluster, port)
        self.url = f"http://127.0.0.1:{port}"
        self.starts = 0
        self._process: Any = None

    async def start(self, boundary: str = "") -> None:
        """Returns when it is on duty, or has ended itself before."""
        mine, theirs = _processes.Pipe(duplex=False)
        self._process = _processes.Process(target=serve_killed, args=(Orders(*self.orders, boundary), theirs))
        await asyncio.to_thread(self._process.start)
        theirs.close()
        self.starts += 1
        if not await asyncio.to_thread(mine.poll, PATIENCE):
            raise RuntimeError("a bot did not start")
        try:
            mine.recv()
        except EOFError:
            await self.ended()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    async def ended(self) -> bool:
        """Wait until it has ended itself; False if it does not."""
        await asyncio.to_thread(self._process.join, PATIENCE)
        return not self.alive

    async def kill(self) -> None:
        """At once, wherever it is."""
        if self.alive:
            self._process.kill()
            await asyncio.to_thread(self._process.join)


class Book:
    """What stands in the database of a fleet."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)

    async def count(self, query: str) -> int:
        async with self.database.read() as connection:
            return int((await connection.execute(text(query))).scalar_one() or 0)

    async def waiting(self) -> int:
        """Events not answered, and cards not shown."""
        try:
            heard = await self.count("SELECT count(*) FROM inbox WHERE done_at IS NULL")
            return heard + await self.count("SELECT count(*) FROM outbox WHERE delivered < revision AND NOT given_up")
        except StoreDown:
            return 1

    async def settled(self) -> bool:
        """Nothing waits any more."""
        return await self.waiting() == 0

    async def drained(self, others: Callable[[], int] = lambda: 0) -> None:
        """Wait until nothing waits, however long that takes, but not while nothing moves. Raises TimeoutError.

        `others`: how much waits elsewhere.
        """
        left, moved = -1, time.monotonic()
        while now := await self.waiting() + others():
            if now != left:
                left, moved = now, time.monotonic()
            if time.monotonic() - moved > PATIENCE:
                raise TimeoutError(f"{now} events, cards or people still wait, and nothing moves")
            await asyncio.sleep(0.2)

    async def set_aside(self) -> int:
        """Events that were tried too often, and cards that were given up."""
        aside = await self.count("SELECT count(*) FROM inbox WHERE error IS NOT NULL")
        return aside + await self.count("SELECT count(*) FROM outbox WHERE given_up")


async def until(holds: Callable[[], Awaitable[bool]], what: str, seconds: float = PATIENCE) -> None:
    """Look until it holds. Raises TimeoutError with what was waited for."""
    try:
        async with asyncio.timeout(seconds):
            while not await holds():  # noqa: ASYNC110 (the other side is a process of its own)
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise TimeoutError(what) from error


class Person:
    """Somebody at the page who tries again until it is taken, at whichever bot answers."""

    def __init__(self, seat: str, urls: Urls) -> None:
        self._seat = seat
        self._urls = urls
        self._turn = 0
        self._http = httpx.AsyncClient(timeout=10)
        self._papers: dict[str, dict[str, str]] = {}

    async def write(self, words: str, thread: str = "") -> str:
        """Gives the thread that it stands in."""
        body = {"key": uuid.uuid4().hex, "text": words} | ({"thread": thread} if thread else {})
        told = await self._insist("POST", "/web/messages", body)
        return str(told["thread"])

    async def decide(self, thread: str, button: dict[str, Any]) -> None:
        """Say yes."""
        body = {"key": uuid.uuid4().hex, "thread": thread, "granted": True}
        body |= {"approval_id": button["target"], "digest": button["digest"]}
        await self._insist("POST", "/web/decisions", body)

    async def cards(self, thread: str) -> list[Shown]:
        """What stands there now, newest last."""
        told = await self._insist("GET", f"/web/threads/{thread}")
        return [each["card"] for each in told.get("entries", []) if each.get("card")]

    async def close(self) -> None:
        await self._http.aclose()

    async def _insist(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        while True:
            urls = self._urls()
            self._turn += 1
            url = urls[self._turn % len(urls)]
            try:
                answer = await self._http.request(method, url + path, json=body, headers=await self._seated(url))
                if answer.status_code < 300 or (answer.status_code == 404 and method == "GET"):
                    return json.loads(answer.content)
                if answer.status_code in {400, 404, 413, 422}:
                    raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")
                self._papers.pop(url, None)
            except httpx.HTTPError:
                self._papers.pop(url, None)
            await asyncio.sleep(0.1)

    async def _seated(self, url: str) -> dict[str, str]:
        if url not in self._papers:
            me = (await self._http.get(f"{url}/web/me")).raise_for_status().json()
            headers = {"x-csrf-token": me["csrf"], "origin": url}
            me = await self._http.post(f"{url}/web/me", json={"seat": self._seat, "language": "en"}, headers=headers)
            self._papers[url] = headers | {"x-csrf-token": me.raise_for_status().json()["csrf"]}
        return self._papers[url]


async def tell(client: httpx.AsyncClient, urls: Urls, alerts: list[dict[str, Any]]) -> None:
    """As Alertmanager does: until it is accepted, by whichever bot."""
    turn = 0
    while True:
        each = urls()
        turn += 1
        try:
            url = f"{each[turn % len(each)]}/alerts/alertmanager"
            if (await client.post(url, json={"version": "4", "alerts": alerts})).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.2)


def doubled(cards: Path) -> int:
    """How many cards were posted more than once."""
    slots = cards.read_text(encoding="utf-8").split("\n")[:-1] if cards.exists() else []
    return len(slots) - len(set(slots))


@asynccontextmanager
async def fleet(folder: Path, database_url: str, cluster: str, many: int) -> AsyncIterator[tuple[list[Bot], Book]]:
    """So many bots, not yet started; whatever still lives is killed in the end."""
    bots = [Bot(folder, database_url, cluster) for _ in range(many)]
    book = Book(database_url)
    try:
        yield bots, book
    finally:
        for bot in bots:
            await bot.kill()
        await book.database.close()


def new_folder() -> "tempfile.TemporaryDirectory[str]":
    """Gone in the end."""
    return tempfile.TemporaryDirectory(prefix="dutybot-fleet-", ignore_cleanup_errors=True)
