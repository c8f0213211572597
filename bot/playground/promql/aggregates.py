"""Aggregations: many rows become one for each group of labels, or the best few of each group are kept."""

from typing import Any

import numpy as np

from bot.playground.promql.frames import Floats, Frame, Labels, Mask, QueryFailed, group, key_of
from bot.playground.promql.windows import quantile


def group_labels(labels: Labels, modifier: Any) -> Labels:
    """The labels that a group keeps."""
    if modifier is None:
        return {}
    if str(modifier.type).endswith("By"):
        return {name: labels[name] for name in modifier.labels if labels.get(name)}
    gone = {*modifier.labels, "__name__"}
    return {name: value for name, value in labels.items() if name not in gone}


def aggregate(op: str, frame: Frame, modifier: Any, param: Floats | str | None) -> Frame:
    """The aggregation `op` of a frame."""
    kept = [group_labels(labels, modifier) for labels in frame.labels]
    groups = group(key_of(labels) for labels in kept)
    if op in ("topk", "bottomk"):
        return _best(op, frame, list(groups.values()), _numbers(param))
    if op == "count_values":
        return _count_values(frame, kept, list(groups.values()), str(param))
    if not groups:
        return Frame.empty(frame.values.shape[1])
    labels, values, present = [], [], []
    with np.errstate(all="ignore"):
        for rows in groups.values():
            part, mask = frame.values[rows], frame.present[rows]
            labels.append(kept[rows[0]])
            values.append(_quantiles(part, mask, _numbers(param)) if op == "quantile" else _fold(op, part, mask))
            present.append(mask.any(axis=0))
    return Frame(labels, np.array(values), np.array(present))


def _numbers(param: Floats | str | None) -> Floats:
    if param is None or isinstance(param, str):
        raise QueryFailed("the aggregation needs a number")
    return param


def _fold(op: str, values: Floats, mask: Mask) -> Floats:
    count: Floats = mask.sum(axis=0).astype(np.float64)
    match op:
        case "count":
            return count
        case "group":
            return np.ones(values.shape[1])
        case "min":
            return np.asarray(np.fmin.reduce(np.where(mask, values, np.nan), axis=0))
        case "max":
            return np.asarray(np.fmax.reduce(np.where(mask, values, np.nan), axis=0))
    total: Floats = np.where(mask, values, 0.0).sum(axis=0)
    match op:
        case "sum":
            return np.asarray(total)
        case "avg":
            return np.asarray(total / count)
        case "stddev" | "stdvar":
            spread = np.where(mask, values - total / count, 0.0)
            squared = (spread * spread).sum(axis=0) / count
            return np.asarray(np.sqrt(squared) if op == "stddev" else squared)
    raise QueryFailed(f"the aggregation {op} is not understood here")


def _quantiles(values: Floats, mask: Mask, q: Floats) -> Floats:
    out = np.full(values.shape[1], np.nan)
    for step in np.flatnonzero(mask.any(axis=0)):
        out[step] = quantile(float(q[step]), values[mask[:, step], step])
    return out


def _best(op: str, frame: Frame, groups: list[list[int]], k: Floats) -> Frame:
    """The k largest (or smallest) of each group at each step; what is not a number comes last."""
    kept = np.zeros_like(frame.present)
    sign = -1.0 if op == "topk" else 1.0
    if np.any(np.isnan(k)):
        raise QueryFailed("Parameter value is NaN")
    order: list[int] = []
    for rows in groups:
        values = np.where(np.isnan(frame.values[rows]), np.inf, sign * frame.values[rows])
        values = np.where(frame.present[rows], values, np.inf)
        ranks = np.argsort(values, axis=0, kind="stable")
        for step in range(frame.values.shape[1]):
            limit = int(max(0.0, min(float(k[step]), len(rows))))
            there = [int(row) for row in ranks[:, step] if frame.present[rows[row], step]][:limit]
            kept[[rows[row] for row in there], step] = True
            if frame.values.shape[1] == 1:
                order.extend(rows[row] for row in there)
    if frame.values.shape[1] == 1:
        return Frame([frame.labels[row] for row in order], frame.values[order], kept[order])
    chosen = [row for row in range(len(frame)) if bool(kept[row].any())]
    return Frame([frame.labels[row] for row in chosen], frame.values[chosen], kept[chosen])


def _count_values(frame: Frame, kept: list[Labels], groups: list[list[int]], label: str) -> Frame:
    found: dict[tuple[tuple[str, str], ...], Floats] = {}
    for rows in groups:
        for row in rows:
            for step in np.flatnonzero(frame.present[row]):
                labels = {**kept[row], label: plain(float(frame.values[row, step]))}
                line = found.setdefault(key_of(labels), np.zeros(frame.values.shape[1]))
                line[step] += 1
    if not found:
        return Frame.empty(frame.values.shape[1])
    values = np.array(list(found.values()))
    return Frame([dict(key) for key in found], values, values > 0)


def plain(number: float) -> str:
    """A number as Go prints it without an exponent."""
    if np.isnan(number):
        return "NaN"
    if np.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    return np.format_float_positional(number, trim="-")
