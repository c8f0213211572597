"""Boosted trees on the days before (scikit-learn), refitted for each series."""

from typing import Any

from skills.capacity.models._regression import Regression


def _fresh() -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(max_iter=60, max_leaf_nodes=15, random_state=0)


def make() -> Regression:
    """It has nothing to set."""
    return Regression("sklearn_boosting", _fresh)
