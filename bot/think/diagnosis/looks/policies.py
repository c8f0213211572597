"""Network policies and mesh policies that cut traffic off, or guard nothing."""

from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.cluster import wears
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for policy in sight.cluster.all("NetworkPolicy"):
        yield from _network(sight, policy)
    for policy in sight.cluster.all("AuthorizationPolicy"):
        yield from _mesh(policy)
    for rule in sight.cluster.all("PeerAuthentication"):
        if rule.text("spec", "mtls", "mode") == "STRICT":
            yield _say(rule, "mesh_strict", 0.15, "spec.mtls.mode=STRICT")
    for service in sight.cluster.all("VirtualService"):
        yield from _virtual(sight, service)


def _network(sight: Sight, policy: Thing) -> Iterator[Finding]:
    labels = policy.get("spec", "podSelector", "matchLabels") or {}
    expressions = policy.get("spec", "podSelector", "matchExpressions") or []
    pods = [one for one in sight.cluster.all("Pod") if one.namespace == policy.namespace]
    workloads = [one for one in sight.cluster.all("Deployment", "StatefulSet") if one.namespace == policy.namespace]
    worn = [pod.labels for pod in pods] + [one.get("spec", "template", "metadata", "labels") or {} for one in workloads]
    shut = _shut(policy)
    if shut:
        eased = any(_opens(other) for other in sight.cluster.all("NetworkPolicy") if _beside(other, policy))
        yield _say(policy, "policy_denies_all", 0.25 if eased else 0.7, shut)
    elif labels and not any(wears(one, labels) for one in worn):
        yield _say(policy, "policy_selects_nothing", 0.25, ", ".join(f"{k}={v}" for k, v in labels.items()))
    elif not labels and not expressions:
        yield _say(policy, "policy_selects_all", 0.2, "podSelector={}")


def _beside(other: Thing, policy: Thing) -> bool:
    return other.namespace == policy.namespace and other.name != policy.name


def _opens(policy: Thing) -> bool:
    """It lets something through: closing all and then opening some is how it should be done."""
    return bool(policy.get("spec", "ingress") or policy.get("spec", "egress"))


def _shut(policy: Thing) -> str:
    """Which directions are closed for all: a type named, and no rule that lets anything through."""
    kinds = policy.get("spec", "policyTypes") or []
    closed = [kind for kind in kinds if not policy.get("spec", str(kind).lower())]
    return ", ".join(map(str, closed))


def _mesh(policy: Thing) -> Iterator[Finding]:
    action, rules = policy.text("spec", "action") or "ALLOW", policy.get("spec", "rules")
    everything = isinstance(rules, list) and any(isinstance(rule, dict) and not rule for rule in rules)
    whole = not policy.get("spec", "selector") and not policy.get("spec", "targetRefs")
    if action == "DENY" and everything:
        yield _say(policy, "mesh_denies_all", 0.9, f"action={action} rules=[{{}}]")
    elif action == "ALLOW" and not rules:
        yield _say(policy, "mesh_denies_all", 0.85 if whole else 0.75, "action=ALLOW rules=[]")
    elif action == "DENY":
        yield _say(policy, "mesh_denies_some", 0.4, str(rules)[:200])


def _virtual(sight: Sight, service: Thing) -> Iterator[Finding]:
    """Faults injected on purpose, and routes to hosts that do not exist."""
    for rule in service.each("spec", "http"):
        if rule.get("fault"):
            yield _say(service, "mesh_fault_injected", 0.85, str(rule["fault"])[:200])
        for end in rule.get("route") or ():
            host = str((end.get("destination") or {}).get("host") or "")
            subset = str((end.get("destination") or {}).get("subset") or "")
            if subset and not _has_subset(sight, service.namespace, host, subset):
                yield _say(service, "mesh_subset_gone", 0.85, f"{host} {subset}")
            listed = any(one.namespace == service.namespace for one in sight.cluster.all("Service"))
            plain = host.split(".", maxsplit=1)[0]
            if host and listed and "." not in host and not sight.cluster.find("Service", service.namespace, plain):
                yield _say(service, "backend_gone", 0.7, host)


def _has_subset(sight: Sight, space: str, host: str, subset: str) -> bool:
    """Whether a rule for this host names the subset; true where no rule was gathered at all."""
    plain = host.split(".", maxsplit=1)[0]
    rules = [
        one
        for one in sight.cluster.all("DestinationRule")
        if one.namespace == space and one.text("spec", "host").split(".", maxsplit=1)[0] == plain
    ]
    return not rules or any(each.get("name") == subset for one in rules for each in one.each("spec", "subsets"))


def _say(thing: Thing, key: str, weight: float, what: str) -> Finding:
    values = {"name": thing.name, "kind": thing.kind, "what": what, "have": "?"}
    return Finding(thing.subject, key, Category.NETWORK, weight, values, (Proof(thing.query, what),))
