"""Feishu's own streaming: the card is an entity that is typed into; what fails there is patched like any message."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
import structlog

from bot.errors import CardRefused, ChannelError, TryLater
from bot.talk.channels import Delivery, Placed
from bot.talk.channels.feishu.cards import ANSWER, walk
from bot.talk.channels.feishu.client import FeishuClient, Lost
from bot.talk.remembered import Remembered
from bot.talk.rests import Rests

log = structlog.get_logger()
EPOCH = 1_767_225_600
"""2026-01-01: sequences must rise and fit into 31 bits, also after a restart."""
BEHIND = {300317}
"""The sequence was not above the last one."""
Post = Callable[[str], Any]


@dataclass(slots=True)
class _Typed:
    """What stands on a card that is being streamed."""

    words: str
    rest: bytes
    streaming: bool = True


class Streams:
    """Cards that were made as entities, by their message; which they are is remembered over a restart."""

    def __init__(self, client: FeishuClient, store: Remembered, now: Callable[[], float] = time.time) -> None:
        self._client = client
        self._store = store
        self._now = now
        self._typed: dict[str, _Typed] = {}
        self._sequences: dict[str, int] = {}
        self._unsent: dict[str, str] = {}
        self._rests = Rests(now)

    async def begin(self, delivery: Delivery, content: str, post: Post) -> Placed | None:
        """A live state as a new entity, sent by `post`. None: it must be posted as a message."""
        begun = delivery.slot in self._unsent
        if delivery.ref or not (begun or (self._rests.over and delivery.card.streaming and not delivery.final)):
            return None
        try:
            card = await self._made(delivery.slot, content)
        except (TryLater, CardRefused):
            return None
        except ChannelError as error:
            pause = self._rests.refused() if error.key == "feishu_refused" else 0.0
            log.warning("no card can be streamed; it is posted and patched", why=str(error), asked_again_in=pause)
            return None
        self._rests.granted()
        sent = orjson.dumps({"type": "card", "data": {"card_id": card}}).decode()
        placed: Placed = await post(sent)
        await self._store.uploaded(_name(placed.ref), card)
        self._unsent.pop(delivery.slot, None)
        if delivery.final:
            await self._whole(card, delivery, content, None)
            return placed
        self._typed[placed.ref] = _Typed(*_parts(content))
        return placed

    async def _made(self, slot: str, content: str) -> str:
        """The entity of a message that may have been sent already, though no answer came; else a new one."""
        told = {"type": "card_json", "data": _streaming(content)}
        if card := self._unsent.get(slot):
            await self._put(card, "", card=told)
        else:
            made = await self._client.call("POST", "/cardkit/v1/cards", json=told)
            card = self._unsent[slot] = str(made["card_id"])
        return card

    async def update(self, delivery: Delivery, content: str) -> Placed | None:
        """A newer state of an entity. None: its message is no entity. Raises what the caller must do."""
        card = await self._store.file(_name(delivery.ref)) if delivery.ref else ""
        if not card:
            return None
        words, rest = _parts(content)
        before = self._typed.get(delivery.ref)
        try:
            if delivery.final or not (before and await self._typed_on(card, before, words, rest)):
                await self._whole(card, delivery, content, before)
                self._typed[delivery.ref] = _Typed(words, rest, not delivery.final)
        except (TryLater, CardRefused):
            raise
        except ChannelError as error:
            log.warning("a streamed card is gone; it is posted anew", slot=delivery.slot, why=str(error))
            raise Lost("feishu_refused", code=-1, why=str(error)) from error
        if delivery.final:
            self._typed.pop(delivery.ref, None)
            self._sequences.pop(card, None)
        return Placed(delivery.ref, replace(delivery.thread, id=delivery.thread.id or delivery.ref))

    async def _typed_on(self, card: str, before: _Typed, words: str, rest: bytes) -> bool:
        """Only what is new, where all else stands as it did. False: it must be written whole."""
        if before.rest != rest or not words.startswith(before.words):
            return False
        if words == before.words:
            return True
        try:
            await self._put(card, f"/elements/{ANSWER}/content", content=words)
        except TryLater:
            raise
        except ChannelError as error:
            log.info("feishu types no further; the card is written whole", why=str(error))
            return False
        before.words = words
        return True

    async def _whole(self, card: str, delivery: Delivery, content: str, before: _Typed | None) -> None:
        """All of it; streaming ends first, or its buttons could not change the card."""
        if delivery.final and (before is None or before.streaming):
            still = orjson.dumps({"config": {"streaming_mode": False}}).decode()
            await self._put(card, "/settings", method="PATCH", settings=still)
            if before:
                before.streaming = False
        data = content if delivery.final else _streaming(content)
        await self._put(card, "", card={"type": "card_json", "data": data})

    async def _put(self, entity: str, path: str, method: str = "PUT", **told: Any) -> None:
        sequence = max(self._sequences.get(entity, 0) + 1, int((self._now() - EPOCH) * 5))
        self._sequences[entity] = sequence
        try:
            await self._client.call(method, f"/cardkit/v1/cards/{entity}{path}", json={**told, "sequence": sequence})
        except ChannelError as error:
            if error.values.get("code") in BEHIND:
                self._sequences[entity] = sequence + 1_000
                raise TryLater(0.2) from error
            raise


def _name(message: str) -> str:
    return f"feishu:card:{message}"


def _streaming(content: str) -> str:
    told = orjson.loads(content)
    told["config"]["streaming_mode"] = True
    return orjson.dumps(told).decode()


def _parts(content: str) -> tuple[str, bytes]:
    """The words that are typed, and all that stands around them."""
    told = orjson.loads(content)
    words = ""
    for element in walk(told["body"]["elements"]):
        if element.get("element_id") == ANSWER:
            words, element["content"] = element["content"], ""
    told["config"].pop("summary", None)
    return words, orjson.dumps(told)
