"""Weeks of hourly values for tests: a daily rhythm with some noise, from a seed."""

import numpy as np


def weeks(count=8, hours=168, seed=0, level=100.0):
    random = np.random.default_rng(seed)
    clock = np.arange(hours)
    wave = np.sin(2 * np.pi * (clock[None] - random.uniform(0, 24, count)[:, None]) / 24)
    return level + 20 * wave + random.normal(0, 3, (count, hours))
