"""Looks everywhere, weighs what was found, and says what is wrong, or that nothing is."""

from bot.domain.finding import Finding
from bot.think.diagnosis.asked import asked_about
from bot.think.diagnosis.leftovers import leftovers
from bot.think.diagnosis.looks import look_everywhere
from bot.think.diagnosis.report import Diagnosis, Verdict
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.suspects import rank_services
from bot.think.diagnosis.weigh import weigh


def diagnose(sight: Sight) -> Diagnosis:
    """Pure: the same sight gives the same diagnosis."""
    found, stumbled = look_everywhere(sight)
    known = _once(found)
    findings = (*known, *leftovers(sight, known))
    causes = weigh(sight, findings)
    return Diagnosis(
        verdict=Verdict.FAULT if causes else Verdict.HEALTHY,
        causes=causes,
        findings=findings,
        gaps=(*sight.gaps, *stumbled),
        at=sight.now,
        window=(sight.start, sight.now),
        asked_about=asked_about(sight),
        suspects=rank_services(sight),
    )


def _once(findings: tuple[Finding, ...]) -> list[Finding]:
    """The same thing said twice of one subject counts once; the stronger stays."""
    best: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.about, finding.key, tuple(sorted(finding.values.items())))
        if key not in best or finding.weight > best[key].weight:
            best[key] = finding
    return list(best.values())
