"""Every file is one way to forecast; `make()` gives the model that it holds."""

import importlib
import pkgutil
from pathlib import Path
from typing import Protocol

from skills.capacity.shape import Array


class Model(Protocol):
    """Seven days of hours in, three days of quantiles out."""

    name: str
    costly: bool
    """Fits every series anew, by a heavy library: not for thousands of series."""

    def missing(self) -> str | None:
        """The package that has to be installed first, if one is not."""

    def predict(self, windows: Array) -> Array:
        """(windows, 168) hourly values without holes -> (windows, 72, 9) quantiles."""


def names() -> tuple[str, ...]:
    """All models there are."""
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def model(name: str) -> Model:
    """The model of this name; LookupError if there is none."""
    if name not in names():
        raise LookupError(name)
    made: Model = importlib.import_module(f"{__name__}.{name}").make()
    return made
