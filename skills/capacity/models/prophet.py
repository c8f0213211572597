"""Prophet, if it is installed: slower and no better here, but many know it and want to compare."""

import importlib.util
import logging

import numpy as np

from skills.capacity.shape import HISTORY, HORIZON, LEVELS, Array, around


class Prophet:
    """One Prophet with a daily season, fitted to each series."""

    name = "prophet"
    costly = True

    def missing(self) -> str | None:
        """The package is an extra of its own: it is large."""
        return None if importlib.util.find_spec("prophet") else "prophet"

    def predict(self, windows: Array) -> Array:
        """Some tenth of a second for each window."""
        for name in ("cmdstanpy", "prophet", "prophet.plot"):
            logging.getLogger(name).disabled = True
        import pandas
        from prophet import Prophet as Fitted

        answers = []
        times = pandas.date_range("2024-01-01", periods=HISTORY + HORIZON, freq="h")
        random = np.random.default_rng(0)
        for window in windows:
            fitted = Fitted(
                daily_seasonality=True, weekly_seasonality=False, yearly_seasonality=False, uncertainty_samples=200
            )
            np.random.seed(int(random.integers(2**31)))
            fitted.fit(pandas.DataFrame({"ds": times[:HISTORY], "y": window}))
            ahead = pandas.DataFrame({"ds": times[HISTORY:]})
            point = fitted.predict(ahead)["yhat"].to_numpy()
            seen = np.quantile(fitted.predictive_samples(ahead)["yhat"], LEVELS, axis=1).T
            answers.append(around(point[None], (seen - point[:, None])[None])[0])
        return np.stack(answers) if answers else np.empty((0, HORIZON, len(LEVELS)))


def make() -> Prophet:
    """It has nothing to set."""
    return Prophet()
