"""Capacity as a skill: forecasts three days ahead, says when things run out, and asks for nodes in time."""

from collections.abc import Mapping
from typing import Any

from skills.capacity.actions import Capacity
from skills.capacity.kept import Memory
from skills.capacity.settings import CapacitySettings, KubernetesAddress, PrometheusAddress
from skills.clock import Clock


def skill(
    clock: Clock,
    prometheus: Mapping[str, Any] | None = None,
    kubernetes: Mapping[str, Any] | None = None,
    memory: Memory | None = None,
    **settings: Any,
) -> Capacity:
    """Made from the environment; what is given here wins over it. `memory`: where forecasts are kept."""
    return Capacity(
        CapacitySettings(**settings),
        clock,
        PrometheusAddress(**(prometheus or {})),
        KubernetesAddress(**(kubernetes or {})),
        memory=memory,
    )
