"""Reads points in time and amounts as Kubernetes writes them."""

import re
from datetime import UTC, datetime
from typing import Any

END_OF_TIME = 253_402_300_800 - 86_400
"""The end of the year 9999, less what another zone may add."""
_UNITS = {
    "": 1.0,
    "m": 1e-3,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
    "n": 1e-9,
    "u": 1e-6,
}
_AMOUNT = re.compile(r"^\s*([0-9.]+(?:[eE][+-]?\d+)?)\s*([a-zA-Z]{0,2})\s*$")


def moment(text: Any) -> float | None:
    """RFC 3339 -> Unix seconds; None for what is no time."""
    if not isinstance(text, str) or not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        at = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
        return at if 0 <= at < END_OF_TIME else None
    except (ValueError, OverflowError):
        return None


def amount(text: Any) -> float | None:
    """'100m', '16Gi', 4 -> a number; None for what is no amount."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    found = _AMOUNT.match(text) if isinstance(text, str) else None
    if not found or found[2] not in _UNITS:
        return None
    try:
        return float(found[1]) * _UNITS[found[2]]
    except ValueError:
        return None


def shown(at: float | None) -> str:
    """A point in time as people read it, in UTC."""
    if at is None:
        return ""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
