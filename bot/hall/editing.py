"""Reads what a person wants changed of a plan: `replicas=5`, `2: replicas=5 name=order`, or JSON from the page."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from bot.errors import BadInput

_PLACE = re.compile(r"^\s*(\d{1,2})\s*:\s*(?!//)")


def read_form(text: str) -> dict[int, dict[str, Any]]:
    """By the place of a step its new arguments; None takes one away. Raises BadInput.

    A form that was filled in comes as {"0.replicas": "5"}; all else is read as it was written.
    """
    try:
        told = json.loads(text)
        filled = [(*name.partition(".")[::2], value) for name, value in told.items()]
        changes: dict[int, dict[str, Any]] = {}
        for place, name, value in filled:
            changes.setdefault(int(place), {})[name] = str(value).strip() or None
    except (ValueError, AttributeError, TypeError):
        place, arguments = read_change(text)
        return {place: arguments}
    return changes


def read_change(text: str) -> tuple[int, dict[str, Any]]:
    """Which step, from 0, and its new arguments. Raises BadInput."""
    if text.lstrip().startswith("{"):
        return _from_json(text)
    place = 0
    if found := _PLACE.match(text):
        place, text = int(found[1]) - 1, text[found.end() :]
    try:
        parts = shlex.split(text)
    except ValueError as error:
        raise BadInput("edit_unreadable") from error
    pairs = [part.partition("=") for part in parts]
    if not pairs or place < 0 or not all(name and sign for name, sign, _ in pairs):
        raise BadInput("edit_unreadable")
    return place, {name: value for name, _, value in pairs}


def _from_json(text: str) -> tuple[int, dict[str, Any]]:
    try:
        told = json.loads(text)
        arguments, place = told["arguments"], told.get("place", 0)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadInput("edit_unreadable") from error
    if not isinstance(arguments, Mapping) or not isinstance(place, int):
        raise BadInput("edit_unreadable")
    return place, dict(arguments)
