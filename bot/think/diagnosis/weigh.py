"""From findings to ranked causes: group by what owns them, tell symptom from cause, compare with what was asked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.domain.finding import Category, Cause, Finding, Subject
from bot.think.diagnosis.asked import asked_about, asked_namespaces, named
from bot.think.diagnosis.cluster import condition
from bot.think.diagnosis.neighbours import resolve
from bot.think.diagnosis.repair import repair
from bot.think.diagnosis.sight import Sight

REMARK = 0.3
CALM = 0.5
CALMER = 0.4
"""The same, where only a namespace was named."""
ASIDE = 0.1
AUDIT = re.compile(r"wrong|problem|issue|healthy|check|异常|问题|健康|检查|怎么了", re.IGNORECASE)
"""Somebody asks for anything that is not as it should be: then remarks count too."""
ELSEWHERE = 0.35
BESIDE = 0.75
IN_THE_SAME_PLACE = 0.64
"""Of what is only in the same namespace, and linked by nothing: what was asked about comes first, if it is ill."""
FAR = 0.2
ON_NODES = frozenset({"Node", "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"})
VAGUE = frozenset({"crash_loop", "back_off", "exited", "restarted", "not_ready", "service_suspect"})
VAGUE |= {"unavailable", "rollout_stuck", "rollout_waits", "log_error", "init_waits", "latency_rose"}
VAGUE |= {"errors_rose", "log_http"}
"""How it shows, not why."""
COUNTED = frozenset({"unavailable", "rollout_stuck", "rollout_waits"})
"""It says how many are not up, and nothing of them."""
TOLD_BY_ALERTS = frozenset({Category.PERMISSION, Category.QUOTA, Category.CERTIFICATE, Category.NETWORK})
"""What an alert's rule may have seen where no object tells why something is not up."""
STOPS = frozenset({"policy_denies_exit", "policy_denies_caller"})
SILENT = frozenset({"log_timeout", "log_refused", "log_dns"})
OUTSIDE = frozenset({"service_no_endpoints", "service_part_ready"})
"""What callers see of a workload that is not up."""


@dataclass(frozen=True)
class Scale:
    """What was asked, seen as owners, so that findings can be put near or far."""

    sight: Sight
    owners: frozenset[Subject]
    asked: frozenset[Subject]
    spaces: frozenset[str]
    nodes: frozenset[str] | None
    """Where the pods run that it may be about; None where that is not known."""

    @classmethod
    def of(cls, sight: Sight) -> "Scale":
        asked = asked_about(sight)
        owners = {sight.cluster.owner(subject) for subject in asked} | {_home(sight, subject) for subject in asked}
        spaces = frozenset(asked_namespaces(sight))
        return cls(sight, frozenset(owners), frozenset(asked), spaces, _nodes(sight, asked, spaces))

    def near(self, finding: Finding) -> float:
        """1 for what was asked about, less for its neighbours, little for another namespace."""
        about = finding.about
        if about in self.asked or self.sight.cluster.owner(about) in self.owners:
            return 1.0
        if not self.asked and not self.spaces:
            return 1.0
        if about.namespace in self.spaces:
            return IN_THE_SAME_PLACE if self.asked else 1.0
        if about.kind == "Node" and self.nodes is not None and about.name not in self.nodes:
            return FAR
        if not about.namespace or finding.key == "service_suspect":
            return BESIDE
        return ELSEWHERE


def _nodes(sight: Sight, asked: tuple[Subject, ...], spaces: frozenset[str]) -> frozenset[str] | None:
    """The nodes of the pods in the namespaces that were asked about."""
    pods = [pod for pod in sight.cluster.all("Pod") if pod.namespace in spaces]
    if not pods:
        return frozenset() if asked and not any(one.kind in ON_NODES for one in asked) else None
    return frozenset(node for pod in pods if (node := pod.text("spec", "nodeName")))


