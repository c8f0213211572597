"""The rank of the true service among the candidates, for us and for the naive way."""

import statistics
from collections.abc import Mapping
from typing import Any

from bot.think.diagnosis import Diagnosis
from bot.think.diagnosis.sight import Sight, Track

NAMED = ("service", "microservice")


def rank_of(expect: Mapping[str, Any], diagnosis: Diagnosis) -> int:
    """1 is best; a service we did not name at all counts as behind all candidates."""
    candidates = set(expect.get("candidates", []))
    named = [one.name for one in diagnosis.suspects if not candidates or one.name in candidates]
    return _rank(expect["root_service"], named, len(candidates))


def naive_rank(expect: Mapping[str, Any], sight: Sight) -> int:
    """The baseline: whichever service has the metric that left its past furthest behind, and nothing else."""
    moved: dict[str, float] = {}
    for track in sight.tracks:
        service = next((track.labels[name] for name in NAMED if name in track.labels), "")
        if service:
            moved[service] = max(moved.get(service, 0.0), _moved(track, sight.start))
    candidates = set(expect.get("candidates", []))
    ordered = sorted((name for name in moved if name in candidates), key=lambda name: (-moved[name], name))
    return _rank(expect["root_service"], ordered, len(candidates))


def _moved(track: Track, start: float) -> float:
    before = [value for at, value in zip(track.times, track.values, strict=True) if at < start]
    after = [value for at, value in zip(track.times, track.values, strict=True) if at >= start]
    if len(before) < 2 or not after:
        return 0.0
    spread = statistics.pstdev(before) or abs(statistics.mean(before)) * 0.01 or 1e-9
    return abs(statistics.mean(after) - statistics.mean(before)) / spread


def _rank(name: str, ordered: list[str], behind: int) -> int:
    return ordered.index(name) + 1 if name in ordered else max(behind, len(ordered)) + 1
