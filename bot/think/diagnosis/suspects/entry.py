"""By exclusion: people complain, and nothing that the first service calls shows a fault; so it is the first itself."""

from collections.abc import Iterable

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.suspects.accusation import Accusation, Scene

WEAK = 0.15
FEWEST = 3
"""Whoever calls fewer others is no front."""


def accuse(scene: Scene) -> Iterable[Accusation]:
    """The services that call others and are called by none."""
    called = frozenset().union(*scene.calls.values())
    for service, callees in scene.calls.items():
        if service not in called and len(callees) >= FEWEST:
            yield Accusation(service, WEAK, Sign("nobody_below", {"callees": str(len(callees))}))
