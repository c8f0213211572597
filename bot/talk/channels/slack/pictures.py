"""Charts and pictures of a card, drawn off the loop and uploaded once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.domain.card import Card, Chart, Image
from bot.errors import ChannelError
from bot.talk.cards.picture import draw
from bot.talk.channels.slack.client import SlackClient
from bot.talk.channels.slack.parts import digest
from bot.talk.channels.slack.store import Store

log = structlog.get_logger()
MOST = 4
"""Pictures in one card."""
Kept = Callable[[str], Awaitable[tuple[bytes, str] | None]]
"""By its id: the bytes of a picture and its media type."""


class Pictures:
    """Slack's ids of the pictures of a card; one that cannot be had is told in words."""

    def __init__(self, client: SlackClient, store: Store, kept: Kept | None) -> None:
        self._client = client
        self._store = store
        self._kept = kept

    async def of(self, card: Card, final: bool) -> Mapping[str, str]:
        """While a card is still growing, only what is uploaded already."""
        found: dict[str, str] = {}
        shown = [block for block in card.blocks if isinstance(block, Chart | Image)][:MOST]
        for block in shown:
            key = digest(block) if isinstance(block, Chart) else block.id
            mark = key[-64:]
            if file := await self._store.file(mark):
                found[key] = file
            elif final and (content := await self._content(block)):
                try:
                    title = (block.alt or getattr(block, "title", "") or "chart")[:150]
                    found[key] = await self._client.upload(content, "chart.png", title)
                    await self._store.uploaded(mark, found[key])
                except ChannelError as error:
                    log.warning("a picture could not be uploaded", why=str(error))
        return found

    async def _content(self, block: Chart | Image) -> bytes | None:
        if isinstance(block, Chart):
            return await asyncio.to_thread(draw, block) if block.lines else None
        kept = await self._kept(block.id) if self._kept else None
        return kept[0] if kept else None
