"""When a forecast reaches a ceiling, in hours from now; beyond three days by the forecast's own trend."""

from itertools import combinations

import numpy as np

from skills.capacity.shape import DAY, HORIZON, MIDDLE, Array

FARTHEST = 21 * DAY
"""Beyond three weeks nothing is said."""
NEVER = np.inf


def filling(quantiles: Array) -> Array:
    """The path that fullness is expected by: half way from the 50 % to the 60 % quantile.

    The middle path alone is some hours late: what fills is full when it first touches its ceiling, not when it stays.
    """
    return np.asarray(quantiles[:, :, MIDDLE : MIDDLE + 2].mean(2))


def extended(weeks: Array, path: Array, days: int = FARTHEST // DAY) -> Array:
    """A path (windows, 72) drawn out to `days`, by the median change between the same hours of its days."""
    line = np.concatenate([weeks[:, -DAY:], path], axis=1)
    parts = [line[:, DAY * day : DAY * (day + 1)] for day in range(line.shape[1] // DAY)]
    changes = [(parts[j] - parts[i]) / (j - i) for i, j in combinations(range(len(parts)), 2)]
    slope = np.median(np.stack(changes, axis=1), axis=(1, 2))
    more = range(1, days - HORIZON // DAY + 1)
    return np.concatenate([path, *(path[:, -DAY:] + slope[:, None] * day for day in more)], axis=1)


def hours_until(paths: Array, ceiling: Array | float) -> Array:
    """Hours until each path (windows, hours) is first at the ceiling; NEVER if it does not get there."""
    level = np.broadcast_to(np.asarray(ceiling, dtype=np.float64), (len(paths),))
    over = paths >= level[:, None]
    return np.where(over.any(1), over.argmax(1) + 1.0, NEVER)
