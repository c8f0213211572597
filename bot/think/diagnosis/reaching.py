"""What keeps a workload down that does not say so itself: what its spec names is ill, or a policy shuts it off."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.cluster import WORKLOADS, containers
from bot.think.diagnosis.looks.references import needs
from bot.think.diagnosis.neighbours import resolve
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

SHUT_OFF = frozenset({"not_ready", "unavailable", "rollout_stuck", "rollout_waits", "readiness_probe"})
"""How a workload looks that runs, and gets no answer or is not heard."""
DUMB = SHUT_OFF | {"crash_loop", "back_off", "exited", "restarted", "init_waits", "startup_probe"}
"""How a workload looks that is down, without a word of why."""
ASIDE = {"only_claimed", "service_no_endpoints", "service_part_ready", "log_error", "log_last_words", "rolled_out"}
TELLING = 0.3
ILL = 0.5
NAME = re.compile(r"[a-z][a-z0-9-]{2,}(?:\.[a-z0-9-]+)*")


def reaching(sight: Sight, known: Iterable[Finding]) -> Iterator[Finding]:
    """Symptoms of what is down without a word; what they blame is itself in trouble."""
    found: dict[Subject, list[Finding]] = {}
    for one in known:
        if not one.settled:
            found.setdefault(sight.cluster.owner(one.about), []).append(one)
    needed = {about: dict(_needed(sight, about)) for about, told in found.items() if _dumb(told)}
    for about, named in needed.items():
        for target, said in named.items():
            mutual = about in needed.get(target, ())
            if not mutual and any(one.weight >= ILL for one in found.get(target, ())):
                yield _said(sight, about, "needs_ill", Category.DEPENDENCY, target, said)
        walls = [one for told in found.values() for one in told if one.key == "policy_denies_all" and one.weight >= ILL]
        for wall in walls if {one.key for one in found[about]} <= SHUT_OFF | ASIDE else ():
            if wall.about.namespace == about.namespace:
                yield _said(sight, about, "shut_off", Category.NETWORK, wall.about, wall.values.get("what", ""))


def _dumb(told: list[Finding]) -> bool:
    keys = {one.key for one in told if one.weight >= TELLING}
    return bool(keys & DUMB) and keys <= DUMB | ASIDE


def _needed(sight: Sight, about: Subject) -> Iterator[tuple[Subject, str]]:
    """The workloads that its environment, its commands and its config maps name."""
    known = {one.name for one in sight.cluster.all("Service", *WORKLOADS)}
    for thing, spec in sight.cluster.templates():
        if sight.cluster.owner(thing.subject) != about:
            continue
        for text in _texts(sight, thing, spec):
            for found in NAME.findall(text):
                targets = resolve(sight, found, about.namespace) if found.split(".")[0] in known else ()
                yield from ((one, text.strip()[:200]) for one in targets if one != about)


def _texts(sight: Sight, thing: Thing, spec: Mapping[str, Any]) -> Iterator[str]:
    for one in containers(spec):
        yield from (str(env.get("value") or "") for env in one.get("env") or ())
        yield from (str(word) for word in [*(one.get("command") or []), *(one.get("args") or [])])
    for need in needs(spec):
        config = sight.cluster.find("ConfigMap", thing.namespace, need.name) if need.kind == "ConfigMap" else None
        for content in (config.get("data") or {}).values() if config else ():
            yield from str(content).splitlines()[:200]


def _said(sight: Sight, about: Subject, key: str, category: Category, target: Subject, said: str) -> Finding:
    thing = sight.cluster.find(about.kind, about.namespace, about.name)
    values = {"name": about.name, "kind": about.kind, "target": str(target), "what": said}
    proof = Proof(thing.query if thing else str(about), said)
    return Finding(about, key, category, 0.4, values, (proof,), look="reaching", symptom=True, points_to=(target,))
