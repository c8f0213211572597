"""Steps in the past: a deployment, a scaling or a new limit lifts or lowers a series, and the week before it misleads.

Before forecasting, the hours before a known step are brought to the level after it. Where no event is known, a step is
looked for, but never in a week that trends: there it would take the growth away.
"""

from collections.abc import Collection

import numpy as np

from skills.capacity.shape import DAY, HISTORY, Array, Whole, by_day

CLEARLY = 0.35
"""A step must explain this share of what the usual day leaves unexplained."""
TRENDING = 0.5
"""Above this share explained by a straight line, the week trends."""
SEEN_AFTER = 4
"""Hours that must have passed since a known event before its effect is believed."""
MOST_STEPS = 3
"""Known steps that are taken out of one week."""
CANDIDATES = range(4 * DAY, HISTORY - 5, 3)


def relevel(week: Array, hour: int) -> Array:
    """One week (168,) as if the step at `hour` had always been there: moved, or scaled if that fits better."""
    if not 0 < hour < HISTORY:
        return week
    before, after = week[:hour], week[hour:]
    usual = _usual(before)[np.arange(hour, HISTORY) % DAY]
    offset = np.median(after - usual)
    middle = np.median(usual)
    factor = np.median(after) / middle if middle > 0 else 1.0
    by_offset = np.abs(after - usual - offset).mean()
    by_factor = np.abs(after - usual * factor).mean()
    moved = before * factor if factor > 0 and by_factor < by_offset else before + offset
    return np.concatenate([moved, after])


def _usual(before: Array) -> Array:
    """Hour-of-day medians; hours not seen take the median of all."""
    hour = np.arange(len(before)) % DAY
    return np.array([np.median(before[hour == h]) if (hour == h).any() else np.median(before) for h in range(DAY)])


def trend_share(weeks: Array) -> Array:
    """How much of each week a straight line explains: 0 … 1."""
    hours = np.arange(weeks.shape[1]) - (weeks.shape[1] - 1) / 2
    centred = weeks - weeks.mean(1, keepdims=True)
    total = np.maximum((centred**2).sum(1), 1e-12)
    share: Array = (centred @ hours) ** 2 / (hours @ hours) / total
    return share


def settle(weeks: Array) -> tuple[Array, Whole]:
    """Re-level weeks (windows, 168) that clearly hold one step; also gives the hour of the step, or -1."""
    best, hour, offset, plain = _best_step(weeks)
    clear = (1 - best / np.maximum(plain, 1e-12) > CLEARLY) & (hour > 0) & (trend_share(weeks) <= TRENDING)
    before = np.arange(weeks.shape[1])[None] < hour[:, None]
    settled = np.where(clear[:, None] & before, weeks + offset[:, None], weeks)
    return settled, np.where(clear, hour, -1)


def _best_step(weeks: Array) -> tuple[Array, Whole, Array, Array]:
    """For each week: the cost with the best step, where and how high it is, and the cost without one."""
    days = by_day(weeks)
    plain = np.abs(weeks - np.tile(np.median(days, 1), (1, HISTORY // DAY))).sum(1)
    best = plain.copy()
    hour = np.zeros(len(weeks), dtype=np.int64)
    offset = np.zeros(len(weeks))
    rest, seen = weeks, -1
    for at in CANDIDATES:
        if at // DAY != seen:
            seen = at // DAY
            rest = weeks - np.tile(np.median(days[:, :seen], 1), (1, HISTORY // DAY))
        height = np.median(rest[:, at:], 1)
        cost = np.abs(rest[:, :at]).sum(1) + np.abs(rest[:, at:] - height[:, None]).sum(1)
        better = cost < best
        best[better], hour[better], offset[better] = cost[better], at, height[better]
    return best, hour, offset, plain


def steps(week: Array, known: Collection[int]) -> list[int]:
    """Which of the hours that something is known to have happened in were steps: the clearest first.

    Each is judged with the clearer ones taken out, so that what only happened near a step is not taken for one.
    """
    found: list[int] = []
    while len(found) < MOST_STEPS:
        levelled = {hour: relevel(week, hour) for hour in known if hour not in found and changes_level(week, hour)}
        if not levelled:
            break
        found.append(min(levelled, key=lambda hour: _unexplained(levelled[hour])))
        week = levelled[found[-1]]
    return found


def _unexplained(week: Array) -> float:
    return float(np.abs(week - np.tile(np.median(week.reshape(-1, DAY), 0), HISTORY // DAY)).sum())


def changes_level(week: Array, hour: int) -> bool:
    """Whether the level clearly changed at a known event; False while that cannot be told, or if the week trends."""
    if not DAY <= hour <= HISTORY - SEEN_AFTER or trend_share(week[None, :hour])[0] > TRENDING:
        return False
    usual = _usual(week[:hour])
    noise = float(np.median(np.abs(week[:hour] - usual[np.arange(hour) % DAY])))
    offset = abs(float(np.median(week[hour:] - usual[np.arange(hour, HISTORY) % DAY])))
    return offset > 2 * noise and offset > 0.05 * abs(float(np.median(usual)))
