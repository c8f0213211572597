"""Callers whose calls end in silence, because a network policy lets them neither out nor in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.cluster import wears
from bot.think.diagnosis.families import family_of, hosts_in
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.looks.log_errors import subject_of
from bot.think.diagnosis.neighbours import resolve
from bot.think.diagnosis.sight import LogLine, Sight
from bot.think.diagnosis.stacks import shortened
from bot.think.diagnosis.thing import Thing

SILENT = {"log_timeout", "log_refused", "log_dns"}
Rule = Mapping[str, Any]
SPACE_NAME = "kubernetes.io/metadata.name"


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    policies = list(sight.cluster.all("NetworkPolicy"))
    told: set[tuple[Subject, Subject]] = set()
    for line in sight.lines if policies else ():
        subject = subject_of(line)
        family = family_of(line.text) if subject is not None and line.at >= sight.start - 3600 else None
        if subject is None or family is None or family.key not in SILENT:
            continue
        caller = sight.cluster.owner(subject)
        for finding in _stopped(sight, policies, caller, line, family.key):
            if (finding.about, caller) not in told:
                told.add((finding.about, caller))
                yield finding


def _stopped(sight: Sight, policies: list[Thing], caller: Subject, line: LogLine, family: str) -> Iterator[Finding]:
    worn = _labels(sight, caller)
    targets = [one for host in hosts_in(line.text) for one in resolve(sight, host, caller.namespace)]
    out = _guarding(policies, caller.namespace, worn, "Egress")
    if out and family == "log_dns" and not any(_lets_dns(rule) for one in out for rule in one.each("spec", "egress")):
        yield _said(out[0], "policy_denies_exit", caller, caller, line)
        return
    for target in targets:
        theirs = _labels(sight, target)
        if out and not _lets(out, "egress", "to", target.namespace, theirs, caller.namespace):
            yield _said(out[0], "policy_denies_exit", caller, target, line)
        guards = _guarding(policies, target.namespace, theirs, "Ingress")
        if (
            guards
            and target != caller
            and not _lets(guards, "ingress", "from", caller.namespace, worn, target.namespace)
        ):
            yield _said(guards[0], "policy_denies_caller", caller, target, line)


def _labels(sight: Sight, owner: Subject) -> Mapping[str, Any]:
    thing = sight.cluster.find(owner.kind, owner.namespace, owner.name)
    found = (thing.get("spec", "template", "metadata", "labels") if thing else None) or {}
    pods = sight.cluster.pods_of(owner) if not found else []
    return found or (pods[0].labels if pods else {})


def _guarding(policies: list[Thing], space: str, worn: Mapping[str, Any], kind: str) -> list[Thing]:
    """The policies that select these pods in that direction."""
    found = []
    for one in policies:
        kinds = one.get("spec", "policyTypes") or (["Ingress", "Egress"] if one.get("spec", "egress") else ["Ingress"])
        if one.namespace == space and kind in kinds and worn and _chosen(one.get("spec", "podSelector"), worn):
            found.append(one)
    return found


def _chosen(selector: Any, worn: Mapping[str, Any]) -> bool:
    selector = selector if isinstance(selector, Mapping) else {}
    return wears(worn, selector.get("matchLabels") or {}) and all(
        _fits(one, worn) for one in selector.get("matchExpressions") or ()
    )


def _fits(one: Rule, worn: Mapping[str, Any]) -> bool:
    value, values = worn.get(str(one.get("key"))), one.get("values") or []
    match one.get("operator"):
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    return True


def _lets(policies: list[Thing], way: str, end: str, space: str, worn: Mapping[str, Any], home: str) -> bool:
    """One rule that lets it through is enough; addresses are taken as letting through, for we cannot know."""
    for policy in policies:
        for rule in policy.each("spec", way):
            peers = rule.get(end)
            if not peers or any(_peer(one, space, worn, home) for one in peers):
                return True
    return False


def _peer(peer: Rule, space: str, worn: Mapping[str, Any], home: str) -> bool:
    if "ipBlock" in peer:
        return True
    spaces = peer.get("namespaceSelector")
    if spaces is None and space != home:
        return False
    named = ((spaces or {}).get("matchLabels") or {}).get(SPACE_NAME)
    if named is not None and named != space:
        return False
    return "podSelector" not in peer or _chosen(peer["podSelector"], worn)


def _lets_dns(rule: Rule) -> bool:
    """By its port, and to another namespace: the cluster's names are looked up in one of its own."""
    ports, peers = rule.get("ports"), rule.get("to")
    if peers and not any("ipBlock" in one or "namespaceSelector" in one for one in peers):
        return False
    return not ports or any(str(one.get("port")) in ("53", "dns", "dns-tcp", "5353") for one in ports)


def _said(policy: Thing, key: str, caller: Subject, target: Subject, line: LogLine) -> Finding:
    rules = policy.get("spec", "ingress" if key == "policy_denies_caller" else "egress")
    text = re.sub(r"\s+", " ", str(rules or "[]"))[:200]
    values = {"name": policy.name, "caller": str(caller), "target": str(target), "what": text}
    proofs = (Proof(policy.query, text), Proof(line.query, shortened(line.text, 300), line.at))
    return Finding(policy.subject, key, Category.NETWORK, 0.9, values, proofs, at=line.at, points_to=())
