"""Who may read a page of Confluence, as far as it tells: where it does not, nobody may."""

from collections.abc import Awaitable, Mapping
from typing import Any

from knowledge.importers.fields import part_of


def names_someone(found: Mapping[str, Any]) -> bool:
    """Whether only some may read it. Raises TypeError where that is not said: such a page is left out."""
    restrictions = part_of(found, "restrictions")
    if not restrictions.keys() & {"user", "group"}:
        raise TypeError("restrictions name neither user nor group")
    return any(part_of(restrictions, kind).get("results") for kind in ("user", "group"))


async def is_open(hidden: Awaitable[bool]) -> bool:
    """To all, as far as is told."""
    try:
        return not await hidden
    except TypeError:
        return False
