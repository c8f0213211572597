"""A form of the brain that was filled in on its card, as a question in its thread."""

import json

from bot.domain.case import Filled
from bot.domain.message import Message, Press

MOST_FIELDS = 20
MOST_LETTERS = 5_000


def filled_in(press: Press) -> tuple[Message, Filled]:
    """The same in words, and as it was filled in; what no card of ours sends counts as nothing written."""
    form, _, choice = press.target.partition(":")
    try:
        told = json.loads(press.value or "{}")
        fields = tuple((str(name)[:200], str(value)[:MOST_LETTERS]) for name, value in [*told.items()][:MOST_FIELDS])
    except (ValueError, AttributeError, RecursionError):
        fields = ()
    words = "\n".join([choice, *(f"{name}: {value}" for name, value in fields if value)])
    return Message(press.key, press.thread, press.person, words, press.at), Filled(form, choice, fields)
