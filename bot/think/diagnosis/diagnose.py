"""Looks everywhere, weighs what was found, and says what is wrong, or that nothing is."""

from collections.abc import Iterable

from bot.domain.finding import Finding
from bot.think.diagnosis.again import verified
from bot.think.diagnosis.asked import asked_about
from bot.think.diagnosis.leftovers import leftovers
from bot.think.diagnosis.looks import look_everywhere
from bot.think.diagnosis.markdown import sentence
from bot.think.diagnosis.picture import picture
from bot.think.diagnosis.reaching import reaching
from bot.think.diagnosis.report import Diagnosis, Verdict
from bot.think.diagnosis.ruled_out import ruled_out
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.suspects import rank_services
from bot.think.diagnosis.suspects.findings import suspected
from bot.think.diagnosis.timeline import timeline
from bot.think.diagnosis.weigh import weigh


def diagnose(sight: Sight) -> Diagnosis:
    """Pure: the same sight gives the same diagnosis."""
    found, stumbled = look_everywhere(sight)
    suspects = rank_services(sight)
    known = [*_once(found), *suspected(suspects)]
    known += _once(tuple(reaching(sight, known)))
    findings = (*known, *leftovers(sight, known))
    causes = weigh(sight, findings)
    moments = timeline(sight, findings)
    cause = causes[0] if causes else None
    return Diagnosis(
        verdict=Verdict.FAULT if causes else Verdict.HEALTHY,
        causes=causes,
        findings=findings,
        gaps=(*sight.gaps, *stumbled),
        at=sight.now,
        window=(sight.start, sight.now),
        asked_about=asked_about(sight),
        ruled_out=ruled_out(sight, findings),
        suspects=suspects,
        timeline=moments,
        chart=picture(sight, cause, suspects, moments),
        similar=verified(sight.passages, _told(findings)) if causes and sight.passages else (),
    )


def _told(findings: Iterable[Finding]) -> str:
    """What goes on today, in both languages: past cases are written in either."""
    lines = [
        text
        for one in findings
        if not one.settled
        for text in (sentence(one, "en"), sentence(one, "zh"), *(proof.shows for proof in one.proofs))
    ]
    return "\n".join(lines)


def _once(findings: tuple[Finding, ...]) -> list[Finding]:
    """The same thing said twice of one subject counts once; the stronger stays."""
    best: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.about, finding.key, tuple(sorted(finding.values.items())))
        if key not in best or finding.weight > best[key].weight:
            best[key] = finding
    return list(best.values())
