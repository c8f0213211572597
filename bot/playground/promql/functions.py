"""Functions of instant vectors: arithmetic, clocks, labels and order."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from bot.playground.promql.frames import Floats, Frame, Labels, QueryFailed, merge
from bot.playground.regexes import BadPattern, compile_whole


def _sign(values: Floats) -> Floats:
    return np.where(values < 0, -1.0, np.where(values > 0, 1.0, values))


MATHEMATICS: dict[str, Callable[[Floats], Floats]] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "cos": np.cos,
    "cosh": np.cosh,
    "deg": np.degrees,
    "exp": np.exp,
    "floor": np.floor,
    "ln": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "rad": np.radians,
    "sgn": _sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}

_CLOCKS: dict[str, Callable[[datetime], float]] = {
    "minute": lambda at: at.minute,
    "hour": lambda at: at.hour,
    "day_of_week": lambda at: at.isoweekday() % 7,
    "day_of_month": lambda at: at.day,
    "day_of_year": lambda at: at.timetuple().tm_yday,
    "days_in_month": lambda at: (
        (datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC) - _first(at)).days
    ),
    "month": lambda at: at.month,
    "year": lambda at: at.year,
}
CLOCKS = frozenset(_CLOCKS)


def _first(at: datetime) -> datetime:
    return datetime(at.year, at.month, 1, tzinfo=UTC)


def clock(name: str, frame: Frame) -> Frame:
    """The part of the date that each value, read as a Unix time, falls on."""
    read = _CLOCKS[name]
    values = np.array([[read(datetime.fromtimestamp(int(value), UTC)) for value in row] for row in frame.values])
    return frame.with_values(values.astype(np.float64).reshape(frame.values.shape))


def rounded(frame: Frame, nearest: Floats) -> Frame:
    """Rounded to the nearest multiple; a tie goes up."""
    inverse = 1.0 / nearest
    return frame.with_values(np.floor(frame.values * inverse + 0.5) / inverse)


def clamp(frame: Frame, low: Floats, high: Floats) -> Frame:
    """Each value held between two bounds; no row when they are the wrong way round."""
    out = frame.with_values(np.maximum(low, np.minimum(high, frame.values)))
    return Frame(out.labels, out.values, out.present & ~(low > high))


def scalar(frame: Frame) -> Floats:
    """The one value of each step, or not-a-number when there is none or more than one."""
    count = frame.present.sum(axis=0)
    summed = np.where(frame.present, frame.values, 0.0).sum(axis=0)
    return np.where(count == 1, summed, np.nan)


def absent(frame: Frame, labels: Labels) -> Frame:
    """1 at each step at which there is nothing."""
    missing = ~np.asarray(frame.present.any(axis=0))
    return Frame([labels], np.ones((1, len(missing))), missing.reshape(1, -1))


def in_order(frame: Frame, *, descending: bool) -> Frame:
    """Sorted by value; a range query is not sorted, as in Prometheus."""
    if frame.values.shape[1] != 1:
        return frame
    values = frame.values[:, 0]
    keys = np.where(np.isnan(values), np.inf, -values if descending else values)
    return frame.rows([int(row) for row in np.argsort(keys, kind="stable")])


def in_label_order(frame: Frame, names: list[str], *, descending: bool) -> Frame:
    """Sorted by labels, numbers within them by their size."""
    if frame.values.shape[1] != 1:
        return frame

    def key(row: int) -> list[list[tuple[int, int, str]]]:
        labels = frame.labels[row]
        return [_natural(labels.get(name, "")) for name in names] + [
            _natural(f"{name}={labels[name]}") for name in sorted(labels)
        ]

    return frame.rows(sorted(range(len(frame)), key=key, reverse=descending))


def _natural(text: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]


def label_replace(frame: Frame, target: str, replacement: str, source: str, pattern: str) -> Frame:
    """A label made from another by a pattern."""
    try:
        compiled = compile_whole(pattern)
    except BadPattern as wrong:
        raise QueryFailed(f"invalid regular expression in label_replace(): {pattern}") from wrong
    if not target:
        raise QueryFailed(f"invalid destination label name in label_replace(): {target}")
    labels = []
    for old in frame.labels:
        found = compiled.fullmatch(old.get(source, ""))
        labels.append(_with(old, target, _expand(replacement, found)) if found else old)
    return merge(Frame(labels, frame.values, frame.present))


def _expand(template: str, found: re.Match[str]) -> str:
    """Go's $1, ${1} and ${name}; a group that does not exist is empty."""

    def put(dollar: re.Match[str]) -> str:
        if dollar[0] == "$$":
            return "$"
        name = dollar[1] or dollar[2]
        try:
            return found[int(name) if name.isdigit() else name] or ""
        except IndexError:
            return ""

    return re.sub(r"\$\$|\$(\w+)|\$\{(\w+)\}", put, template)


def label_join(frame: Frame, target: str, separator: str, sources: list[str]) -> Frame:
    """A label made of others, joined."""
    labels = [_with(old, target, separator.join(old.get(name, "") for name in sources)) for old in frame.labels]
    return merge(Frame(labels, frame.values, frame.present))


def _with(labels: Labels, name: str, value: str) -> Labels:
    changed = {key: old for key, old in labels.items() if key != name}
    if value:
        changed[name] = value
    return changed
