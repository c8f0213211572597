"""Trials whose truth is known: real windows with a step put in, and made-up disks that fill, with real noise."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from skills.capacity.scores import Windows
from skills.capacity.shape import DAY, HISTORY, Array
from skills.capacity.training.series_files import Recorded, filled

CEILING = 100.0
FUTURE = 21 * DAY
LENGTH = HISTORY + FUTURE
STEADY, DAILY, WEEKLY, BENT, TURNED, FLAT, STEPPED = 0, 2, 3, 4, 5, 6, 7
KINDS = 8


def shifted(windows: Windows, seed: int = 3) -> tuple[Windows, NDArray[np.int64]]:
    """A step 6 to 60 hours before the forecast (x 0.5 … 2, or two standard deviations up or down), and its hour."""
    random = np.random.default_rng(seed)
    count = len(windows)
    factor = random.choice([0.5, 0.7, 1.4, 2.0], count)
    hour = HISTORY - random.integers(6, 61, count)
    scaled = random.integers(0, 2, count) == 0
    added = np.where(factor > 1, 1, -1) * windows.past.std(1) * 2

    def stepped(values: Array) -> Array:
        return np.asarray(np.where(scaled[:, None], values * factor[:, None], values + added[:, None]))

    after = np.arange(HISTORY)[None] >= hour[:, None]
    past = np.where(after, stepped(windows.past), windows.past)
    return replace(windows, past=past, future=stepped(windows.future)), hour


@dataclass(frozen=True, slots=True)
class Filling:
    """Disks in percent: a week of past, and when each is truly full."""

    past: Array
    hours: Array
    """Until it is full; infinite if not within three weeks."""
    flat: NDArray[np.bool_]
    """Those that do not grow at all."""


def filling(series: list[Recorded], count: int = 1200, seed: int = 0) -> Filling:
    """Eight kinds of growth: steady, by day, with daily or weekly cleaning, bent, turned, flat, one step."""
    random = np.random.default_rng(seed)
    noise = [rest for one in series if (rest := _noise(one)) is not None]
    if not noise:
        return Filling(np.empty((0, HISTORY)), np.empty(0), np.empty(0, dtype=np.bool_))
    levels: list[Array] = []
    kinds: list[int] = []
    while len(levels) < count:
        kind = int(random.integers(KINDS))
        level = _level(random, kind, noise)
        if (level[:HISTORY] < CEILING).all() and (level[:HISTORY] >= 0).all():
            levels.append(level)
            kinds.append(kind)
    whole = np.array(levels)
    full = whole[:, HISTORY:] >= CEILING
    hours = np.where(full.any(1), full.argmax(1) + 1.0, np.inf)
    return Filling(whole[:, :HISTORY], hours, np.array(kinds) == FLAT)


def _noise(one: Recorded) -> Array | None:
    """What a real series does around its usual day, brought to one size."""
    usable = one.kind in ("mem", "disk", "server", "cpu") and len(one.mean) >= 400 and np.isnan(one.mean).mean() < 0.02
    if not usable:
        return None
    values = filled(one.mean)[: len(one.mean) // DAY * DAY].reshape(-1, DAY)
    rest = (values - np.median(values, 0)).ravel()
    size = np.percentile(np.abs(rest), 90)
    return np.clip(rest / size, -4, 4) if size > 0 else None


def _level(random: Generator, kind: int, noise: list[Array]) -> Array:
    days = np.exp(random.uniform(np.log(0.3), np.log(25)))
    now = random.uniform(55, 95)
    rate = (CEILING - now) / (days * DAY)
    level = _growth(random, kind, rate)
    rest = noise[random.integers(len(noise))]
    start = random.integers(0, max(1, len(rest) - LENGTH))
    level = level + np.resize(rest[start:], LENGTH) * random.choice([0, 0.1, 0.3, 0.8, 1.5])
    return np.asarray(level - level[HISTORY - 1] + now)


def _growth(random: Generator, kind: int, rate: float) -> Array:
    hours = np.arange(LENGTH)
    speed = np.ones(LENGTH)
    if kind in (1, DAILY, WEEKLY):
        speed = 1 + random.uniform(0.3, 1) * np.sin(2 * np.pi * (hours - random.uniform(0, 24)) / 24)
    if kind == BENT:
        speed = np.clip(1 + (hours - 167) / 168 * random.uniform(0.2, 0.7), 0.1, 3)
    if kind == TURNED:
        turn = HISTORY - random.integers(20, 72)
        speed = np.where(hours >= turn, 1, random.uniform(0, 0.5))
    if kind in (FLAT, STEPPED):
        speed = np.zeros(LENGTH)
    added = rate * speed * random.gamma(8, 1 / 8, LENGTH)
    if kind == DAILY:
        return _cleaned(added, rate, random.uniform(1.5, 4), int(random.integers(24)), 24)
    if kind == WEEKLY:
        return _cleaned(added, rate, random.uniform(1.2, 1.8), int(random.integers(168)), 168)
    if kind == STEPPED:
        at = random.integers(24, 150)
        return np.where(hours >= at, random.uniform(3, 20), 0.0)
    return np.cumsum(added)


def _cleaned(added: Array, rate: float, gross: float, first: int, period: int) -> Array:
    """More grows than stays: the rest is cleaned away once per period."""
    level = np.cumsum(added * gross)
    for hour in range(first, LENGTH, period):
        level[hour:] -= period * rate * (gross - 1)
    return level
