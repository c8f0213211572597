"""What a source sends, read with care: it may be of any kind."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def part_of(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What says who may read is believed only in the form that it has. Raises TypeError for another: it is left out."""
    part = found.get(name)
    if part is not None and not isinstance(part, Mapping):
        raise TypeError(f"{name} is no object")
    return part or {}


def rows_of(page: Any, name: str) -> list[Any]:
    """A reply without its rows is not one with none: what it should have held would be passed over. Raises then."""
    rows = page[name]
    if not isinstance(rows, list):
        raise TypeError(f"{name} is no list")
    return rows


def id_of(row: Any) -> str:
    """Empty where it has none."""
    told = row.get("id") if isinstance(row, Mapping) else None
    return str(told) if isinstance(told, str | int) and told is not True and told else ""


def key_of(row: Mapping[str, Any]) -> str:
    """Raises ValueError where it has none: what cannot be told from others is left out."""
    if not id_of(row):
        raise ValueError("it has no id")
    return id_of(row)


def moment(text: Any) -> datetime | None:
    """None for what is no time."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
