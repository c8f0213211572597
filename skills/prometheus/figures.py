"""Numbers and series told briefly: least, mean, most, and when."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from skills.evidence import JSON, Series, Table


def known(series: Series) -> tuple[tuple[float, float], ...]:
    """The points that are numbers."""
    return tuple(point for point in series.points if math.isfinite(point[1]))


def mean(series: Series) -> float | None:
    """None where there is no number."""
    points = known(series)
    return math.fsum(value for _, value in points) / len(points) if points else None


def peak(series: Series) -> tuple[float, float] | None:
    """(when, how much) of its highest point."""
    return max(known(series), key=lambda point: point[1], default=None)


def short(value: float | None, unit: str = "") -> str:
    """For people: 0.0123 s -> 12.3 ms, 1073741824 bytes -> 1 GiB, 0.05 ratio -> 5 %."""
    if value is None or not math.isfinite(value):
        return "-"
    match unit:
        case "bytes":
            for power, prefix in ((4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
                if abs(value) >= 1024**power:
                    return f"{value / 1024**power:.3g} {prefix}B"
            return f"{value:.3g} B"
        case "ratio":
            return f"{value * 100:.3g} %"
        case "s" if abs(value) < 1:
            return f"{value * 1000:.3g} ms"
        case _:
            told = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
            return f"{told} {unit}".strip()


def clock_time(at: float, zone: tzinfo | None) -> str:
    """When, as the reader's clock showed it."""
    return f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%Y-%m-%d %H:%M}"


def number(value: float | None) -> JSON:
    """JSON knows neither NaN nor infinity."""
    return value if value is not None and math.isfinite(value) else None


def named(series: Iterable[Series], name: str, unit: str) -> tuple[Series, ...]:
    """The same lines under a name that says what they are."""
    kept = tuple(series)
    return tuple(replace(each, name=name if len(kept) == 1 else f"{name} {each.name}", unit=unit) for each in kept)


def over_time(series: Iterable[Series], zone: tzinfo | None) -> Table:
    """One row for each line of a chart."""
    rows = []
    for each in series:
        top = peak(each)
        last = each.points[-1][1] if each.points else None
        rows.append(
            (
                each.name,
                short(mean(each), each.unit),
                short(top[1] if top else None, each.unit),
                clock_time(top[0], zone) if top else "-",
                short(last, each.unit),
            )
        )
    return Table(("series", "mean", "peak", "peak at", "last"), tuple(rows))


def figures_of(series: Series) -> dict[str, JSON]:
    """One line of a chart for the brain: a few figures, not its points."""
    top = peak(series)
    labels: Mapping[str, str] = series.labels
    return {
        "name": series.name,
        "labels": dict(labels),
        "mean": number(mean(series)),
        "peak": number(top[1] if top else None),
        "peak_at": number(top[0] if top else None),
        "last": number(series.points[-1][1] if series.points else None),
        "points": len(series.points),
        "unit": series.unit,
    }
