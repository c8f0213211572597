"""Strong suspects become findings, so that they are weighed with everything else."""

from collections.abc import Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.report import Suspect

STRONG = 0.35
MOST = 3
CATEGORIES = {
    "harm": Category.DEPENDENCY,
    "pressure": Category.RESOURCE,
    "slow": Category.DEPENDENCY,
    "fails": Category.RELEASE,
}


def suspected(suspects: tuple[Suspect, ...]) -> Iterator[Finding]:
    """The first few that are accused strongly enough; a lead over the next one makes the first surer."""
    for rank, suspect in enumerate(suspects[:MOST]):
        if suspect.score < STRONG:
            return
        following = suspects[rank + 1].score if rank + 1 < len(suspects) else 0.0
        lead = (suspect.score - following) / suspect.score
        weight = min(0.9, (0.4 + 0.3 * min(suspect.score, 1.0) + 0.2 * lead) / (rank + 1))
        sign = suspect.signs[0]
        yield Finding(
            Subject("Service", suspect.namespace, suspect.name),
            "service_suspect",
            CATEGORIES.get(suspect.kind, Category.DEPENDENCY),
            weight,
            {"name": suspect.name, "sign": sign.key, **sign.values},
            (Proof(suspect.query, " ".join([sign.key.replace("_", " "), *sign.values.values()])),),
            look="suspects",
        )