def weigh(sight: Sight, findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """Ranked causes, best first. Remarks and what is over make no cause."""
    scale = Scale.of(sight)
    live = _stopped(sight, [finding for finding in findings if not finding.settled and finding.weight > 0])
    groups: dict[Subject, list[Finding]] = {}
    for finding in live:
        groups.setdefault(_home(sight, finding.about), []).append(finding)
    blamed = _blamed(sight, live, groups)
    ill = frozenset(groups)
    causes = [_cause(sight, scale, about, found, blamed.get(about, ()), ill) for about, found in groups.items()]
    least = REMARK if not _calm(scale) else CALM if named(sight) else CALMER
    strong = [cause for cause in causes if cause.confidence >= least]
    if not strong and AUDIT.search(sight.ask.text) and not scale.asked:
        strong = [cause for cause in causes if cause.confidence >= ASIDE]
    return tuple(sorted(strong, key=lambda cause: (-cause.confidence, cause.about)))


def _stopped(sight: Sight, live: list[Finding]) -> list[Finding]:
    """Calls that end in silence blame the policy that lets their caller not through."""
    policies = {one.values.get("caller"): one.about for one in live if one.key in STOPS}
    found = []
    for one in live:
        policy = policies.get(str(sight.cluster.owner(one.about))) if one.key in SILENT else None
        found.append(replace(one, points_to=(*one.points_to, policy)) if policy else one)
    return found


def _calm(scale: Scale) -> bool:
    """All that was asked about was gathered and is well: only clear proof makes it a fault."""
    workloads = [one for one in scale.owners if one.kind in ("Deployment", "StatefulSet", "DaemonSet")]
    found = [pod for workload in workloads for pod in scale.sight.cluster.pods_of(workload)]
    quiet = [not any(one.get("restartCount") for one in pod.each("status", "containerStatuses")) for pod in found]
    ready = [condition(pod, "Ready").get("status") == "True" for pod in found]
    return bool(found) and all(ready) and all(quiet) and bool(scale.sight.ask.alerts)


def _home(sight: Sight, subject: Subject) -> Subject:
    """Its workload; of a service that metrics or logs name, the workload behind it."""
    if subject.kind == "Service" and not sight.cluster.find("Service", subject.namespace, subject.name):
        return next(iter(resolve(sight, subject.name, subject.namespace)), subject)
    if subject.kind == "Service":
        behind = [one for one in resolve(sight, subject.name, subject.namespace) if one.name == subject.name]
        return behind[0] if behind else subject
    return sight.cluster.owner(subject)


def _blamed(
    sight: Sight, live: list[Finding], groups: Mapping[Subject, list[Finding]]
) -> dict[Subject, tuple[Finding, ...]]:
    """Who is blamed by the symptoms of others, and has findings of its own."""
    found: dict[Subject, tuple[Finding, ...]] = {}
    for finding in live:
        here = sight.cluster.owner(finding.about)
        for target in finding.points_to:
            owner = sight.cluster.owner(target)
            if owner != here and owner in groups:
                found[owner] = (*found.get(owner, ()), finding)
    return found


def _cause(
    sight: Sight,
    scale: Scale,
    about: Subject,
    found: list[Finding],
    accusers: tuple[Finding, ...],
    ill: frozenset[Subject],
) -> Cause:
    ranked = sorted(found, key=lambda one: -_own(one))
    lead = ranked[0]
    weight = _own(lead)
    weight += (1 - weight) * min(0.3, 0.1 * (len({one.key for one in ranked}) - 1))
    near = max([scale.near(one) for one in ranked] + [scale.near(one) for one in accusers])
    if accusers:
        weight += (1 - weight) * 0.5
    explained = _explained(sight, about, ranked, ill)
    confidence = weight * near * (0.5 if explained else 1.0)
    lead, category = _said(lead, ranked)
    if lead.key in VAGUE and any(one.key == "log_dns" for one in accusers):
        category = Category.NETWORK
    if about.kind in ("Job", "CronJob") and (lead.symptom or category is Category.RELEASE):
        category = Category.JOB
    fix = repair(sight, about, lead, ranked)
    path = tuple(dict.fromkeys([*(one.about for one in accusers), *(one.about for one in ranked[:1]), about]))
    return Cause(
        about=about,
        category=category,
        key=lead.key,
        confidence=round(min(confidence, 0.99), 3),
        speaks_for=(*ranked, *accusers),
        path=path,
        action=fix.action,
        args=dict(fix.args),
        needs_human=fix.action is None,
        why_no_action=fix.why,
    )


def _own(finding: Finding) -> float:
    return finding.weight * (0.8 if finding.symptom else 1.0)


def _explained(sight: Sight, about: Subject, found: list[Finding], ill: frozenset[Subject]) -> bool:
    """Its own findings blame something else that is itself in trouble."""
    symptoms = [one for one in found if one.symptom]
    targets = {sight.cluster.owner(target) for one in symptoms for target in one.points_to} - {about}
    return bool(targets & ill)


def _said(lead: Finding, found: list[Finding]) -> tuple[Finding, Category]:
    """A crash loop is how it shows; what the log, the probe or the last exit says is why."""
    if lead.key in OUTSIDE | COUNTED:
        lead = next((one for one in found if one.key not in OUTSIDE | COUNTED and one.weight >= REMARK), lead)
    if lead.key in VAGUE:
        telling = [one for one in found if one.key not in VAGUE | OUTSIDE | {"only_claimed"} and one.weight >= REMARK]
        telling.sort(key=lambda one: one.key != "rolled_out" or lead.key != "service_suspect")
        if telling:
            return telling[0], telling[0].category
        claimed = [one for one in found if one.key == "only_claimed" and one.category in TOLD_BY_ALERTS]
        if claimed and lead.key in COUNTED | {"not_ready"}:
            return lead, claimed[0].category
    return lead, lead.category
