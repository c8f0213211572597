"""A card as Slack and as Feishu are sent it, with its pictures: the page draws both beside its own."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

import orjson

from bot.domain.card import Card, Chart, Image
from bot.talk.cards.picture import draw
from bot.talk.channels.feishu.cards import render as feishu
from bot.talk.channels.slack.blocks import render as slack
from bot.talk.pictures import MOST, digest


async def drawn(card: Card) -> Mapping[str, Any]:
    """What our renderers make of it; a picture goes by the name that stands in both."""
    pictures = {}
    for block in [each for each in card.blocks if isinstance(each, Chart | Image)][:MOST]:
        if isinstance(block, Image):
            pictures[block.id] = f"/web/images/{block.id}"
        elif block.lines:
            content = await asyncio.to_thread(draw, block)
            pictures[digest(block)] = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    names = {name: name for name in pictures}
    in_slack, in_feishu = slack(card, pictures=names), feishu(card, pictures=names)
    return {
        "slack": {"text": in_slack.text, "blocks": in_slack.blocks},
        "feishu": orjson.loads(in_feishu),
        "pictures": pictures,
    }
