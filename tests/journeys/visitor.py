"""A person at the web page's API: writes, waits for cards, and clicks; and a house over some servers for them."""

import asyncio
import time
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot.app import Given, build, on_duty
from bot.settings import DutyBotSettings
from bot.talk.settings import HttpSettings
from bot.talk.web import Server, make_app


@dataclass
class Visitor:
    """One seat at the page."""

    client: httpx.AsyncClient
    csrf: str = ""
    me: dict = field(default_factory=dict)

    async def sit(self, seat="asker", language="en", zone="Asia/Shanghai"):
        self.me = (await self.client.get("/web/me")).json()
        answer = await self.post("/web/me", {"seat": seat, "language": language, "zone": zone})
        self.me = answer.json()
        return self

    async def post(self, path, body):
        headers = {"x-csrf-token": self.me.get("csrf", ""), "origin": str(self.client.base_url).rstrip("/")}
        return await self.client.post(path, json=body, headers=headers)

    async def write(self, text, thread=""):
        body = {"key": uuid.uuid4().hex, "text": text} | ({"thread": thread} if thread else {})
        answer = await self.post("/web/messages", body)
        assert answer.status_code == 202, answer.text
        return answer.json()["thread"]

    async def cards(self, thread):
        answer = await self.client.get(f"/web/threads/{thread}")
        return [each for each in answer.json().get("entries", []) if each.get("card")]

    async def card(self, thread, wanted, seconds=90.0):
        """The newest card for which `wanted(card)` holds; waits for it."""
        until = time.monotonic() + seconds
        cards = []
        while time.monotonic() < until:
            cards = await self.cards(thread)
            for entry in reversed(cards):
                if wanted(entry["card"]):
                    return entry["card"]
            await asyncio.sleep(0.05)
        raise AssertionError([each["card"]["title"] for each in cards])

    async def incident(self, seconds=120.0):
        """The thread of the first incident; waits for it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            threads = (await self.client.get("/web/threads")).json()["threads"]
            if found := [
                each["id"] for each in threads if each["title"].split(":")[0] in {"Firing", "Being looked at"}
            ]:
                return found[0]
            await asyncio.sleep(0.2)
        raise AssertionError("no incident came")

    async def decide(self, thread, card, granted=True, **more):
        button = next(
            button
            for block in card["blocks"]
            if block["kind"] == "buttons"
            for button in block["buttons"]
            if button["act"] == ("approve" if granted else "reject")
        )
        body = {
            "key": uuid.uuid4().hex,
            "thread": thread,
            "approval_id": button["target"],
            "digest": button["digest"],
            "granted": granted,
        }
        return await self.post("/web/decisions", body | more)


def texts(card):
    """All that can be read on a card."""
    return "\n".join(strings(card))


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


@asynccontextmanager
async def house_over(folder: Path, urls, clock=None, alerts=False, brains=("scripted",), **settings):
    """A house on duty over these servers, and a function that seats a visitor."""
    skills = {name: {"url": url} if isinstance(url, str) else url for name, url in urls.items()}
    chosen = DutyBotSettings(
        skills=tuple(skills),
        channels=("web",),
        alerts=("alertmanager",) if alerts else (),
        brains=brains,
        database_url=settings.pop("database_url", f"sqlite:///{folder}/bot.sqlite"),
        ledger_path=folder / "audit.jsonl",
        **settings,
    )
    given = Given(skills=skills, channels={"web": {"host": "127.0.0.1"}}, alerts={"alertmanager": {"open": True}})
    house = build(chosen, clock, given)
    http = HttpSettings(host="127.0.0.1", port=0)
    server = Server(make_app(house.routes(), house.unwell, http), http)
    clients = []

    async def seat(name, language="en"):
        client = httpx.AsyncClient(base_url=server.url, timeout=20)
        clients.append(client)
        return await Visitor(client).sit(name, language)

    async with on_duty(house):
        await server.start()
        seat.url, seat.house = server.url, house
        try:
            yield seat
        finally:
            for client in clients:
                await client.aclose()
            await server.stop()
