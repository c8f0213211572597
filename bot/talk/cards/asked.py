"""The lines of a form behind a button, as a channel carries them to a click and back; nothing of it is remembered."""

from collections.abc import Sequence
from typing import Any

from bot.domain.card import Ask


def packed(ask: Ask) -> list[Any]:
    """As JSON; short, for a button has little room."""
    told: list[Any] = [ask.name, ask.label, ask.value]
    if ask.options or ask.lines:
        told.append(list(ask.options))
    if ask.lines:
        told.append(1)
    return told


def unpacked(told: Sequence[Any]) -> Ask:
    """What `packed` made. Raises ValueError, TypeError or KeyError for anything else."""
    if not isinstance(told, list) or not 3 <= len(told) <= 5:
        raise ValueError("not a line of a form")
    name, label, value, options, lines = [*told, [], 0][:5] if len(told) == 3 else [*told, 0][:5]
    return Ask(str(name), str(label), str(value), tuple(map(str, options)), bool(lines))


def picked(ask: Ask, told: str) -> str:
    """What was written or picked: an option is told by its place."""
    if not ask.options:
        return told
    return ask.options[int(told)] if told.isdecimal() and int(told) < len(ask.options) else ""
