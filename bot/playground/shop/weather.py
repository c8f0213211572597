"""How well each service does at each time: traffic, errors and slowness, and how trouble travels to those who call."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.playground.shop.services import BY_NAME, SERVICES, Service
from bot.playground.world.lives import Life
from bot.playground.world.world import World

Floats = NDArray[np.float64]
DAY = 86400.0
SPREAD = 0.55


@dataclass(slots=True)
class Effect:
    """What a fault does to the pods that it `strikes`, from its start until it ends.

    `slow` multiplies the time a request takes; `relief` is the number of ready pods from which on it is no longer felt;
    with `until_restart` a container that starts afterwards is free of it.
    """

    strikes: Callable[[Life], bool]
    start: float
    end: float | None = None
    errors: float = 0.0
    slow: float = 1.0
    cpu: float = 1.0
    pool: float = 0.0
    leak: float = 0.0
    leak_limit: float = math.inf
    relief: int = 0
    until_restart: bool = False
    lines: tuple[str, ...] = ()
    line_level: str = "error"


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests a second as a smooth function of time, whose sum is known exactly."""

    level: float
    phase: float

    def _waves(self) -> tuple[tuple[float, float, float], ...]:
        return ((0.35, DAY, -math.pi * 0.75), (0.05, 3607.0, self.phase), (0.04, 611.0, 2 * self.phase))

    def rate(self, times: Floats) -> Floats:
        """Requests a second."""
        total = np.ones_like(times)
        for size, period, phase in self._waves():
            total += size * np.sin(2 * np.pi * times / period + phase)
        return self.level * total

    def sum(self, times: Floats) -> Floats:
        """Requests since a fixed time long ago."""
        total = times - _LONG_AGO
        for size, period, phase in self._waves():
            turn = 2 * math.pi / period
            total -= size / turn * np.cos(times * turn + phase)
        return np.asarray(self.level * total)


_LONG_AGO = 1_600_000_000.0


@dataclass(slots=True)
class PodWeather:
    """One pod's share of its service's requests and how they go, from each breakpoint on."""

    share: Floats
    errors: Floats
    median: Floats
    cpu: Floats
    pool: Floats


@dataclass(slots=True)
class Sky:
    """All of it for one state of the world: breakpoints in time, and what holds from each on."""

    breaks: Floats
    pods: dict[str, PodWeather] = field(default_factory=dict)
    errors: dict[str, Floats] = field(default_factory=dict)
    excess: dict[str, Floats] = field(default_factory=dict)
    ready: dict[str, Floats] = field(default_factory=dict)
    sums: dict[Traffic, Floats] = field(default_factory=dict)

    def at(self, row: Floats, times: Floats) -> Floats:
        """What a row says at times."""
        return np.asarray(row[np.maximum(np.searchsorted(self.breaks, times, side="right") - 1, 0)])

    def summed(self, traffic: Traffic, row: Floats) -> Callable[[Floats], Floats]:
        """The sum over time of traffic times a row, from the first breakpoint to each time."""
        if traffic not in self.sums:
            self.sums[traffic] = traffic.sum(self.breaks)
        at_breaks = self.sums[traffic]
        whole = np.concatenate([[0.0], np.cumsum(row[:-1] * np.diff(at_breaks))])

        def values(times: Floats) -> Floats:
            place = np.maximum(np.searchsorted(self.breaks, times, side="right") - 1, 0)
            return np.asarray(whole[place] + row[place] * (traffic.sum(times) - at_breaks[place]))

        return values


