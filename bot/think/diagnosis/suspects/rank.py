"""Sums the accusations: the service that most signals accuse comes first."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from bot.think.diagnosis.report import Suspect
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.suspects import entry, flow, pressure, slow_calls, spans, speech, steps, stopped, wire
from bot.think.diagnosis.suspects.accusation import Accusation, Scene, edge_of, service_of

SIGNALS: tuple[tuple[str, Callable[[Scene], Iterable[Accusation]]], ...] = (
    ("harm", flow.accuse),
    ("pressure", pressure.accuse),
    ("slow", slow_calls.accuse),
    ("slow", wire.accuse),
    ("slow", spans.accuse),
    ("slow", steps.accuse),
    ("fails", speech.accuse),
    ("fails", stopped.accuse),
)
"""What kind of sign it is, and who looks for it. Of one kind only the strongest sign counts: they say the same."""
SAYS_SOMETHING = 0.15
"""Below it no sign speaks against anybody."""
LEAST_SERVICES = 3
CLEARLY_SLOW = 0.75
LEAD = 60.0
"""Complaints come late: the last minute before one counts as the fault."""


def rank_services(sight: Sight) -> tuple[Suspect, ...]:
    """Most suspect first; all services that metrics name, so that nobody is forgotten."""
    services = {service_of(track) for track in sight.tracks if edge_of(track) is None} - {""}
    if len(services) < LEAST_SERVICES:
        return ()
    scene = Scene(sight, sight.start - LEAD)
    heard: dict[str, dict[str, Accusation]] = {}
    for kind, accuse in SIGNALS:
        for one in accuse(scene):
            known = heard.setdefault(one.service, {})
            if kind not in known or one.score > known[kind].score:
                known[kind] = one
    _errors_follow_delays(heard)
    if not any(one.score >= SAYS_SOMETHING for kinds in heard.values() for one in kinds.values()):
        for one in entry.accuse(scene):
            heard.setdefault(one.service, {})["fails"] = one
    spaces = {service_of(track): track.labels.get("namespace", "") for track in sight.tracks}
    ranked = [_suspect(service, heard.get(service, {}), spaces.get(service, "")) for service in services | set(heard)]
    return tuple(sorted(ranked, key=lambda suspect: (-suspect.score, suspect.name)))


def _errors_follow_delays(heard: dict[str, dict[str, Accusation]]) -> None:
    """Where calls to one service clearly wait, failures of others are mostly what comes of it."""
    slowest = max((kinds["slow"].score for kinds in heard.values() if "slow" in kinds), default=0.0)
    for kinds in heard.values():
        if slowest >= CLEARLY_SLOW and "fails" in kinds:
            kinds["fails"] = replace(kinds["fails"], score=kinds["fails"].score * 0.7)
        if slowest >= CLEARLY_SLOW and "slow" in kinds:
            share = kinds["slow"].score / slowest
            kinds["slow"] = replace(kinds["slow"], score=kinds["slow"].score * share * share)


def _suspect(service: str, heard: Mapping[str, Accusation], namespace: str) -> Suspect:
    ordered = sorted(heard.items(), key=lambda one: -one[1].score)
    return Suspect(
        name=service,
        score=round(sum(one.score for _, one in ordered), 4),
        signs=tuple(one.sign for _, one in ordered[:3]),
        query=next((one.query for _, one in ordered if one.query), ""),
        kind=ordered[0][0] if ordered else "",
        namespace=namespace,
    )
