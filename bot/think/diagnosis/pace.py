"""How fast a series moves, and when it reaches a limit at that pace."""

from collections.abc import Mapping

from bot.think.diagnosis.sight import Sight, Track

LEAST_RISE = 0.02


def seconds_left(track: Track, limit: float) -> float | None:
    """Seconds until the limit is reached at the pace of the series; None if it does not clearly rise."""
    if len(track.values) < 2 or track.last >= limit:
        return None
    first, last = track.times[0], track.times[-1]
    rise = track.values[-1] - track.values[0]
    if last <= first or rise < LEAST_RISE * limit:
        return None
    ups = sum(1 for one, other in zip(track.values, track.values[1:], strict=False) if other > one)
    if ups < 0.7 * (len(track.values) - 1):
        return None
    return (limit - track.last) / (rise / (last - first))


def last_with(sight: Sight, names: tuple[str, ...], labels: Mapping[str, str]) -> float | None:
    """The newest value of a metric that carries these labels."""
    for name in names:
        for track in sight.metric_names.get(name, ()):
            if all(track.labels.get(key) == value for key, value in labels.items()):
                return track.last
    return None
