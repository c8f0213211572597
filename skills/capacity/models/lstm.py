"""The shipped network, trained once on many series: used unless another is clearly better."""

from pathlib import Path

from skills.capacity.lstm import network
from skills.capacity.shape import Array, widened

SHIPPED = Path(network.__file__).with_name("weights.npz")
SPREAD = 1.15
"""The band of the network is a little narrow on series it never saw: this much wider holds 80 % in the 80 % band."""


class Lstm:
    """One small network for all series."""

    name = "lstm"
    costly = False

    def __init__(self, weights: Path = SHIPPED) -> None:
        self._path = weights
        self._weights: network.Weights | None = None

    def missing(self) -> None:
        """Nothing but numpy."""

    def predict(self, windows: Array) -> Array:
        """Quantiles with the calibrated spread."""
        if self._weights is None:
            self._weights = network.load(self._path)
        return widened(network.predict(self._weights, windows), SPREAD)


def make(weights: Path = SHIPPED) -> Lstm:
    """With the shipped weights, unless told otherwise."""
    return Lstm(weights)
