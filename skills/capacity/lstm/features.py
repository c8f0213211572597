"""What the network is shown of a week: the week in its own scale, and eleven simple forecasts to choose between.

Every window is measured in units of its own day-to-day change, so that cores and bytes look alike, and nothing
depends on the clock's time zone: hours are counted from the start of the window.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skills.capacity.shape import DAY, HISTORY, HORIZON, Array, by_day

Floats = NDArray[np.float32]
DAYS = HISTORY // DAY
DAYS_AHEAD = HORIZON // DAY
PAIRS = [(i, j) for i in range(DAYS) for j in range(i + 1, DAYS)]


@dataclass(frozen=True, slots=True)
class Features:
    """One batch, ready for the network."""

    encoder: Floats
    """(windows, 168, 5): the past, hour by hour."""
    decoder: Floats
    """(windows, 72, 43): what is known about each hour to come."""
    bases: Floats
    """(windows, 72, 11): the simple forecasts that the network mixes."""
    centre: Array
    scale: Array
    """(windows, 1) each: forecast = centre + scale x the network's answer."""


@dataclass(frozen=True, slots=True)
class _Week:
    """A batch of weeks in their own scale, with what several features need."""

    raw: Array
    z: Array
    days: Array
    profile: Array
    """(windows, 24): the median of the seven days, by hour of day."""
    rest: Array
    """What the profile leaves unexplained."""
    level: Array
    """(windows, 7): how far each day stands above or below the profile."""


def features(windows: Array) -> Features:
    """Look at (windows, 168) hourly values without holes."""
    raw = np.asarray(windows, np.float64)
    daily_change = np.abs(raw[:, DAY:] - raw[:, :-DAY]).mean(1)
    low, high = np.quantile(raw, [0.01, 0.99], axis=1)
    middle = np.median(raw, 1)
    floor = 1e-6 * np.abs(middle) + 1e-9
    scale = np.maximum(np.maximum(daily_change, 0.01 * (high - low)), floor)[:, None]
    z = (raw - middle[:, None]) / scale
    days = by_day(z)
    profile = np.median(days, 1)
    rest = z - np.tile(profile, (1, DAYS))
    week = _Week(raw, z, days, profile, rest, np.median(by_day(rest), 2))
    slopes = _slopes(week)
    return Features(
        _encoder(week),
        np.stack(_by_hour(week) + _by_window(week, slopes) + _horizon(len(z)), 2).astype(np.float32),
        _bases(week, slopes),
        middle[:, None],
        scale,
    )


def _encoder(week: _Week) -> Floats:
    ones = np.ones((len(week.z), 1))
    phase = 2 * np.pi * (np.arange(HISTORY) % DAY) / DAY
    columns = [np.arcsinh(week.z), np.arcsinh(week.rest), ones * np.sin(phase), ones * np.cos(phase)]
    columns.append(np.arcsinh(np.repeat(week.level, DAY, 1)))
    return np.stack(columns, 2).astype(np.float32)


def _by_hour(week: _Week) -> list[Array]:
    """What is known per hour of day: the seven values seen then, their spread, and the neighbours."""
    profile = week.profile
    lower, upper = np.quantile(week.days, [0.25, 0.75], axis=1)
    columns = [np.tile(np.arcsinh(week.days[:, k] - profile), (1, DAYS_AHEAD)) for k in range(DAYS)]
    shapes = (
        upper - profile,
        profile - lower,
        week.days.max(1) - profile,
        profile - week.days.min(1),
        week.days.mean(1) - profile,
        profile,
        np.roll(profile, 1, 1) - profile,
        np.roll(profile, -1, 1) - profile,
    )
    columns += [np.tile(np.arcsinh(shape), (1, DAYS_AHEAD)) for shape in shapes]
    columns.append(np.arcsinh(week.z[:, :HORIZON] - np.tile(profile, (1, DAYS_AHEAD))))
    return columns


@dataclass(frozen=True, slots=True)
class _Slopes:
    """Several opinions on where the level is going; each (windows, 1)."""

    one_day: Array
    three_days: Array
    last_day_line: Array
    last_day_fit: Array
    last_day_mean: Array
    week_line: Array
    week_fit: Array
    between_days: Array