@dataclass(slots=True)
class Weather:
    """Works out the sky, and keeps it while the world has not changed."""

    world: World
    effects: list[Effect] = field(default_factory=list)
    _sky: tuple[tuple[int, int], Sky] | None = None

    def traffic(self, name: str) -> Traffic:
        """How much is asked of a service."""
        service = BY_NAME[name]
        return Traffic(service.rate, (sum(map(ord, name)) + self.world.seed) % 628 / 100)

    def sky(self) -> Sky:
        """The sky of the world as it is."""
        key = (self.world.revision, len(self.effects))
        if self._sky is None or self._sky[0] != key:
            self._sky = (key, self._work_out())
        return self._sky[1]

    def changed(self) -> None:
        """An effect ended."""
        self._sky = None
        self.world.revision += 1

    def lives(self, app: str) -> list[Life]:
        """Every pod that a service ever had."""
        return [life for life in self.world.kubelet.lives.values() if life.app == app and life.namespace == "shop"]

    def _work_out(self) -> Sky:
        marks = {0.0}
        for service in SERVICES:
            for life in self.lives(service.name):
                marks.update(at for at, _ in life.ready)
                marks.update(run.start for run in life.runs)
        for effect in self.effects:
            marks.add(effect.start)
            if effect.end is not None:
                marks.add(effect.end)
        sky = Sky(np.array(sorted(marks)))
        for service in reversed(_callees_last()):
            self._service(sky, service)
        return sky

    def _service(self, sky: Sky, service: Service) -> None:
        lives = self.lives(service.name)
        ready = {life.uid: _ready(life, sky.breaks) for life in lives}
        count = np.sum(list(ready.values()), axis=0) if lives else np.zeros(len(sky.breaks))
        sky.ready[service.name] = count
        called_errors, called_excess = np.zeros(len(sky.breaks)), np.zeros(len(sky.breaks))
        for name, weight in service.calls:
            called_errors = 1 - (1 - called_errors) * (1 - weight * sky.errors[name])
            called_excess = called_excess + weight * sky.excess[name]
        errors, excess = np.zeros(len(sky.breaks)), np.zeros(len(sky.breaks))
        base = 0.0008
        for life in lives:
            own = self._own(life, sky.breaks, count)
            own.share = np.where(count > 0, ready[life.uid] / np.maximum(count, 1), 0.0)
            own.errors = 1 - (1 - own.errors) * (1 - called_errors) * (1 - base)
            own.median = service.median_ms * own.median + called_excess
            sky.pods[life.uid] = own
            errors += own.share * own.errors
            excess += own.share * (own.median - service.median_ms)
        sky.errors[service.name] = np.where(count > 0, errors, 1.0)
        sky.excess[service.name] = np.where(count > 0, excess, 0.0)

    def _own(self, life: Life, breaks: Floats, count: Floats) -> PodWeather:
        size = len(breaks)
        own = PodWeather(np.zeros(size), np.zeros(size), np.ones(size), np.ones(size), np.zeros(size))
        for effect in self.effects:
            if not effect.strikes(life):
                continue
            felt = felt_at(effect, life, breaks) & ((effect.relief == 0) | (count < effect.relief))
            own.errors = np.where(felt, 1 - (1 - own.errors) * (1 - effect.errors), own.errors)
            own.median = np.where(felt, own.median * effect.slow, own.median)
            own.cpu = np.where(felt, own.cpu * effect.cpu, own.cpu)
            own.pool = np.where(felt, np.maximum(own.pool, effect.pool), own.pool)
        return own


def felt_at(effect: Effect, life: Life, times: Floats) -> NDArray[np.bool_]:
    """At which times a pod that an effect strikes feels it."""
    felt = (times >= effect.start) & (times < (effect.end if effect.end is not None else math.inf))
    if effect.until_restart:
        later = [run.start for run in life.runs if run.start > effect.start]
        felt = felt & (times < (min(later) if later else math.inf))
    return np.asarray(felt)


def _ready(life: Life, breaks: Floats) -> Floats:
    out = np.zeros(len(breaks))
    for start, end in life.spans(math.inf):
        out[(breaks >= start) & (breaks < end)] = 1.0
    return out


def _callees_last() -> list[Service]:
    """Services in an order in which each comes before those it calls."""
    order: list[Service] = []
    waiting = list(SERVICES)
    while waiting:
        called = {name for service in waiting for name, _ in service.calls}
        free = [service for service in waiting if service.name not in called]
        order += free
        waiting = [service for service in waiting if service.name in called]
    return order


def within(limit_ms: Floats | float, median_ms: Floats) -> Floats:
    """The part of requests that take no longer than a limit, when the median is this."""
    z = np.log(np.maximum(limit_ms, 1e-9) / median_ms) / SPREAD
    return np.asarray(_normal(z))


def _normal(z: Floats) -> Floats:
    """The normal distribution's cumulative function, near enough (Abramowitz and Stegun 7.1.26)."""
    x = np.abs(z) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * x)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    half = 0.5 * (1 - poly * np.exp(-x * x))
    return np.asarray(np.where(z >= 0, 0.5 + half, 0.5 - half))


def noise(times: Floats, seed: int, size: float) -> Floats:
    """A smooth, repeatable unrest around 0."""
    phase = (seed % 10007) / 10007 * 2 * np.pi
    waves = np.sin(times / 41 + phase) + 0.6 * np.sin(times / 173 + 3 * phase) + 0.4 * np.sin(times / 13.7 + 5 * phase)
    return np.asarray(size * waves / 2)


Told = Mapping[str, str]
