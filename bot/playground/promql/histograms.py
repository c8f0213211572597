"""Quantiles of classic histograms: from the counts of buckets that are labelled `le`."""

import numpy as np

from bot.playground.promql.frames import Floats, Frame, Labels, group, key_of, merge

_TOLERANCE = 1e-12
_SMALLEST = np.finfo(np.float64).tiny


def histogram_quantile(q: Floats, frame: Frame) -> Frame:
    """The q-quantile of each histogram of the frame, at each step."""
    bounds: list[float] = []
    kept: list[Labels] = []
    rows: list[int] = []
    for row, labels in enumerate(frame.labels):
        try:
            bounds.append(float(labels.get("le", "")))
        except ValueError:
            continue
        rows.append(row)
        kept.append({name: value for name, value in labels.items() if name not in ("le", "__name__")})
    out_labels, values, present = [], [], []
    for members in group(key_of(labels) for labels in kept).values():
        order = sorted(members, key=lambda member: bounds[member])
        limits = np.array([bounds[member] for member in order])
        counts = frame.values[[rows[member] for member in order]]
        there = frame.present[[rows[member] for member in order]]
        steps = there.any(axis=0)
        line = np.full(frame.values.shape[1], np.nan)
        for step in np.flatnonzero(steps):
            mask = there[:, step]
            line[step] = bucket_quantile(float(q[step]), limits[mask], counts[mask, step])
        out_labels.append(kept[order[0]])
        values.append(line)
        present.append(steps)
    if not out_labels:
        return Frame.empty(frame.values.shape[1])
    return merge(Frame(out_labels, np.array(values), np.array(present)))


def bucket_quantile(q: float, limits: Floats, counts: Floats) -> float:
    """The q-quantile of one histogram, given upper limits in order and cumulative counts."""
    if np.isnan(q):
        return float("nan")
    if q < 0:
        return float("-inf")
    if q > 1:
        return float("inf")
    if not np.isposinf(limits[-1]):
        return float("nan")
    limits, counts = _coalesce(limits, counts)
    counts = _monotonic(counts)
    if len(limits) < 2 or counts[-1] == 0 or np.isnan(counts[-1]):
        return float("nan")
    rank = q * counts[-1]
    bucket = int(np.searchsorted(counts[:-1], rank, side="left"))
    if bucket == len(limits) - 1:
        return float(limits[-2])
    if bucket == 0 and limits[0] <= 0:
        return float(limits[0])
    start, count = 0.0, float(counts[bucket])
    if bucket > 0:
        start = float(limits[bucket - 1])
        count -= float(counts[bucket - 1])
        rank -= float(counts[bucket - 1])
    with np.errstate(all="ignore"):
        return float(start + (limits[bucket] - start) * np.divide(rank, count))


def _coalesce(limits: Floats, counts: Floats) -> tuple[Floats, Floats]:
    unique, inverse = np.unique(limits, return_inverse=True)
    if len(unique) == len(limits):
        return limits, counts
    return unique, np.bincount(inverse, weights=counts).astype(np.float64)


def _monotonic(counts: Floats) -> Floats:
    """Counts that never fall: small differences are rounding, larger ones are forced."""
    out = counts.copy()
    previous = out[0]
    for place in range(1, len(out)):
        current = out[place]
        if current == previous:
            continue
        if _almost(previous, current) or current < previous:
            out[place] = previous
            continue
        previous = current
    return out


def _almost(a: float, b: float) -> bool:
    if np.isnan(a) and np.isnan(b):
        return True
    difference, total = abs(a - b), abs(a) + abs(b)
    if a == 0 or b == 0 or total < _SMALLEST:
        return bool(difference < _TOLERANCE * _SMALLEST)
    return bool(difference / min(total, np.finfo(np.float64).max) < _TOLERANCE)