def _line(values: Array) -> tuple[Array, Array, Array]:
    """Least squares: slope per hour, share explained, mean; each (windows, 1)."""
    hours = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    mean = values.mean(1, keepdims=True)
    centred = values - mean
    slope = (centred @ hours / (hours @ hours))[:, None]
    left = ((centred - slope * hours) ** 2).sum(1, keepdims=True)
    return slope, 1 - left / np.maximum((centred**2).sum(1, keepdims=True), 1e-9), mean


def _slopes(week: _Week) -> _Slopes:
    since_yesterday = week.z[:, DAY:] - week.z[:, :-DAY]
    last_slope, last_fit, last_mean = _line(week.z[:, -DAY:])
    week_slope, week_fit, _ = _line(week.z)
    between = np.stack([(week.level[:, j] - week.level[:, i]) / (j - i) for i, j in PAIRS], 1)
    return _Slopes(
        np.median(since_yesterday[:, -DAY:], 1, keepdims=True),
        np.median(since_yesterday[:, -3 * DAY :], 1, keepdims=True),
        last_slope,
        last_fit,
        last_mean,
        week_slope,
        week_fit,
        np.median(between, 1)[:, None],
    )


def _by_window(week: _Week, slopes: _Slopes) -> list[Array]:
    """What is one number per window: slopes, latest levels, roughness, and the level of each day."""
    rest = week.rest
    numbers = (
        np.arcsinh(slopes.one_day),
        np.arcsinh(slopes.three_days),
        np.arcsinh(DAY * slopes.last_day_line),
        slopes.last_day_fit,
        slopes.week_fit,
        np.arcsinh(DAY * slopes.week_line),
        np.arcsinh(np.median(rest[:, -DAY:], 1, keepdims=True)),
        np.arcsinh(np.median(rest[:, -6:], 1, keepdims=True)),
        np.arcsinh(np.median(rest[:, -3:], 1, keepdims=True)),
        np.arcsinh(rest[:, -1:]),
        np.arcsinh(slopes.between_days),
        np.arcsinh(np.abs(np.diff(week.z, axis=1)).mean(1, keepdims=True)),
        np.arcsinh(np.abs(rest).mean(1, keepdims=True)),
        np.arcsinh(np.std(week.profile, 1, keepdims=True)),
        (np.diff(week.raw, axis=1) >= 0).mean(1, keepdims=True),
    )
    columns = [np.repeat(number, HORIZON, 1) for number in numbers]
    return columns + [np.repeat(np.arcsinh(week.level[:, k : k + 1]), HORIZON, 1) for k in range(DAYS)]


def _horizon(count: int) -> list[Array]:
    """How far ahead each hour is."""
    hour = np.arange(HORIZON)
    phase = 2 * np.pi * (hour % DAY) / DAY
    columns = (np.sin(phase), np.cos(phase), hour / HORIZON, hour // DAY == 0, np.exp(-hour / 6))
    return [np.ones((count, 1)) * column for column in columns]


def _bases(week: _Week, slopes: _Slopes) -> Floats:
    """Eleven simple forecasts in the window's own scale."""
    base = np.tile(week.profile, (1, DAYS_AHEAD))
    hour = np.arange(HORIZON)
    day_ahead = (1 + hour // DAY)[None]
    latest_level = np.median(week.rest[:, -DAY:], 1, keepdims=True)
    yesterday = np.tile(week.z[:, -DAY:], (1, DAYS_AHEAD))
    line = slopes.last_day_mean + slopes.last_day_line * (hour[None] + 1 + (DAY - 1) / 2)
    forecasts = (
        base,
        np.tile(week.days.mean(1), (1, DAYS_AHEAD)),
        yesterday,
        week.z[:, :HORIZON],
        np.repeat(week.z[:, -1:], HORIZON, 1),
        base + latest_level,
        base + latest_level + slopes.between_days * day_ahead,
        np.tile(np.median(week.days[:, -3:], 1), (1, DAYS_AHEAD)),
        yesterday + slopes.one_day * day_ahead,
        yesterday + slopes.three_days * day_ahead,
        np.clip(line, -1e3, 1e3),
    )
    return np.stack(forecasts, 2).astype(np.float32)
