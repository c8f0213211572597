"""The cards of a thread as the other platforms draw them, for whoever writes or judges cards."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.database.codec import Codec
from bot.domain.card import Card
from bot.talk.channels.web.channel import WebChannel
from bot.talk.channels.web.stage import Previews
from bot.talk.channels.web.threshold import Threshold
from bot.talk.refused import Refused

MOST = 30


class PreviewDesk:
    """Only for those who have signed in: they see the same cards on the page."""

    def __init__(self, previews: Previews | None, channel: WebChannel, threshold: Threshold) -> None:
        self._previews = previews
        self._channel = channel
        self._threshold = threshold
        self._cards: Codec[Card] = Codec(Card)

    def routes(self) -> list[BaseRoute]:
        return [Route("/web/previews/{id}", self.thread, methods=["GET"])]

    async def thread(self, request: Request) -> Response:
        """The newest cards, each with what the other platforms are sent."""
        await self._threshold.session(request)
        entries = await self._channel.entries(request.path_params["id"][:80], None) if self._previews else []
        told = [await self._told(self._previews, each.encoded()) for each in entries[-MOST:] if self._previews]
        shown = [each for each in told if each]
        if not shown:
            raise Refused(404, "web_no_thread")
        body = orjson.dumps({"previews": shown})
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})

    async def _told(self, previews: Previews, entry: bytes) -> Mapping[str, Any] | None:
        kept = orjson.loads(entry)
        if not kept.get("card"):
            return None  # what a person wrote
        return {"entry": kept, **await previews(self._cards.load(orjson.dumps(kept["card"]).decode()))}
