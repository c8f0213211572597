"""What the scikit-learn models share: each window is a small training set of its own past."""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from skills.capacity.shape import DAY, HISTORY, HORIZON, LEVELS, Array, Whole, around

ORIGINS = range(3 * DAY, HISTORY, 12)
"""Where in the past a forecast is pretended to begin."""
FOLDS = 3


class Regression:
    """Learns from the window's past how the hours to come follow from the days before."""

    costly = True

    def __init__(self, name: str, make: Callable[[], Any]) -> None:
        self.name = name
        self._make = make

    def missing(self) -> str | None:
        """The package, if it is not installed."""
        return None if importlib.util.find_spec("sklearn") else "scikit-learn"

    def predict(self, windows: Array) -> Array:
        """A fit for each window."""
        self._make()  # loads the library, so that its threads are known to be held back
        with threadpool_limits(1):
            answers = [self._one(window) for window in np.asarray(windows, np.float64)]
        return np.concatenate(answers) if answers else np.empty((0, HORIZON, len(LEVELS)))

    def _one(self, window: Array) -> Array:
        scale = float(np.abs(window - np.median(window)).mean()) or 1.0
        z = (window - np.median(window)) / scale
        asked, truth = _lessons(z)
        fold = np.arange(len(truth)) * FOLDS // len(truth)
        missed = np.empty(len(truth))
        for out in range(FOLDS):
            fitted = self._make().fit(asked[fold != out], truth[fold != out])
            missed[fold == out] = truth[fold == out] - fitted.predict(asked[fold == out])
        point = self._make().fit(asked, truth).predict(_questions(z, HISTORY, np.arange(1, HORIZON + 1)))
        errors = np.quantile(missed, LEVELS)[None, None, :]
        return around(np.asarray(point)[None], np.asarray(errors)) * scale + np.median(window)


def _lessons(z: Array) -> tuple[Array, Array]:
    asked, truth = [], []
    for origin in ORIGINS:
        ahead = np.arange(1, min(HORIZON, HISTORY - origin) + 1)
        asked.append(_questions(z, origin, ahead))
        truth.append(z[origin + ahead - 1])
    return np.concatenate(asked), np.concatenate(truth)


def _questions(z: Array, origin: int, ahead: Whole) -> Array:
    """Per hour ahead: the last values of the same hour of day, the levels, and how far ahead it is."""
    hours = origin + ahead - 1
    back = -(-ahead // DAY) * DAY
    same = np.stack([z[np.maximum(hours - back - DAY * day, 0)] for day in range(3)])
    known = z[:origin]
    ones = np.ones(len(ahead))
    columns = (
        same[0],
        np.median(same, axis=0),
        same.max(0) - same.min(0),
        ones * known[-1],
        ones * np.median(known[-DAY:]),
        ones * np.median(known),
        np.sin(2 * np.pi * hours / DAY),
        np.cos(2 * np.pi * hours / DAY),
        ahead / HORIZON,
    )
    return np.stack(columns, axis=1)
