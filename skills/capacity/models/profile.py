"""The usual day: for each hour of the day the median of the last seven days. Simple, and hard to beat."""

import numpy as np

from skills.capacity.shape import DAY, HORIZON, LEVELS, Array, around, by_day


class Profile:
    """Hour-of-day median."""

    name = "profile"
    costly = False

    def missing(self) -> None:
        """Nothing but numpy."""

    def predict(self, windows: Array) -> Array:
        """The band comes from leaving out each day in turn; a little wider for each day ahead."""
        days = by_day(windows)
        point = np.median(days, axis=1)
        left_out = [days[:, k] - np.median(np.delete(days, k, axis=1), axis=1) for k in range(days.shape[1])]
        seen = np.quantile(np.concatenate(left_out, axis=1), LEVELS, axis=1).T
        errors = np.concatenate(
            [np.repeat(seen[:, None, :] * (1 + 0.15 * day), DAY, axis=1) for day in range(HORIZON // DAY)], axis=1
        )
        return around(np.tile(point, (1, HORIZON // DAY)), errors)


def make() -> Profile:
    """It has nothing to set."""
    return Profile()
