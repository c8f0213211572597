"""Accuses the called side of calls that became slow, unless what it calls itself became slower still."""

import math
from collections.abc import Iterable

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.suspects.accusation import Accusation, Scene, clip, edge_of, median

LEAST_SECONDS = 0.002
FULL = math.log(30)


def accuse(scene: Scene) -> Iterable[Accusation]:
    into: dict[str, list[float]] = {}
    out: dict[str, list[float]] = {}
    told: dict[str, str] = {}
    for track in scene.sight.tracks:
        edge = edge_of(track)
        if edge is None or ("latency" not in track.name and "duration" not in track.name):
            continue
        before, after = scene.before(track), scene.after(track)
        if len(before) < 2 or not after or track.labels.get("reporter") == "destination":
            continue
        base, now = median(before), median(after)
        moved = math.log((now + LEAST_SECONDS) / (base + LEAST_SECONDS))
        into.setdefault(edge[1], []).append(moved)
        out.setdefault(edge[0], []).append(moved)
        if moved >= max(into[edge[1]]):
            told[edge[1]] = track.query
    for service, moves in into.items():
        own = median(moves) - 0.8 * max([*out.get(service, []), 0.0])
        if own > 0.1:
            sign = Sign("slow_calls", {"times": f"{math.exp(median(moves)):.1f}"})
            yield Accusation(service, clip(own / FULL), sign, told[service])
