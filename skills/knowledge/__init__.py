"""The library as a skill."""

from typing import Any

from skills.clock import Clock
from skills.knowledge.actions import Knowledge


def skill(_clock: Clock, **lent: Any) -> Knowledge:
    """`search` is lent by the house, which knows the library; without it, it is said that there is none."""
    return Knowledge(lent.get("search"))
