"""The page over a real database and a real socket, with an echo where the house would answer."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from bot.database import Database
from bot.domain.card import Card, Markdown
from bot.domain.message import Decision, Message, Press
from bot.talk.channels import Delivery
from bot.talk.channels.web import Hint, Scene, WebSettings, make
from bot.talk.settings import HttpSettings
from bot.talk.web import Server, make_app

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
HINTS = (
    Hint("/restart", "/restart <service>", "Rolling restart, with leave"),
    Hint("/top", "/top [cpu|memory]", "What uses most"),
    Hint("/report", "/report", "What happened today"),
)


@dataclass
class Echo:
    """Answers each message with its own text, in two steps; asks for leave when asked to."""

    channel: object = None
    heard: list = field(default_factory=list)
    settled: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)
    asks: Card | None = None
    delay: float = 0.02
    keys: set = field(default_factory=set)
    tasks: set = field(default_factory=set)

    async def hear(self, event):
        if event.key in self.keys:
            return False
        self.keys.add(event.key)
        self.heard.append(event)
        task = asyncio.create_task(self.answer(event))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return True

    async def answer(self, event):
        if isinstance(event, Message):
            await self.message(event)
        elif isinstance(event, Decision):
            await self.decision(event)
        elif isinstance(event, Press):
            await self.show(f"press:{event.key}", event.thread, Card(f"pressed {event.kind.value} {event.value}"))

    async def message(self, message):
        slot = f"answer:{message.key}"
        if message.text in self.answers:
            await self.show(slot, message.thread, self.answers[message.text])
            return
        text = message.text
        for end in range(4, len(text), 4):
            await self.show(slot, message.thread, Card("Echo", (Markdown(text[:end]),), streaming=True), end, False)
            await asyncio.sleep(self.delay)
        await self.show(slot, message.thread, Card("Echo", (Markdown(text),), summary="echoed"), 10_000)
        if self.asks and text.startswith("/restart"):
            await self.show("approval:ap-1", message.thread, self.asks)

    async def decision(self, decision):
        first = self.settled.setdefault(decision.approval_id, decision)
        if first is not decision:
            who = first.person.name
            await self.channel.whisper(decision.thread, decision.person, Card(f"{who} was first", severity="warn"))
            return
        word = "Approved" if decision.granted else f"Rejected: {decision.reason}"
        await self.show("approval:ap-1", decision.thread, Card(f"{word} by {decision.person.name}", severity="ok"), 2)

    async def show(self, slot, thread, card, revision=1, final=True):
        return await self.channel.show(Delivery(slot, thread, card, revision, final=final))


class Tale:
    """A story of one scene."""

    def __init__(self):
        self.played = []

    def scenes(self, language):
        return (Scene("break", "搞坏它" if language == "zh" else "Break something", "", True),)

    async def play(self, scene, person):
        if scene != "break":
            raise KeyError(scene)
        self.played.append(person.id)
        return "It is broken now."


async def pictures(picture):
    return (PNG, "image/png") if picture == "img1" else None


@dataclass
class Rig:
    channel: object
    echo: Echo
    app: object
    story: Tale
    database: Database
    server: Server | None = None

    async def listen(self, port=0):
        self.server = Server(self.app, HttpSettings(port=port))
        await self.server.start()
        return self.server.url

    async def close(self):
        while self.echo.tasks:
            await asyncio.gather(*self.echo.tasks)
        await self.channel.stop()
        if self.server:
            await self.server.stop()
        await self.database.close()


@pytest.fixture
async def build(tmp_path):
    """Makes the page; called again, it is the page after a restart over the same database."""
    made = []

    async def _build(settings=None, echo=None, host="127.0.0.1", **more):
        database = Database(f"sqlite:///{tmp_path}/page.sqlite")
        story = Tale()
        channel = make(
            database,
            settings or WebSettings(posts_per_minute=6000),
            host=host,
            hints=lambda _language: HINTS,
            story=story,
            **{"pictures": pictures, **more},
        )
        await database.open()
        echo = replace(echo or Echo(), channel=channel)
        await channel.start(echo)
        rig = Rig(channel, echo, make_app(channel.routes()), story, database)
        made.append(rig)
        return rig

    yield _build
    for rig in made:
        await rig.close()


@pytest.fixture
async def rig(build):
    return await build()
