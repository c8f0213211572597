"""A random forest on the days before (scikit-learn), refitted for each series."""

from typing import Any

from skills.capacity.models._regression import Regression


def _fresh() -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(n_estimators=60, min_samples_leaf=3, random_state=0, n_jobs=1)


def make() -> Regression:
    """It has nothing to set."""
    return Regression("sklearn_forest", _fresh)
