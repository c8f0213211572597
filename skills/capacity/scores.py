"""How good a forecast was: the scores that evals, back-tests and the training all use."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from skills.capacity.shape import DAY, HIGH, HISTORY, HORIZON, LOW, MIDDLE, Array

CLIP = 10.0
"""One hopeless window must not drown all others."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Pieces of series: a week that is shown, and the three days that really came."""

    names: NDArray[np.str_]
    """Which series each window is from."""
    past: Array
    future: Array
    """May hold NaN where nothing was measured."""
    scale: Array
    """What one hour is usually off by, if yesterday is repeated."""

    def __len__(self) -> int:
        return len(self.past)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Windows":
        """Some of them."""
        return Windows(self.names[which], self.past[which], self.future[which], self.scale[which])


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over windows, then over series."""

    mase: float
    """Mean absolute error in units of the scale; 1 is what repeating yesterday usually costs."""
    median_mase: float
    rmae: float
    """Error against the seasonal naive on the same hours: below 1 is better than repeating yesterday."""
    sql3: float
    """Error of the 10, 50 and 90 % quantiles in units of the scale."""
    wql3: float
    coverage80: float
    """How often the truth was inside the 80 % band."""
    beats_naive: float

    def rounded(self) -> dict[str, float]:
        """For people and JSON."""
        return {name: round(float(value), 4) for name, value in asdict(self).items()}


def scale_of(past: Array, spread: float) -> float:
    """The in-window error of repeating yesterday, floored so that near-constant series do not explode."""
    return max(float(np.mean(np.abs(past[DAY:] - past[:-DAY]))), 0.01 * spread)


def score(windows: Windows, quantiles: Array) -> Scores:
    """Compare (windows, 72, 9) quantiles with what came."""
    seen = ~np.isnan(windows.future)
    truth = np.where(seen, windows.future, 0.0)
    hours = seen.sum(1)
    errors = (np.abs(truth - quantiles[:, :, MIDDLE]) * seen).sum(1)
    naive = np.tile(windows.past[:, HISTORY - DAY : HISTORY], (1, HORIZON // DAY))
    naive_errors = (np.abs(truth - naive) * seen).sum(1)
    pinball = sum(_pinball(truth, quantiles[:, :, at], level, seen) for at, level in ((LOW, 0.1), (HIGH, 0.9)))
    pinball = 2 * (pinball + errors / 2) / 3
    inside = ((truth >= quantiles[:, :, LOW]) & (truth <= quantiles[:, :, HIGH]) & seen).sum(1) / hours
    size = (np.abs(truth) * seen).sum(1)
    series = _Series(windows.names)
    total = series.sum(size)
    ratio = (series.sum(errors) + 1e-9 * total + 1e-12) / (series.sum(naive_errors) + 1e-9 * total + 1e-12)
    mase = series.mean(np.minimum(errors / hours / windows.scale, CLIP))
    return Scores(
        mase=float(mase.mean()),
        median_mase=float(np.median(mase)),
        rmae=float(np.exp(np.log(np.clip(ratio, 0.02, 50)).mean())),
        sql3=float(series.mean(np.minimum(pinball / hours / windows.scale, CLIP)).mean()),
        wql3=float(np.minimum(series.sum(pinball) / np.maximum(total, 1e-12), 5).mean()),
        coverage80=float(series.mean(inside).mean()),
        beats_naive=float((ratio < 1).mean()),
    )


def _pinball(truth: Array, quantile: Array, level: float, seen: NDArray[np.bool_]) -> Array:
    missed = truth - quantile
    total: Array = (np.maximum(level * missed, (level - 1) * missed) * seen).sum(1)
    return total


class _Series:
    """Sums and means over the windows of each series."""

    def __init__(self, names: NDArray[np.str_]) -> None:
        _, self._which = np.unique(names, return_inverse=True)
        self._count = np.bincount(self._which)

    def sum(self, values: Array) -> Array:
        return np.asarray(np.bincount(self._which, weights=values), dtype=np.float64)

    def mean(self, values: Array) -> Array:
        return self.sum(values) / self._count
