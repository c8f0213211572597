"""Every file is one way to add nodes; `make()` gives the deed for so many."""

import importlib
from typing import Protocol, cast

from skills.capacity.cluster import Cluster
from skills.capacity.settings import CapacitySettings
from skills.change import Deed


class Way(Protocol):
    """A file of this folder."""

    def make(self, cluster: Cluster, settings: CapacitySettings, count: int) -> Deed:
        """The deed that adds `count` nodes."""


def deed(cluster: Cluster, settings: CapacitySettings, count: int) -> Deed:
    """By the way that the settings name."""
    way = cast("Way", importlib.import_module(f"{__name__}.{settings.node_source}"))
    return way.make(cluster, settings, count)
