"""Made-up windows of ten days: things that fill, are cleaned, run by the clock, wander or stop.

Few public records show disks that fill, so the network learns growth from these. About one window in ten is made up.
"""

import numpy as np
from numpy.random import Generator

from skills.capacity.shape import HISTORY, HORIZON, Array, Whole

LENGTH = HISTORY + HORIZON
HOURS = np.arange(float(LENGTH))
ORIGIN = HISTORY


def noise_of(windows: Array) -> Array:
    """What real windows do around their usual day, brought to one size."""
    days = windows.reshape(len(windows), -1, 24)
    rest = (days - np.median(days, axis=1, keepdims=True)).reshape(len(windows), -1)
    size = np.percentile(np.abs(rest), 90, axis=1)
    return np.asarray(np.clip(rest[size > 0] / size[size > 0][:, None], -4, 4))


def growth(random: Generator, count: int, noise: Array) -> Array:
    """Fill levels: steady, daily and weekly rhythm with cleaning, speeding up, starting, stopping, flat, one step."""
    kind = random.integers(0, 9, count)
    rate = random.lognormal(0, 0.8, count) * np.where(random.random(count) < 0.2, -1, 1)
    each = _gross(random, kind, rate)
    gross = np.where(kind == 2, random.uniform(1.5, 4, count), np.where(kind == 3, random.uniform(1.1, 1.8, count), 1))
    level = np.cumsum(each * gross[:, None], axis=1)
    for at in np.flatnonzero((kind == 2) | (kind == 3)):
        period = 24 if kind[at] == 2 else 168
        for hour in range(random.integers(period), LENGTH, period):
            level[at, hour:] -= period * rate[at] * (gross[at] - 1)
    step = random.integers(24, 165, count)[:, None]
    height = random.uniform(3, 30, count)[:, None]
    level = np.where((kind == 7)[:, None], np.where(step <= HOURS, height, 0), level)
    loud = random.choice([0, 0.1, 0.3, 1, 3], count) * np.abs(rate) * random.choice([1, 3], count)
    shaken: Array = level + noise[random.integers(len(noise), size=count)] * loud[:, None]
    return shaken + 1e-9 * random.normal(size=(count, LENGTH))


def _gross(random: Generator, kind: Whole, rate: Array) -> Array:
    """What is added each hour, before anything is cleaned away."""
    count = len(kind)
    phase, depth = random.uniform(0, 24, count), random.uniform(0.3, 1, count)
    rhythm = 1 + depth[:, None] * np.sin(2 * np.pi * (HOURS - phase[:, None]) / 24)
    speed = np.where(np.isin(kind, (1, 2, 3))[:, None], rhythm, 1.0)
    bend = np.clip(1 + (HOURS - ORIGIN + 1) / ORIGIN * random.uniform(-0.7, 0.8, count)[:, None], 0.05, 4)
    speed = np.where((kind == 4)[:, None], bend, speed)
    turn = ORIGIN - random.integers(8, 110, count)[:, None]
    before, after = random.uniform(0, 0.6, count)[:, None], random.uniform(0, 0.3, count)[:, None]
    speed = np.where((kind == 5)[:, None], np.where(turn <= HOURS, 1, before), speed)
    speed = np.where((kind == 8)[:, None], np.where(turn <= HOURS, after, 1), speed)
    speed = np.where(np.isin(kind, (6, 7))[:, None], 0, speed)
    grown: Array = rate[:, None] * speed * random.gamma(8, 1 / 8, (count, LENGTH))
    return grown


def synthetic(random: Generator, count: int) -> Array:
    """Other shapes that real records have too few of."""
    makers = (_filling, _filling, _sawtooth, _clockwork, _wandering, _office)
    return np.stack([makers[random.integers(len(makers))](random) for _ in range(count)])


def _wave(random: Generator, period: int = 24) -> Array:
    return np.asarray(np.sin(2 * np.pi * HOURS / period + random.uniform(0, 6)))


def _filling(random: Generator) -> Array:
    rate = random.lognormal(0, 1) * random.choice([1, 1, 1, -1])
    rhythm = 1 + random.uniform(0, 1.5) * np.maximum(0, _wave(random))
    added = rate * rhythm * random.gamma(random.uniform(1, 20), 1, LENGTH) / 10
    if random.random() < 0.5:
        added = added * np.linspace(1, random.uniform(0.3, 3), LENGTH)
    level = np.cumsum(added)
    if random.random() < 0.3:
        level[random.integers(LENGTH) :] += random.normal() * np.ptp(level) * 0.5
    return np.asarray(level + random.normal(0, random.uniform(0, 0.02) * np.ptp(level) + 1e-9, LENGTH))


def _sawtooth(random: Generator) -> Array:
    level = np.cumsum(random.lognormal(0, 1) * random.gamma(random.uniform(1, 20), 1, LENGTH) / 10)
    full = level.copy()
    period = int(random.choice([24, 24, 48, 72, 168]))
    for hour in range(random.integers(period), LENGTH, period):
        full[hour:] -= (full[hour] - full[max(0, hour - period)]) * random.uniform(0.5, 1.05)
    return np.asarray(full + random.normal(0, random.uniform(0, 0.02) * np.ptp(full) + 1e-9, LENGTH))


def _clockwork(random: Generator) -> Array:
    level = np.zeros(LENGTH)
    period, long = int(random.choice([1, 4, 6, 12, 24, 24, 24])), int(random.integers(1, 4))
    for hour in range(random.integers(24), LENGTH, period):
        level[hour : hour + long] += random.lognormal(0, 0.3)
    return np.asarray(level * random.uniform(1, 10) + random.gamma(5, 0.1, LENGTH))


def _wandering(random: Generator) -> Array:
    keeps = random.uniform(-0.3, 0.98)
    level = random.normal(0, 1, LENGTH) * (1 + random.uniform(0, 1) * _wave(random))
    for hour in range(1, LENGTH):
        level[hour] += keeps * level[hour - 1]
    return np.asarray(level + random.uniform(0, 5) * _wave(random) + random.uniform(0, 3) * _wave(random, 12))


def _office(random: Generator) -> Array:
    shape = random.uniform(0.2, 1) * _wave(random) + random.uniform(0, 0.4) * _wave(random, 12)
    level = np.exp(shape) * (1 + random.uniform(0, 0.3) * random.normal(size=LENGTH))
    weekend = (HOURS // 24 + random.integers(7)) % 7 >= 5
    level = np.where(weekend, level * random.uniform(0.2, 1), level)
    if random.random() < 0.4:
        level = level * (1 + random.uniform(-0.5, 1) * HOURS / LENGTH)
    return np.asarray(level)
