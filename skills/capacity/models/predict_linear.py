"""A straight line through the week, as Prometheus' predict_linear() draws it. Kept to show what it is worth."""

import numpy as np

from skills.capacity.shape import HISTORY, HORIZON, LEVELS, Array, around


class PredictLinear:
    """Least squares over the last hours."""

    name = "predict_linear"
    costly = False

    def __init__(self, hours: int = HISTORY) -> None:
        self._hours = hours

    def missing(self) -> None:
        """Nothing but numpy."""

    def predict(self, windows: Array) -> Array:
        """The band comes from what the line missed in the past."""
        past = windows[:, -self._hours :]
        hours = np.arange(-self._hours + 1, 1.0)
        design = np.stack([np.ones(self._hours), hours], axis=1)
        line = np.linalg.lstsq(design, past.T, rcond=None)[0]
        point = line[0][:, None] + line[1][:, None] * np.arange(1, HORIZON + 1.0)
        missed = np.quantile(past - (design @ line).T, LEVELS, axis=1).T
        return around(point, missed[:, None, :])


def make() -> PredictLinear:
    """Through the whole week: the shorter lines do worse."""
    return PredictLinear()
