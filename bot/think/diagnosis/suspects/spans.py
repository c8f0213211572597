"""Accuses by traces: services that took longer by themselves."""

from collections.abc import Iterable, Mapping

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.suspects.accusation import Accusation, Scene, clip, weighted
from bot.think.diagnosis.suspects.wire import waits

MATERIAL = 0.5
"""Calls that took less than half as long again are only partly news."""


def accuse(scene: Scene) -> Iterable[Accusation]:
    """Calls into a service that took longer, less what its own calls and waits took longer."""
    into: dict[str, float] = {}
    out: dict[str, float] = {}
    usual: dict[str, float] = {}
    for (caller, callee), (added, due) in _added(scene).items():
        into[callee] = into.get(callee, 0.0) + added
        usual[callee] = usual.get(callee, 0.0) + due
        out[caller] = out.get(caller, 0.0) + added
    for caller, wait in waits(scene).items():
        out[caller] = out.get(caller, 0.0) + wait.more
    own = {service: max(0.0, added - max(0.0, out.get(service, 0.0))) for service, added in into.items()}
    most = max(own.values(), default=0.0)
    for service, added in own.items():
        if most > 0.5 and added / most > 0.05:
            sign = Sign("slow_itself", {"added": f"{added:.1f}"})
            material = clip(added / (MATERIAL * usual[service] + 1e-9))
            yield Accusation(service, 0.35 * added / most * material, sign, "trace_call_mean_seconds")


def _added(scene: Scene) -> Mapping[tuple[str, str], tuple[float, float]]:
    """(caller, callee) -> seconds that its calls took longer than in the past, and that they should have taken."""
    counts = {
        (one.labels.get("source"), one.labels.get("destination")): one
        for one in scene.sight.metric_names.get("trace_calls", ())
    }
    found = {}
    for track in scene.sight.metric_names.get("trace_call_mean_seconds", ()):
        ends = track.labels.get("source", ""), track.labels.get("destination", "")
        base, known = weighted(scene, track, counts.get(ends), past=True)
        now, n = weighted(scene, track, counts.get(ends), past=False)
        if known and n:
            found[ends] = (now - base) * n, base * n
    return found
