"""Slack's own streaming: an answer grows word by word over a plan, with Slack's Stop button, where it has a reader."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from bot.domain.card import Card, Markdown, Tasks
from bot.errors import ChannelError, TryLater
from bot.talk.cards.measure import clean, cut
from bot.talk.channels import Delivery, Placed
from bot.talk.channels.slack.client import SlackClient, Unsure
from bot.talk.channels.slack.parts import FENCE, STATUS
from bot.talk.channels.slack.text import flat, harmless
from bot.talk.rests import Rests

log = structlog.get_logger()
MOST_LETTERS = 6_000
MOST_KEPT = 10_000
NOT_HERE = {"unknown_method", "missing_scope", "not_allowed_token_type", "access_denied", "team_access_not_granted"}
"""This workspace has no streams: what is live is posted and updated."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a stream is: who asked in its thread."""

    user: str
    team: str


@dataclass(slots=True)
class _Stream:
    """One message that is being streamed, and what of it was sent."""

    place: str
    ts: str
    text: str = ""
    title: str = ""
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)


class Streams:
    """What is live goes out as a stream where that is possible; what is final is an update like any other."""

    def __init__(self, client: SlackClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._open: dict[str, _Stream] = {}
        self._readers: OrderedDict[str, Reader] = OrderedDict()
        self._rests = Rests(clock)
        self._begun: OrderedDict[str, None] = OrderedDict()
        self._unsure: dict[str, str] = {}

    @property
    def open(self) -> int:
        """How many are being streamed."""
        return len(self._open)

    def asked(self, thread: str, reader: Reader) -> None:
        """Who wrote last in a thread; forgotten by a restart, after which states are posted and updated."""
        self._readers[thread] = reader
        self._readers.move_to_end(thread)
        if len(self._readers) > MOST_KEPT:
            self._readers.popitem(last=False)

    async def show(self, delivery: Delivery) -> Placed | None:
        """A live state as a part of a stream. None: it must be posted or updated."""
        if delivery.final or not delivery.card.streaming or delivery.slot in self._unsure:
            return None
        if stream := self._open.get(delivery.slot):
            return await self._go_on(delivery, stream)
        reader = self._readers.get(delivery.thread.key)
        if not self._rests.over or reader is None or delivery.ref or not delivery.thread.id:
            return None
        return await self._begin(delivery, reader)

    async def close(self, slot: str) -> None:
        """Before its final state is shown. Raises TryLater: then it is not closed yet."""
        if stream := self._open.get(slot):
            await self.end(stream.place, stream.ts)
            self._open.pop(slot, None)

    async def found(self, delivery: Delivery, bot: str) -> str:
        """The message of a stream whose beginning was not answered, if it did begin; it is ended, and updated from now.

        Raises what the caller must do: until Slack tells, nothing may be posted beside it.
        """
        if delivery.slot not in self._unsure:
            return ""
        place, root = delivery.thread.place, delivery.thread.id
        for message in await self._client.messages(place, root, self._unsure[delivery.slot]):
            ref = f"{place}:{message.get('ts')}"
            plain = not message.get("files") and not message.get("metadata")  # all else of ours has one of these
            if message.get("user") == bot and plain and ref not in self._begun:
                await self.end(place, str(message["ts"]))
                self._begun[ref] = None
                self._unsure.pop(delivery.slot, None)
                return ref
        self._unsure.pop(delivery.slot, None)
        return ""

    async def end(self, place: str, ts: str) -> None:
        """Whatever streams there, also from before a restart. Raises TryLater."""
        try:
            await self._client.call("chat.stopStream", channel=place, ts=ts, session_status="active")
        except TryLater:
            raise
        except ChannelError as error:
            log.info("a stream had ended already", place=place, why=str(error))

    async def _begin(self, delivery: Delivery, reader: Reader) -> Placed | None:
        """Slack shows its Stop button first: without one nothing may run on and on."""
        place, root = delivery.thread.place, delivery.thread.id
        stream, since = _Stream(place, ""), self._client.since
        try:
            told = await self._client.call(
                "agents.sessions.setStatus", gently=True, channel_id=place, thread_ts=root, status="processing"
            )
            if "session_stopped" in str(told.get("warning") or told.get("response_metadata") or ""):
                self._rests.refused()
                return None
            answer = await self._client.call(
                "chat.startStream",
                channel=place,
                thread_ts=root,
                recipient_user_id=reader.user,
                recipient_team_id=reader.team,
                task_display_mode="plan",
                chunks=_news(delivery.card, stream),
            )
        except TryLater:
            return None
        except Unsure as error:
            self._unsure[delivery.slot] = since
            raise TryLater(1.0) from error
        except ChannelError as error:
            pause = self._rests.refused() if str(error.values.get("error")) in NOT_HERE else 0.0
            log.warning("no stream could be begun; it is posted and updated", why=str(error), asked_again_in=pause)
            return None
        self._rests.granted()
        stream.ts = str(answer["ts"])
        self._open[delivery.slot] = stream
        ref = f"{place}:{stream.ts}"
        self._begun[ref] = None
        if len(self._begun) > MOST_KEPT:
            self._begun.popitem(last=False)
        return Placed(ref, delivery.thread)

    async def _go_on(self, delivery: Delivery, stream: _Stream) -> Placed | None:
        told = Placed(f"{stream.place}:{stream.ts}", replace(delivery.thread, place=stream.place))
        before = replace(stream, tasks=dict(stream.tasks))
        chunks = _news(delivery.card, stream)
        if chunks is None:  # it was worded anew: what was sent cannot be taken back in a stream
            await self.close(delivery.slot)
            return None
        if not chunks:
            return told
        try:
            await self._client.call("chat.appendStream", channel=stream.place, ts=stream.ts, chunks=chunks)
        except TryLater:
            self._open[delivery.slot] = before
            raise
        except ChannelError as error:
            log.info("a stream is over before its answer; it is updated instead", why=str(error))
            await self.close(delivery.slot)
            return None
        return told


def _news(card: Card, stream: _Stream) -> list[dict[str, Any]] | None:
    """What is new since the last part, and noted as sent. None: something else was said before."""
    chunks: list[dict[str, Any]] = []
    title = cut(" ".join(clean(card.title).split()), 140) or "…"
    if title != stream.title:
        stream.title = title
        chunks.append({"type": "plan_update", "title": title})
    for block in card.blocks:
        if isinstance(block, Tasks):
            for task in block.tasks[-50:]:
                told = _task(task.id, task.title, task.state, task.detail)
                if stream.tasks.get(task.id) != told:
                    stream.tasks[task.id] = told
                    chunks.append(told)
    text = _said(card)
    if not text.startswith(stream.text):
        return None if text else chunks
    if more := text[len(stream.text) :]:
        stream.text = text
        chunks.append({"type": "markdown_text", "text": more})
    return chunks


def _said(card: Card) -> str:
    """The words so far, as far as they are whole: half a word may become a mention, half a fence a quote."""
    told = next((block.text for block in card.blocks if isinstance(block, Markdown)), "")
    told = told[: max(told.rfind(mark) for mark in " \n，。；：、") + 1]
    if told.count(FENCE) % 2:
        told = told[: told.rfind(FENCE)]
    told = harmless(told)
    return told if len(told) <= MOST_LETTERS else ""


def _task(id: str, title: str, state: str, detail: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "task_update",
        "id": clean(id)[:80] or "-",
        "title": cut(" ".join(clean(title).split()), 180) or "…",
        "status": STATUS[state],
    }
    if detail.strip():
        told["details"] = cut(flat(detail), 400)
    return told


def readers(told: Mapping[str, Any], home: str) -> Reader:
    """Whoever an event names as its writer."""
    return Reader(str(told.get("user", "")), str(told.get("user_team") or told.get("team") or home))
