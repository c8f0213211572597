"""Quantities and times as Kubernetes writes them: 500m, 1Gi, 2026-11-22T10:00:00Z."""

import re
from datetime import datetime

_SUFFIXES = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"
_PATTERN = re.compile(r"^([+-]?[0-9.]+(?:e[+-]?\d+)?)([a-zA-Z]*)$")


def amount(text: object) -> float:
    """500m -> 0.5, 1Gi -> 1073741824; what cannot be read is 0."""
    found = _PATTERN.match(str(text).strip())
    if not found or found[2] not in _SUFFIXES:
        return 0.0
    try:
        return float(found[1]) * _SUFFIXES[found[2]]
    except ValueError:
        return 0.0


def moment(text: str | None) -> datetime | None:
    """An API time."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def age(since: str | None, now: datetime) -> str:
    """How long ago, as kubectl tells it: 5m, 3h, 2d."""
    began = moment(since)
    if began is None:
        return "-"
    seconds = max(0, int((now - began).total_seconds()))
    for length, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * length or (seconds >= length and unit != "m"):
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
