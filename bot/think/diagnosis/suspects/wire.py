"""Accuses a service whose network is slow: its callers wait longer than it takes to answer.

Client spans do not always say whom they called. So for each service we ask: if a delay lay between it and all
others, how much of the waiting of its callers (and its own) would that explain?
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.sight import Track
from bot.think.diagnosis.suspects.accusation import CLIENT, Accusation, Scene, clip, weighted

ENOUGH = 0.15


def accuse(scene: Scene) -> Iterable[Accusation]:
    waiting, calls = waits(scene), _calls(scene)
    total = sum(wait.more**2 for wait in waiting.values())
    if not total or not calls:
        return
    for service in sorted({callee for _, callee in calls}):
        others = [caller for caller in waiting if caller != service]
        made = {caller: calls.get((caller, service), 0.0) for caller in others}
        square = sum(n * n for n in made.values())
        delay = sum(waiting[caller].more * n for caller, n in made.items()) / square if square else 0.0
        left = sum((waiting[caller].more - delay * n) ** 2 for caller, n in made.items())
        fit = clip(1.0 - left / total) * clip(delay / ENOUGH)
        own = waiting.get(service)
        also = clip(math.log2(max(own.times, 2.0)) - 1) if own is not None else 0.0
        served = sum(made.values())
        if own is not None and own.more > 0.3 * delay * served:
            fit *= 0.4
        fit *= served / (served + 1)
        if fit > 0.05:
            sign = Sign("wire", {"delay": f"{delay:.2f}"})
            yield Accusation(service, fit * (0.9 + 0.1 * also), sign, "trace_span_mean_seconds")


@dataclass
class Wait:
    """How much longer a caller waited, and how many times as long as before.

    One that itself waits as long for others as its callers wait for it only passes the delay on.
    """

    more: float = 0.0
    times: float = 1.0


def waits(scene: Scene) -> Mapping[str, Wait]:
    """Caller -> seconds its client spans waited more than in the past, less what the callees took longer."""
    counts = {_key(track): track for track in scene.sight.tracks if track.name == "trace_spans"}
    waits: dict[str, Wait] = {}
    for track in scene.sight.tracks:
        if track.name != "trace_span_mean_seconds" or not CLIENT.search(track.labels.get("operation", "")):
            continue
        base, known = weighted(scene, track, counts.get(_key(track)), past=True)
        now, n = weighted(scene, track, counts.get(_key(track)), past=False)
        if known and n:
            wait = waits.setdefault(track.labels.get("service", ""), Wait())
            wait.more += (now - base) * n
            wait.times = max(wait.times, now / base if base > 0 else 1.0)
    for track in scene.sight.tracks:
        if track.name != "trace_call_mean_seconds" or track.labels.get("source") not in waits:
            continue
        made = _made(scene, track)
        base, known = weighted(scene, track, made, past=True)
        now, n = weighted(scene, track, made, past=False)
        if known and n:
            waits[track.labels["source"]].more -= (now - base) * n
    for wait in waits.values():
        wait.more = max(0.0, wait.more)
    return waits


def _key(track: Track) -> tuple[str, str]:
    return track.labels.get("service", ""), track.labels.get("operation", "")


def _made(scene: Scene, track: Track) -> Track | None:
    ends = track.labels.get("source"), track.labels.get("destination")
    for other in scene.sight.metric_names.get("trace_calls", ()):
        if (other.labels.get("source"), other.labels.get("destination")) == ends:
            return other
    return None


def _calls(scene: Scene) -> Mapping[tuple[str, str], float]:
    """(caller, callee) -> calls during the fault."""
    return {
        (track.labels.get("source", ""), track.labels.get("destination", "")): sum(scene.after(track))
        for track in scene.sight.metric_names.get("trace_calls", ())
    }
