"""How well told confidence fits what was right: by bands, as Brier score and as expected calibration error."""

import statistics
from collections.abc import Sequence

from bot.evals import JSON

BANDS = ((0.0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01))


def calibration(told: Sequence[tuple[float, bool]]) -> dict[str, JSON]:
    """(confidence, right) of each case -> the figures; {} where nothing was told."""
    if not told:
        return {}
    bands: list[JSON] = []
    gap = 0.0
    for low, high in BANDS:
        part = [(sure, right) for sure, right in told if low <= sure < high]
        if not part:
            continue
        mean, right = statistics.mean(sure for sure, _ in part), statistics.mean(right for _, right in part)
        gap += abs(mean - right) * len(part) / len(told)
        bands.append({"told": round(mean, 3), "right": round(right, 4), "cases": len(part)})
    brier = statistics.mean((sure - right) ** 2 for sure, right in told)
    return {"cases": len(told), "brier": round(brier, 4), "ece": round(gap, 4), "bands": bands}
