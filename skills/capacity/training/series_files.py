"""Reads files of many series (Parquet: series_id, t, value; beside it NAME_meta.csv) and cuts them into windows."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skills.capacity.scores import Windows, scale_of
from skills.capacity.shape import HISTORY, HORIZON, Array

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Recorded:
    """One series by the hour; NaN where nothing was measured."""

    name: str
    kind: str
    entity: str
    """The source and the machine it is from: series of one entity belong on one side of every split."""
    mean: Array
    high: Array


def read(folder: Path) -> list[Recorded]:
    """All series of all Parquet files of a folder."""
    return [series for path in sorted(folder.glob("*.parquet")) for series in _read_file(path)]


def _read_file(path: Path) -> list[Recorded]:
    from pyarrow import parquet

    table = parquet.read_table(path, columns=["series_id", "t", "value"])
    coded = table.column("series_id").combine_chunks().dictionary_encode()
    called = np.asarray(coded.dictionary.to_pylist(), dtype=np.str_)
    which = np.asarray(coded.indices, dtype=np.int64)
    times = np.asarray(table.column("t").to_numpy(), dtype=np.int64)
    values = np.asarray(table.column("value").to_numpy(), dtype=np.float64)
    described = _describe(path.with_name(f"{path.stem}_meta.csv"))
    order = np.lexsort((times, which))
    which, times, values = which[order], times[order], values[order]
    found, starts = np.unique(which, return_index=True)
    ends = np.append(starts[1:], len(which))
    return [
        _hourly(name, times[start:end], values[start:end], described.get(name, {}))
        for name, start, end in zip((str(called[code]) for code in found), starts, ends, strict=True)
    ]


def _describe(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    with path.open(newline="") as lines:
        return {row["series_id"]: row for row in csv.DictReader(lines)}


def _hourly(name: str, times: NDArray[np.int64], values: Array, described: dict[str, str]) -> Recorded:
    hours = times // HOUR
    first, count = int(hours[0]), int(hours[-1] - hours[0]) + 1
    at = (hours - first)[~np.isnan(values)]
    known = values[~np.isnan(values)]
    number = np.bincount(at, minlength=count)
    high = np.full(count, -np.inf)
    np.maximum.at(high, at, known)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(number > 0, np.bincount(at, weights=known, minlength=count) / number, np.nan)
    high = np.where(number > 0, high, np.nan)
    step = int(float(described["step_s"])) if "step_s" in described else int(np.median(np.diff(times)))
    if step < HOUR:  # the first and the last hour are seldom whole
        mean, high = mean[1:-1], high[1:-1]
    entity = f"{described.get('source', '')}|{described.get('entity', name)}"
    return Recorded(name, described.get("kind", ""), entity, mean, high)


def filled(values: Array) -> Array:
    """Holes closed by a straight line."""
    holes = np.isnan(values)
    if not holes.any() or holes.all():
        return values
    closed = values.copy()
    closed[holes] = np.interp(np.flatnonzero(holes), np.flatnonzero(~holes), values[~holes])
    return closed


def windows(series: list[Recorded], *, stride: int = 30, most: int = 8, high: bool = False) -> Windows:
    """Cut each series into rolling windows, latest first. The stride turns the hour of day at which they begin."""
    cut: list[tuple[str, Array, Array, float]] = []
    for one in series:
        values = one.high if high else one.mean
        spread = float(np.subtract(*np.nanpercentile(values, [99, 1]))) if not np.isnan(values).all() else 0.0
        end, taken = len(values), 0
        while end >= HISTORY + HORIZON and taken < most:
            past, future = values[end - HORIZON - HISTORY : end - HORIZON], values[end - HORIZON : end]
            if np.isnan(past).mean() <= 0.1 and np.isnan(future).mean() <= 0.1 and not np.isnan(past[-6:]).all():
                past = filled(past)
                cut.append((one.name, past, future, max(scale_of(past, spread), 1e-12)))
                taken += 1
            end -= stride
    return Windows(
        np.array([name for name, *_ in cut], dtype=np.str_),
        np.array([past for _, past, _, _ in cut]).reshape(-1, HISTORY),
        np.array([future for _, _, future, _ in cut]).reshape(-1, HORIZON),
        np.array([scale for *_, scale in cut]),
    )
