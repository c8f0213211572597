"""The operators between two values: arithmetic, comparison and sets, with Prometheus's matching of labels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.playground.promql.frames import Floats, Frame, Labels, Mask, QueryFailed, group, key_of, merge, show

COMPARISONS: dict[str, Callable[[Floats, Floats], Mask]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}
ARITHMETIC: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
    "atan2": np.arctan2,
}
SETS = ("and", "or", "unless")


@dataclass(frozen=True, slots=True)
class Matching:
    """How the rows of two vectors find each other."""

    on: bool
    labels: tuple[str, ...]
    card: str
    include: tuple[str, ...]
    return_bool: bool

    @classmethod
    def read(cls, modifier: Any) -> "Matching":
        """From the parser's modifier, which may be absent."""
        if modifier is None:
            return cls(False, (), "OneToOne", (), False)
        fill = modifier.fill_values
        if fill is not None and (fill.lhs is not None or fill.rhs is not None):
            raise QueryFailed("fill modifiers are not understood here")
        matching = modifier.matching
        on = matching is not None and str(matching.type).endswith("Include")
        labels = tuple(matching.labels) if matching is not None else ()
        card = str(modifier.card).rsplit(".", 1)[-1]
        return cls(on, labels, card, tuple(modifier.group_labels or ()), bool(modifier.return_bool))

    def signature(self, labels: Labels) -> tuple[tuple[str, str], ...]:
        """The part of the labels that must be equal on both sides."""
        if self.on:
            return key_of({name: labels[name] for name in self.labels if name in labels})
        return key_of({name: labels[name] for name in labels if name not in self.labels and name != "__name__"})

    def result(self, many: Labels, one: Labels, *, drop_name: bool) -> Labels:
        """The labels of a result."""
        labels = {name: value for name, value in many.items() if not (drop_name and name == "__name__")}
        if self.card == "OneToOne":
            labels = {name: value for name, value in labels.items() if (name in self.labels) == self.on}
        for name in self.include:
            if one.get(name):
                labels[name] = one[name]
            else:
                labels.pop(name, None)
        return labels


def scalars(op: str, left: Floats, right: Floats) -> Floats:
    """Two scalars; a comparison gives 0 or 1."""
    with np.errstate(all="ignore"):
        if op in COMPARISONS:
            return COMPARISONS[op](left, right).astype(np.float64)
        return ARITHMETIC[op](left, right)


def with_scalar(op: str, frame: Frame, number: Floats, *, swapped: bool, return_bool: bool) -> Frame:
    """A vector and a scalar; `swapped` when the scalar stands on the left."""
    wide = np.broadcast_to(number, frame.values.shape)
    left, right = (wide, frame.values) if swapped else (frame.values, wide)
    with np.errstate(all="ignore"):
        if op in COMPARISONS:
            holds = COMPARISONS[op](left, right)
            if return_bool:
                return frame.with_values(holds.astype(np.float64))
            return Frame(frame.labels, frame.values, frame.present & holds)
        return frame.with_values(ARITHMETIC[op](left, right))


def sets(op: str, left: Frame, right: Frame, matching: Matching) -> Frame:
    """and, or, unless."""
    steps = left.values.shape[1]
    mine = [matching.signature(labels) for labels in left.labels]
    theirs = [matching.signature(labels) for labels in right.labels]
    nothing = np.zeros(steps, dtype=bool)
    if op == "or":
        there = {key: np.asarray(left.present[rows].any(axis=0)) for key, rows in group(mine).items()}
        kept = right.present & ~_stack([there.get(key, nothing) for key in theirs], steps)
        joined = Frame(
            [*left.labels, *right.labels], np.vstack([left.values, right.values]), np.vstack([left.present, kept])
        )
        return merge(joined)
    there = {key: np.asarray(right.present[rows].any(axis=0)) for key, rows in group(theirs).items()}
    matched = _stack([there.get(key, nothing) for key in mine], steps)
    return Frame(left.labels, left.values, left.present & (matched if op == "and" else ~matched))


def _stack(rows: list[Mask], steps: int) -> Mask:
    return np.array(rows, dtype=bool).reshape(len(rows), steps)


def vectors(op: str, left: Frame, right: Frame, matching: Matching) -> Frame:
    """Two vectors, row by row as their labels match."""
    if op in SETS:
        return sets(op, left, right, matching)
    if not len(left) or not len(right):
        return Frame.empty(left.values.shape[1])
    many, one = (right, left) if matching.card == "OneToMany" else (left, right)
    signatures = group(matching.signature(labels) for labels in one.labels)
    _one_is_one(one, signatures, matching)
    pairs = [
        (row, other)
        for row, labels in enumerate(many.labels)
        for other in signatures.get(matching.signature(labels), ())
    ]
    if not pairs:
        return Frame.empty(left.values.shape[1])
    rows = np.array([pair[0] for pair in pairs], dtype=np.intp)
    others = np.array([pair[1] for pair in pairs], dtype=np.intp)
    both = many.present[rows] & one.present[others]
    if matching.card == "OneToOne":
        _many_is_one(many, both, rows, matching)
    a, b = (one.values[others], many.values[rows])
    if matching.card != "OneToMany":
        a, b = b, a
    comparison = op in COMPARISONS
    with np.errstate(all="ignore"):
        holds = COMPARISONS[op](a, b) if comparison else np.ones_like(both)
        values = ARITHMETIC[op](a, b) if not comparison else a
    if comparison and matching.return_bool:
        values, holds = holds.astype(np.float64), np.ones_like(both)
    drop = matching.return_bool or not comparison
    labels = [matching.result(many.labels[row], one.labels[other], drop_name=drop) for row, other in pairs]
    why = (
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
        if matching.card == "OneToOne"
        else "multiple matches for labels: grouping labels must ensure unique matches"
    )
    return merge(Frame(labels, values, both & holds), why)


def _one_is_one(one: Frame, signatures: dict[object, list[int]], matching: Matching) -> None:
    for rows in signatures.values():
        if len(rows) > 1 and bool(np.any(one.present[rows].sum(axis=0) > 1)):
            side = "left" if matching.card == "OneToMany" else "right"
            twins = sorted(show(one.labels[row]) for row in rows[:2])
            common = matching.signature(one.labels[rows[0]])
            raise QueryFailed(
                f"found duplicate series for the match group {show(dict(common))} on the {side} hand-side of the "
                f"operation: [{twins[0]}, {twins[1]}];many-to-many matching not allowed: matching labels must be "
                "unique on one side"
            )


def _many_is_one(many: Frame, both: Mask, rows: Any, matching: Matching) -> None:
    for members in group(matching.signature(many.labels[row]) for row in rows).values():
        if len(members) > 1 and bool(np.any(both[members].sum(axis=0) > 1)):
            raise QueryFailed(
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
            )
