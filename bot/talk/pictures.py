"""Charts and pictures of a card, drawn off the loop and uploaded once."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping

import orjson
import structlog

from bot.domain.card import Card, Chart, Image
from bot.errors import ChannelError
from bot.talk.cards.picture import draw
from bot.talk.remembered import Remembered

log = structlog.get_logger()
MOST = 4
"""Pictures in one card."""
Kept = Callable[[str], Awaitable[tuple[bytes, str] | None]]
"""By its id: the bytes of a picture and its media type."""


Upload = Callable[[bytes, str], Awaitable[str]]
"""Bytes and a title, to the platform's id."""


def digest(chart: Chart) -> str:
    """The same for the same picture."""
    return hashlib.sha256(orjson.dumps(chart)).hexdigest()


class Pictures:
    """The platform's ids of the pictures of a card; one that cannot be had is told in words."""

    def __init__(self, channel: str, upload: Upload, remembered: Remembered, kept: Kept | None) -> None:
        self._channel = channel
        self._upload = upload
        self._remembered = remembered
        self._kept = kept

    async def of(self, card: Card, final: bool) -> Mapping[str, str]:
        """While a card is still growing, only what is uploaded already."""
        found: dict[str, str] = {}
        shown = [block for block in card.blocks if isinstance(block, Chart | Image)][:MOST]
        for block in shown:
            key = digest(block) if isinstance(block, Chart) else block.id
            mark = f"{self._channel}:{key}"[:200]
            if file := await self._remembered.file(mark):
                found[key] = file
            elif final and (content := await self._content(block)):
                try:
                    title = (block.alt or getattr(block, "title", "") or "chart")[:150]
                    found[key] = await self._upload(content, title)
                    await self._remembered.uploaded(mark, found[key])
                except ChannelError as error:
                    log.warning("a picture could not be uploaded", why=str(error))
        return found

    async def _content(self, block: Chart | Image) -> bytes | None:
        if isinstance(block, Chart):
            try:
                return await asyncio.to_thread(draw, block) if block.lines else None
            except (ValueError, OverflowError, OSError) as error:
                log.warning("a chart could not be drawn", title=block.title, why=str(error))
                return None
        kept = await self._kept(block.id) if self._kept else None
        return kept[0] if kept else None
