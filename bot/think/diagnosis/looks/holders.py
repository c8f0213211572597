"""Who holds what runs out: clients that open connections and keep them."""

import re
from collections.abc import Iterable

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.asked import named
from bot.think.diagnosis.cluster import wears
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.looks.log_errors import subject_of
from bot.think.diagnosis.sight import LogLine, Sight
from bot.think.diagnosis.stacks import shortened

HOLDS = re.compile(
    r"(open(ing|ed)?|hold(ing|s)?|leak\w*|kept|keeping|acquired?) .{0,40}(connection|session)s?|leaked connection",
    re.IGNORECASE,
)
RELEASED = re.compile(r"clos(e|ed|ing)|releas|return(ed|ing)", re.IGNORECASE)


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    heard: dict[Subject, list[LogLine]] = {}
    let_go: set[Subject] = set()
    for line in sight.lines:
        subject = subject_of(line)
        if subject is None or subject.kind != "Pod" or "connection" not in line.text.lower():
            continue
        if HOLDS.search(line.text):
            heard.setdefault(sight.cluster.owner(subject), []).append(line)
        elif RELEASED.search(line.text):
            let_go.add(sight.cluster.owner(subject))
    for owner, lines in heard.items():
        if len(lines) < 3 or owner in let_go or not _asked(sight) or _serves(sight, owner):
            continue
        values = {"name": owner.name, "line": shortened(lines[-1].text, 300), "count": str(len(lines))}
        proofs = tuple(Proof(one.query, shortened(one.text, 300), one.at) for one in lines[-2:])
        yield Finding(
            owner,
            "holds_connections",
            Category.RESOURCE,
            0.8,
            values,
            proofs,
            at=lines[0].at,
            action="scale_deployment" if owner.kind == "Deployment" else "",
            args={"replicas": 0},
        )


def _asked(sight: Sight) -> bool:
    """Only where connections are what runs out: many clients keep a few on purpose."""
    words = " ".join([sight.ask.text, *(f"{one.name} {one.summary}" for one in sight.ask.alerts)]).lower()
    return any(word in words for word in ("connection", "pool", "连接"))


def _serves(sight: Sight, owner: Subject) -> bool:
    """It is what was complained about, or others call it: then it is a victim, and must not be stopped."""
    if owner in {sight.cluster.owner(subject) for subject in named(sight)}:
        return True
    workload = sight.cluster.find(owner.kind, owner.namespace, owner.name)
    labels = (workload.get("spec", "template", "metadata", "labels") if workload else None) or {}
    selectors = [
        one.get("spec", "selector") for one in sight.cluster.all("Service") if one.namespace == owner.namespace
    ]
    return any(isinstance(one, dict) and one and wears(labels, one) for one in selectors)
