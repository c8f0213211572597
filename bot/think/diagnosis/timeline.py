"""What happened when: changes, the first signs, the alert; in order, with the query that shows each."""

from collections.abc import Iterable, Iterator

from bot.domain.finding import Finding
from bot.think.diagnosis.changes import changes_before
from bot.think.diagnosis.report import Moment
from bot.think.diagnosis.sight import Sight

MOST = 20


def timeline(sight: Sight, findings: Iterable[Finding]) -> tuple[Moment, ...]:
    """Oldest first; the newest are kept when there are too many."""
    moments = sorted({*_changes(sight), *_signs(sight, findings), *_alerts(sight)}, key=lambda one: (one.at, one.what))
    return tuple(moments[-MOST:])


def _changes(sight: Sight) -> Iterator[Moment]:
    for change in changes_before(sight):
        yield Moment(change.at, f"{change.about}: {change.what}", change.query, change=True)


def _signs(sight: Sight, findings: Iterable[Finding]) -> Iterator[Moment]:
    for finding in findings:
        if (
            finding.at is not None
            and finding.proofs
            and finding.weight > 0
            and sight.start - 7200 <= finding.at <= sight.now
        ):
            proof = finding.proofs[0]
            yield Moment(finding.at, f"{finding.about}: {proof.shows[:120]}", proof.query)


def _alerts(sight: Sight) -> Iterator[Moment]:
    for alert in sight.ask.alerts:
        query = f'ALERTS{{alertname="{alert.name}"}}'
        yield Moment(alert.starts_at.timestamp(), f"{alert.name} fires", query)
