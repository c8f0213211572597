"""Whether two answers are the same, with floats within a part in a thousand million."""

import math
from typing import Any

TOLERANCE = 1e-9


def canonical(data: dict[str, Any]) -> dict[str, Any]:
    """A Prometheus or Loki result by its labels, so that the order of rows does not matter."""
    kind, result = data["resultType"], data["result"]
    if kind in ("scalar", "string"):
        return {"kind": kind, "rows": {(): [result]}}
    rows: dict[Any, Any] = {}
    for row in result:
        key = tuple(sorted((row.get("metric") or row.get("stream") or {}).items()))
        assert key not in rows, f"{key} twice"
        rows[key] = row["values"] if "values" in row else [row["value"]]
    return {"kind": kind, "rows": rows}


def difference(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """The first difference, or nothing."""
    if ours["kind"] != theirs["kind"]:
        return f"kind {ours['kind']} is not {theirs['kind']}"
    if ours["rows"].keys() != theirs["rows"].keys():
        extra, missing = ours["rows"].keys() - theirs["rows"].keys(), theirs["rows"].keys() - ours["rows"].keys()
        return f"only ours {sorted(extra)[:3]}, only theirs {sorted(missing)[:3]}"
    for key, mine in ours["rows"].items():
        other = theirs["rows"][key]
        if len(mine) != len(other):
            missing = sorted({str(p[0]) for p in mine} ^ {str(p[0]) for p in other})[:4]
            return f"{key}: {len(mine)} points, not {len(other)}; {missing}"
        for (at, value), (when, wanted) in zip(mine, other, strict=True):
            if not close(float(at), float(when)) or not _same(value, wanted):
                return f"{key}: {at} {value} is not {when} {wanted}"
    return ""


def _same(value: str, wanted: str) -> bool:
    try:
        return close(float(value), float(wanted))
    except ValueError:
        return value == wanted


def close(a: float, b: float) -> bool:
    """Equal within the tolerance; no number equals no number."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
