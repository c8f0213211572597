"""Warnings that no look explained: told as remarks, so that nothing that Kubernetes said is lost."""

from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.looks.conditions import CERTIFICATES
from bot.think.diagnosis.sight import Sight

MOST = 20
OLD = 900.0


def leftovers(sight: Sight, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Warning events about what has no finding yet. Older ones count as over."""
    known = {finding.about for finding in findings}
    told: set[tuple[Subject, str]] = set()
    newest = sorted(sight.cluster.happenings, key=lambda event: -(event.last or 0.0))
    for event in newest:
        if not event.warning or event.about in known or (event.about, event.reason) in told or len(told) >= MOST:
            continue
        told.add((event.about, event.reason))
        over = event.last is not None and sight.now - event.last > OLD
        yield Finding(
            event.about,
            "warning",
            Category.CERTIFICATE if event.about.kind in CERTIFICATES else Category.RELEASE,
            0.6 if event.about.kind in CERTIFICATES else 0.2,
            {"reason": event.reason, "message": event.message[:300], "count": str(event.count)},
            (Proof(event.query, event.message[:300], event.last),),
            at=event.last,
            look="leftovers",
            settled=over,
        )
