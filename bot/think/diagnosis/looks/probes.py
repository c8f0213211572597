"""Probes that fail: liveness (the kubelet kills), readiness (no traffic), startup (never up)."""

import re
from collections.abc import Iterable

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight

KIND = re.compile(r"(liveness|readiness|startup) probe", re.IGNORECASE)
REFUSED = re.compile(r"\b40[13]\b|forbidden|unauthorized", re.IGNORECASE)
CALM_AFTER = 600.0


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    told = set()
    for event in sorted(sight.cluster.happenings, key=lambda one: -one.count):
        found = KIND.search(event.message)
        if event.reason not in ("Unhealthy", "ProbeWarning", "ProbeError") or not found or event.about.kind != "Pod":
            continue
        probe = found[1].lower()
        if (event.about, probe) in told:
            continue
        told.add((event.about, probe))
        killed = [one for one in sight.cluster.about(event.about) if one.reason == "Killing" and "probe" in one.message]
        proofs = [Proof(one.query, one.message[:300], one.last) for one in (event, *killed[:1])]
        yield Finding(
            event.about,
            f"{probe}_probe",
            Category.PERMISSION if REFUSED.search(event.message) else Category.PROBE,
            0.85 if probe == "liveness" and (killed or event.count >= 3) else 0.6,
            {
                "pod": event.about.name,
                "message": event.message[:300],
                "count": str(event.count),
                "kills": str(sum(one.count for one in killed)),
            },
            tuple(proofs),
            at=event.first,
            settled=_over(sight, event.about.namespace, event.about.name, event.last),
        )


def _over(sight: Sight, namespace: str, name: str, last: float | None) -> bool:
    """The pod is ready now, and the probe has been quiet for a while."""
    if last is not None and sight.now - last < CALM_AFTER:
        pod = sight.cluster.find("Pod", namespace, name)
        states = pod.each("status", "containerStatuses") if pod else []
        return bool(states) and all(one.get("ready") and not one.get("restartCount") for one in states)
    return last is not None
