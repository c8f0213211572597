"""Errors that name another service: who writes them could not reach it, and is not what broke."""

import re
from collections import Counter
from collections.abc import Mapping

from bot.think.diagnosis.suspects.accusation import Scene, edge_of, service_of
from bot.think.diagnosis.suspects.patterns import is_error, pattern_of

SHORTEST = 4
"""Shorter names are words."""


def about_others(scene: Scene) -> Mapping[str, Counter[str]]:
    """Service -> error pattern -> how many of its lines since the fault name another service."""
    names = {service_of(track) for track in scene.sight.tracks if edge_of(track) is None}
    names |= set(scene.calls) | {callee for callees in scene.calls.values() for callee in callees}
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if len(name) >= SHORTEST)
    found: dict[str, Counter[str]] = {}
    if not known:
        return found
    named = re.compile(rf"(?<![\w-])(?:{known})(?![\w-])")
    for line in scene.sight.lines:
        service = line.labels.get("service", "")
        if not service or line.at < scene.start:
            continue
        pattern = pattern_of(line.text)
        if is_error(pattern) and set(named.findall(line.text[:600])) - {service}:
            found.setdefault(service, Counter())[pattern] += 1
    return found
