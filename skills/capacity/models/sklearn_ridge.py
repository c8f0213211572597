"""Ridge regression on the days before (scikit-learn): a straight rule, refitted for each series."""

from typing import Any

from skills.capacity.models._regression import Regression


def _fresh() -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(alpha=1.0)


def make() -> Regression:
    """It has nothing to set."""
    return Regression("sklearn_ridge", _fresh)
