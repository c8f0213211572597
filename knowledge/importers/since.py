"""How far back to read: 90d, 12w, 6m, 2y."""

import re

from knowledge.errors import BadSource

_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def days_of(text: str | None) -> float | None:
    """Days; None: from the beginning."""
    if not text:
        return None
    found = re.fullmatch(r"\s*(\d{1,5})\s*([dwmy])\s*", text.lower())
    if not found:
        raise BadSource("import_bad_source", source="That", why=f"{text!r} is no time; write 90d, 12w, 6m or 2y")
    return float(int(found[1]) * _DAYS[found[2]])
