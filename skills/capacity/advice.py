"""From outlooks to advice: how many nodes to add and by when, how many could go, and what requests should be."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skills.capacity.exhaustion import NEVER
from skills.capacity.history import HOUR
from skills.capacity.outlook import Outlook
from skills.capacity.shape import HISTORY, HORIZON

SPARE = 1.1
"""Nodes are only given back if a tenth more than the expected peak would still fit."""
SURE_HOURS = HORIZON
HEADROOM = {"cpu": 1.15, "memory": 1.2}
WORTH_CHANGING = 0.25
"""A request is only advised to change by more than this share."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes there are."""

    count: int
    allocatable: dict[str, float]
    """Of all of them together: cpu in cores, memory in bytes."""

    def each(self, resource: str) -> float:
        """What one node brings."""
        return self.allocatable[resource] / self.count


@dataclass(frozen=True, slots=True)
class Add:
    """Nodes to add, before it is too late."""

    nodes: int
    by: float
    """Unix seconds; the time that a node takes to come is already taken off."""
    short_at: float
    """When it would plausibly be short, at the earliest."""
    outlook: Outlook
    resource: str


@dataclass(frozen=True, slots=True)
class Release:
    """Nodes that could go."""

    nodes: int


@dataclass(frozen=True, slots=True)
class Enough:
    """Nothing to do within the three days."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """Too little is known to advise anything."""


Advice = Add | Release | Enough | Unsure


@dataclass(frozen=True, slots=True)
class Need:
    """One outlook of the whole cluster, and the resource it needs."""

    outlook: Outlook
    resource: str
    share: float
    """How much of the allocatable may be used: below 1 for use, 1 for requests."""

    @property
    def wanted(self) -> float:
        """The allocatable that the likely peak asks for."""
        return self.outlook.peak / self.share


def advise(needs: Sequence[Need], nodes: Nodes, now: float, lead_seconds: float) -> Advice:
    """The most urgent need decides when, the largest one how many."""
    sure = [need for need in needs if need.outlook.confidence != "low"]
    if not sure or not nodes.count:
        return Unsure()
    short = [need for need in sure if need.outlook.earliest <= SURE_HOURS]
    if short:
        first = min(short, key=lambda need: need.outlook.earliest)
        short_at = (first.outlook.start + first.outlook.earliest - 1) * HOUR
        count = max(_missing(need, nodes) for need in short)
        return Add(count, max(now, short_at - lead_seconds), short_at, first.outlook, first.resource)
    spare = min(_spare(need, nodes) for need in sure) if len(sure) == len(needs) else 0
    return Release(spare) if spare > 0 else Enough()


def _missing(need: Need, nodes: Nodes) -> int:
    return max(1, math.ceil((need.wanted - nodes.allocatable[need.resource]) / nodes.each(need.resource)))


def _spare(need: Need, nodes: Nodes) -> int:
    left = nodes.allocatable[need.resource] - need.wanted * SPARE
    return min(nodes.count // 2, math.floor(left / nodes.each(need.resource)))


def soon_full(outlook: Outlook, within: float = HORIZON) -> bool:
    """Whether to raise an alert that it will be full: only if the middle path says so and even the 40 % path agrees.

    What is full already is not news of the future: a quota that is meant to be used up would alarm for ever.
    """
    if outlook.confidence == "low" or outlook.subject.ceiling is None or outlook.expected == NEVER:
        return False
    history = outlook.subject.history
    if history.hours < HISTORY or history.mean[-1] >= outlook.subject.ceiling:
        return False
    return outlook.expected <= within and outlook.cautious <= 1.5 * within


@dataclass(frozen=True, slots=True)
class Request:
    """What one container asks for, what it needs, and what it should ask for."""

    container: str
    resource: str
    asked: float | None
    peak: float
    advised: float

    @property
    def worth_changing(self) -> bool:
        """Small differences are not worth a rollout."""
        if self.asked is None:
            return True
        return abs(self.advised - self.asked) > WORTH_CHANGING * self.asked


def right_size(container: str, resource: str, asked: float | None, outlook: Outlook) -> Request:
    """A request that holds the likely peak of memory, and the usual high of CPU, with some headroom."""
    week = outlook.subject.history.high[-HISTORY:]
    usual = max(float(np.percentile(week, 95)), float(outlook.high.max()))
    peak = outlook.peak if resource == "memory" else usual
    advised = max(peak, 0.0) * HEADROOM[resource]
    step = 0.01 if resource == "cpu" else 2**20
    return Request(container, resource, asked, peak, math.ceil(advised / step) * step)
