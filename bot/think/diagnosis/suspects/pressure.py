"""Accuses services whose own CPU or memory jumped up to its limit."""

from collections.abc import Iterable

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.suspects.accusation import Accusation, Scene, clip, median, service_of


def accuse(scene: Scene) -> Iterable[Accusation]:
    for track in scene.sight.tracks:
        name, service = track.name, service_of(track)
        if not service or name.startswith("node_") or not ("cpu" in name or "memory" in name):
            continue
        before, after = scene.before(track), scene.after(track)
        if not after or not ("percent" in name or "utiliz" in name or "ratio" in name):
            continue
        scale = 100.0 if max(after) <= 1.5 and "ratio" in name else 1.0
        base = median(before) * scale
        top = sorted(after)[-max(1, len(after) // 2) :]
        level = median(top) * scale
        score = clip((level - base - 15) / 40) * clip((level - 50) / 30)
        if score > 0.05:
            sign = Sign("pressure", {"metric": name, "before": f"{base:.0f}", "after": f"{level:.0f}"})
            yield Accusation(service, score, sign, track.query)
