"""From clean weeks to three days ahead: settle unknown steps, ask the model, open the band where a week trends."""

import numpy as np

from skills.capacity.models import Model
from skills.capacity.shape import MIDDLE, Array
from skills.capacity.shifts import settle, trend_share

TREND = 0.35
"""Most trends of a week do not go on for three days more: above this share the band is opened."""
TREND_SPREAD = 1.5


def ahead(model: Model, weeks: Array) -> Array:
    """(windows, 168) without holes, known steps already levelled -> (windows, 72, 9)."""
    settled, _ = settle(weeks)
    quantiles = model.predict(settled)
    factor = np.where(trend_share(weeks) > TREND, TREND_SPREAD, 1.0)[:, None, None]
    middle = quantiles[:, :, MIDDLE : MIDDLE + 1]
    return np.asarray(middle + (quantiles - middle) * factor)
