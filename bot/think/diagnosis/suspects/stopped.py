"""Where failed requests end: each of them called what failed it, and after that nobody."""

from collections.abc import Iterable, Mapping

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.suspects.accusation import CLIENT, Accusation, Scene, clip, edge_of, median
from bot.think.diagnosis.suspects.work import plain, runs

LEAST_FAILED = 0.2
LEAST_MISSING = 0.3


def accuse(scene: Scene) -> Iterable[Accusation]:
    """Callees of the front that are called far less than usual, though in as many requests as fail."""
    failed = _failed(scene)
    called = frozenset().union(*scene.calls.values())
    if failed < LEAST_FAILED:
        return
    for front in set(scene.calls) - called:
        before, since = _requests(scene, front)
        if not before or not since:
            continue
        for callee, (usual, now) in _calls(scene, front).items():
            missing = 1 - (now / since) / (usual / before) if usual else 0.0
            if now >= failed * since and missing >= LEAST_MISSING:
                sign = Sign("stopped", {"failed": f"{100 * failed:.0f}", "fewer": f"{100 * missing:.0f}"})
                yield Accusation(callee, 0.6 * clip(missing), sign, "trace_calls")


def _failed(scene: Scene) -> float:
    """The share of requests that fail in the end and did not before, by whatever metric counts success."""
    worst, end = 0.0, max((track.times[-1] for track in scene.sight.metric_names.get("trace_calls", ())), default=0.0)
    for track in scene.sight.tracks:
        if "success" not in track.name or edge_of(track) is not None:
            continue
        before, after = scene.before(track), track.between(scene.start, end + 1)
        usual = median(before)
        if len(before) >= 3 and after and usual > 0:
            worst = max(worst, 1 - after[-1] / usual)
    return worst


def _requests(scene: Scene, front: str) -> tuple[float, float]:
    """(before, in the last minute) how often the front was asked; what it asks others is named as theirs."""
    past = runs(scene, past=True)
    others = {plain(operation) for service, ran in past.items() if service != front for operation in ran}
    own = [one for one in past.get(front, ()) if plain(one) not in others and not CLIENT.search(one)]
    most = max(own, key=lambda one: past[front][one], default="")
    for track in scene.sight.metric_names.get("trace_spans", ()):
        if (track.labels.get("service"), track.labels.get("operation")) == (front, most):
            return _ends(scene.before(track), scene.after(track))
    return 0.0, 0.0


def _calls(scene: Scene, front: str) -> Mapping[str, tuple[float, float]]:
    """Callee -> calls of the front in a minute of the past, and in the last one."""
    return {
        track.labels["destination"]: _ends(scene.before(track), scene.after(track))
        for track in scene.sight.metric_names.get("trace_calls", ())
        if track.labels.get("source") == front and "destination" in track.labels
    }


def _ends(before: tuple[float, ...], after: tuple[float, ...]) -> tuple[float, float]:
    return (sum(before) / len(before) if before else 0.0), (after[-1] if after else 0.0)
