"""A card without secrets: the last look before it leaves the house."""

import dataclasses
from typing import Any, TypeVar

from bot.domain.card import Buttons, Card, Chart, Divider, Image, RedactedCard
from bot.redaction import mask

T = TypeVar("T")


def masked(card: Card) -> RedactedCard:
    """The same card with every text masked; what can be clicked and drawn stays as it is."""
    blocks = tuple(
        block if isinstance(block, Buttons | Image | Chart | Divider) else _masked(block) for block in card.blocks
    )
    return RedactedCard(
        dataclasses.replace(card, title=mask(card.title), summary=mask(card.summary)[:200], blocks=blocks)
    )


def _masked(value: T) -> T:
    """Strings anywhere inside, masked."""
    found: Any = value
    if isinstance(value, str):
        found = mask(value)
    elif isinstance(value, tuple):
        found = tuple(_masked(each) for each in value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type | Buttons | Image | Chart):
        names = (field.name for field in dataclasses.fields(value) if field.name not in {"kind", "state", "id"})
        found = dataclasses.replace(value, **{name: _masked(getattr(value, name)) for name in names})
    result: T = found
    return result
