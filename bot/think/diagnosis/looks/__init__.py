"""Ways to look: every file here is one, offers make(), and yields findings. None of them needs a model."""

import importlib
import pkgutil
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Protocol

from bot.domain.finding import Finding
from bot.think.diagnosis.sight import Sight


class Look(Protocol):
    """Reads what was gathered, and says what is wrong in it."""

    def __call__(self, sight: Sight) -> Iterable[Finding]: ...


@cache
def all_looks() -> tuple[tuple[str, Look], ...]:
    """Every file of this folder, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple((name, importlib.import_module(f"{__name__}.{name}").make()) for name in names)


ODD = (AttributeError, TypeError, ValueError, KeyError, IndexError, RecursionError)


def look_everywhere(sight: Sight) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """All findings, each marked with the look that made it; and the looks that odd objects made stumble."""
    found: list[Finding] = []
    stumbled: list[str] = []
    for name, look in all_looks():
        try:
            found += [replace(finding, look=name) for finding in look(sight)]
        except ODD:
            stumbled.append(f"look_{name}")
    return tuple(found), tuple(stumbled)
