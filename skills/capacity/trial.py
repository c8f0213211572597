"""A trial on the past: what the same methods would have said last week, against what came."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skills.capacity.ahead import ahead
from skills.capacity.history import History
from skills.capacity.models import Model, model
from skills.capacity.shape import DAY, HIGH, HISTORY, HORIZON, LOW, MIDDLE, Array

TINY = 1e-4
"""Of the level: rounding is no miss."""
MOST_ORIGINS = 5
ENOUGH_ORIGINS = 3
"""With fewer looks back, nothing is chosen by them."""
CLEARLY_BETTER = 0.75
"""Another method replaces the network only if its error was at most this share of the network's.

Picking whichever was best last week does worse than always taking the network; a clear win is another matter.
"""
SMALL = 0.005
"""Half a percent off is good enough: nothing better is looked for."""
RIVALS = ("profile", "drift", "seasonal_naive")


@dataclass(frozen=True, slots=True)
class Trial:
    """How the methods did on the last days that are known."""

    origins: int
    errors: dict[str, float]
    """Mean absolute error of each method, in the series' unit."""
    usual_change: float
    """What repeating yesterday was off by: the yardstick."""
    inside: dict[str, float]
    """How often the truth was inside the 80 % band of each method."""
    level: float
    """The mean of what came."""
    said: dict[str, Array]
    """The middle path of each method for the last three days that are known."""
    came: Array
    """What came in these three days."""

    @property
    def winner(self) -> str:
        """The network, unless another was clearly better."""
        best = min(RIVALS, key=lambda name: self.errors[name])
        clear = self.errors[best] < CLEARLY_BETTER * self.errors["lstm"] and self.relative_error("lstm") > SMALL
        clear = clear and self.origins >= ENOUGH_ORIGINS
        return best if clear else "lstm"

    def relative_error(self, name: str) -> float:
        """Share of the level: 0.08 is 8 % off on average."""
        return self.errors[name] / abs(self.level) if self.level else 0.0

    def mase(self, name: str) -> float:
        """Error in units of what repeating yesterday was off by."""
        return self.errors[name] / self.usual_change if self.usual_change > 0 else 0.0


def trials(histories: Sequence[History], network: Model) -> list[Trial | None]:
    """For each history a trial, or None where it is shorter than ten days."""
    cuts = [_cuts(history) for history in histories]
    weeks = np.array([week for cut in cuts for week, _ in cut]).reshape(-1, HISTORY)
    if not len(weeks):
        return [None] * len(histories)
    own = ahead(network, weeks)
    drawn = {"lstm": own, **{name: model(name).predict(weeks) for name in RIVALS}}
    found: list[Trial | None] = []
    first = 0
    for cut in cuts:
        rows = slice(first, first + len(cut))
        first += len(cut)
        came = np.array([truth for _, truth in cut]).reshape(-1, HORIZON)
        found.append(_trial(came, {name: one[rows] for name, one in drawn.items()}) if cut else None)
    return found


def _cuts(history: History) -> list[tuple[Array, Array]]:
    """(week, the three days after it), the latest first, a day apart."""
    ends = range(history.hours, HISTORY + HORIZON - 1, -DAY)
    values = history.mean
    return [
        (values[end - HORIZON - HISTORY : end - HORIZON], values[end - HORIZON : end]) for end in ends[:MOST_ORIGINS]
    ]


def _trial(came: Array, drawn: dict[str, Array]) -> Trial:
    errors = {name: float(np.abs(one[:, :, MIDDLE] - came).mean()) for name, one in drawn.items()}
    slack = TINY * float(np.abs(came).mean())
    inside = {
        name: float(((came >= one[:, :, LOW] - slack) & (came <= one[:, :, HIGH] + slack)).mean())
        for name, one in drawn.items()
    }
    level = float(came.mean())
    said = {name: one[0, :, MIDDLE] for name, one in drawn.items()}
    usual = max(errors["seasonal_naive"], SMALL * abs(level))
    return Trial(len(came), errors, usual, inside, level, said, came[0])
