"""How good a ranking is: hits, reciprocal rank, gain. Each is the mean over the questions that were asked."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

DEEP = 10


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one question brought, best first, and what it should have brought."""

    found: tuple[str, ...]
    right: frozenset[str]
    seconds: float = 0.0

    @property
    def rank(self) -> int | None:
        """The place of the first right one, from 1."""
        return next((place for place, name in enumerate(self.found[:DEEP], 1) if name in self.right), None)

    @property
    def gain(self) -> float:
        """nDCG of the first ten."""
        got = sum(1 / math.log2(place + 1) for place, name in enumerate(self.found[:DEEP], 1) if name in self.right)
        best = sum(1 / math.log2(place + 1) for place in range(1, min(len(self.right), DEEP) + 1))
        return got / best


def figures(rankings: Collection[Ranking]) -> dict[str, float | int]:
    """All figures of one set of questions; nothing for an empty one."""
    if not rankings:
        return {}
    ranks = [ranking.rank for ranking in rankings]
    hit = {k: sum(1 for rank in ranks if rank is not None and rank <= k) / len(ranks) for k in (1, 5, 10)}
    return {
        "asked": len(ranks),
        **{f"hit{k}": round(share, 4) for k, share in hit.items()},
        "mrr10": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 4),
        "ndcg10": round(sum(ranking.gain for ranking in rankings) / len(ranks), 4),
        "ms_p50": round(1000 * percentile([ranking.seconds for ranking in rankings], 0.5), 1),
        "ms_p95": round(1000 * percentile([ranking.seconds for ranking in rankings], 0.95), 1),
    }


def by_set(rankings: Mapping[str, Sequence[Ranking]]) -> dict[str, dict[str, float | int]]:
    """Figures of each set."""
    return {name: figures(some) for name, some in sorted(rankings.items()) if some}


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
