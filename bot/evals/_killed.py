"""The bot that the benches kill: the whole product as a process, each card it shows counted; it may end itself.

At a boundary of its work it sends itself SIGKILL, before or after: nothing can be tidied up then.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bot.app import Given, build
from bot.serve import serve
from bot.settings import DutyBotSettings
from bot.talk.channels.web import WebSettings
from bot.talk.channels.web.channel import WebChannel
from bot.talk.settings import HttpSettings
from bot.telemetry import log_as

BOUNDARIES = {
    "hear": "bot.talk.inbox:Inbox._commit",
    "think": "bot.think.analyst:Analyst.brief",
    "show": "bot.talk.channels.web.channel:WebChannel.show",
    "settle": "bot.act.store:ApprovalStore.replace",
    "act": "bot.act.hands:OwnHands.run",
    "verify": "bot.act.executor:Executor.verify",
    "record": "bot.act.ledger.file:FileLedger.append",
}
"""Where it may be killed, in the order of the work; by name, for the process only wraps them."""
POLICY = """
version: 1
roles: {operator: ["web:*:asker"], approver: ["web:*:approver"]}
rules:
  - {name: looking, risk: [read], verdict: run}
  - {name: changing, risk: [change], ask: [operator], verdict: ask, approve: [approver], quorum: 1, expires: 60m}
"""


@dataclass(frozen=True, slots=True)
class Orders:
    """What one process is to be."""

    folder: Path
    database_url: str
    cluster: str
    port: int
    boundary: str = ""
    """`act:before:2`: killed before its second deed; empty: it lives until it is killed from outside."""


def serve_killed(orders: Orders, told: Connection) -> None:
    """The whole life of the process. Tells its address when it is on duty."""
    log_as("error")
    _count_cards(orders.folder / "cards")
    if orders.boundary:
        where, when, turn = orders.boundary.split(":")
        _die_at(BOUNDARIES[where], when, int(turn))
    policy = orders.folder / "policy.yaml"
    if not policy.exists():
        policy.write_text(POLICY, encoding="utf-8")
    settings = DutyBotSettings(
        skills=("kubernetes",),
        channels=("web",),
        alerts=("alertmanager",),
        brains=("scripted",),
        database_url=orders.database_url,
        ledger_path=orders.folder / "audit.jsonl",
        policy_path=policy,
        home="web:",
    )
    there = {"url": orders.cluster}
    given = Given(
        skills={"kubernetes": there, "prometheus": there, "loki": there},
        channels={"web": {"host": "127.0.0.1", "settings": WebSettings(posts_per_minute=100_000)}},
        alerts={"alertmanager": {"open": True}},
    )

    async def ready(url: str) -> None:
        told.send(url)

    asyncio.run(serve(build(settings, given=given), HttpSettings(host="127.0.0.1", port=orders.port), ready))


def _count_cards(book: Path) -> None:
    """Notes each time a card is posted anew, as on a platform that knows nothing of slots but can be looked through."""
    show = WebChannel.show

    async def noted(self: WebChannel, delivery: Any) -> Any:
        placed = await show(self, delivery)
        if not (delivery.ref or (delivery.doubted and _stands(book, delivery.slot))):
            with book.open("a", encoding="utf-8") as file:
                file.write(f"{delivery.slot}\n")
        return placed

    WebChannel.show = noted  # type: ignore[method-assign]


def _stands(book: Path, slot: str) -> bool:
    """What a look through the thread would find."""
    return book.exists() and slot in book.read_text(encoding="utf-8").split("\n")


def _die_at(boundary: str, when: str, turn: int) -> None:
    module, _, path = boundary.partition(":")
    room, _, name = path.partition(".")
    owner = getattr(import_module(module), room)
    act: Callable[..., Any] = getattr(owner, name)
    calls = 0

    async def killed(self: object, *words: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        ours = calls == turn
        if ours and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = await act(self, *words, **named)
        if ours:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    setattr(owner, name, killed)
