"""The shape of a forecast: seven days of hours in, three days of hours out, nine quantiles of each."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""Numbers by hour; (windows, hours) or (windows, hours, quantiles)."""
Whole = NDArray[np.int64]
"""Hours, and places in a list."""

DAY = 24
HISTORY = 7 * DAY
"""Hours that a model looks at."""
HORIZON = 3 * DAY
"""Hours that a model looks ahead."""
LEVELS = np.arange(1, 10) / 10
"""The quantiles that every model gives: 0.1 … 0.9."""
LOW, MIDDLE, HIGH = 0, 4, 8
"""Where the 10 %, 50 % and 90 % quantiles stand in LEVELS."""


def by_day(windows: Array) -> Array:
    """(windows, 168) as (windows, 7 days, 24 hours)."""
    return windows.reshape(len(windows), -1, DAY)


def around(point: Array, errors: Array) -> Array:
    """Quantiles from a point forecast (windows, 72) and error quantiles that can be added to it (…, 9).

    The quantiles are put in order, but the middle one stays the model's own point: sorting alone would move it.
    """
    quantiles = np.sort(point[:, :, None] + errors, axis=2)
    quantiles[:, :, MIDDLE] = point
    return quantiles


def widened(quantiles: Array, factor: float) -> Array:
    """The same forecast with a band `factor` times as wide."""
    middle = quantiles[:, :, MIDDLE : MIDDLE + 1]
    return middle + (quantiles - middle) * factor
