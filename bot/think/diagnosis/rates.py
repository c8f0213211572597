"""Turns what only grows into what a person can read from a chart: a share of the time, or so much each second."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from bot.think.diagnosis.sight import Sight, Track

HELD, PERIODS = "container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total"
SHARE = "container_cpu_throttled_ratio"
"""Our name for the share of periods in which a container wanted the CPU and did not get it."""
CORES = {"container_cpu_usage_seconds_total": "container_cpu_usage_cores"}
FEW = frozenset({"kube_pod_container_status_restarts_total"})
"""Grow by single steps, which are best seen as they are."""
SAME = ("namespace", "pod", "container")
Steps = list[tuple[float, float]]


def legible(sight: Sight) -> Iterator[tuple[Track, str]]:
    """All series with the query of each; the counters among them as their rates."""
    for track in sight.tracks:
        if track.name == PERIODS:
            continue
        if track.name == HELD:
            if (periods := _beside(track, sight.metric_names.get(PERIODS, ()))) is not None:
                query = f"rate({track.query}[5m]) / rate({periods.query}[5m])"
                yield _as(track, SHARE, _shares(track, periods)), query
        elif track.name.endswith("_total") and track.name not in FEW:
            name = CORES.get(track.name, track.name.removesuffix("_total") + "_per_second")
            yield _as(track, name, _each_second(track)), f"rate({track.query}[5m])"
        else:
            yield track, track.query


def _beside(held: Track, some: Iterable[Track]) -> Track | None:
    """The series of the same container."""
    wanted = [held.labels.get(key) for key in SAME]
    return next((one for one in some if [one.labels.get(key) for key in SAME] == wanted), None)


def _shares(held: Track, periods: Track) -> Steps:
    """A step in which either began anew is left out."""
    of = dict(zip(periods.times, periods.values, strict=True))
    both = [(at, value, of[at]) for at, value in zip(held.times, held.values, strict=True) if at in of]
    grown = [(at, now - before, all_now - all_before) for (_, before, all_before), (at, now, all_now) in pairwise(both)]
    return [(at, part / whole) for at, part, whole in grown if 0 <= part <= whole > 0]


def _each_second(track: Track) -> Steps:
    counted = list(zip(track.times, track.values, strict=True))
    return [
        (at, (now - before) / (at - since))
        for (since, before), (at, now) in pairwise(counted)
        if at > since and now >= before
    ]


def _as(track: Track, name: str, steps: Steps) -> Track:
    return Track(name, track.labels, tuple(at for at, _ in steps), tuple(value for _, value in steps))
