"""The last day again, plus what a day has usually added: for disks and queues that fill."""

import numpy as np

from skills.capacity.shape import DAY, HORIZON, LEVELS, Array, around


class Drift:
    """Seasonal drift: yesterday's value and the median change from day to day."""

    name = "drift"
    costly = False

    def missing(self) -> None:
        """Nothing but numpy."""

    def predict(self, windows: Array) -> Array:
        """The band comes from how well the same rule would have told the days of the past week."""
        change = windows[:, DAY:] - windows[:, :-DAY]
        slope = np.median(change, axis=1, keepdims=True)
        ahead = 1 + np.arange(HORIZON)[None] // DAY
        point = np.tile(windows[:, -DAY:], (1, HORIZON // DAY)) + slope * ahead
        errors = np.empty((len(windows), HORIZON, len(LEVELS)))
        for day in range(HORIZON // DAY):
            apart = DAY * (day + 1)
            missed = windows[:, apart:] - windows[:, :-apart] - slope * (day + 1)
            errors[:, DAY * day : DAY * (day + 1)] = np.quantile(missed, LEVELS, axis=1).T[:, None, :]
        return around(point, errors)


def make() -> Drift:
    """It has nothing to set."""
    return Drift()
