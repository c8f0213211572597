"""What the alert itself claims, where nothing gathered can refute it: weak, and marked as only claimed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.domain.alert import Alert
from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.asked import asked_about
from bot.think.diagnosis.clock import amount, moment
from bot.think.diagnosis.cluster import condition, containers
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.pace import last_with
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing


@dataclass(frozen=True, slots=True)
class Claim:
    """A family of alerts: what their names say."""

    pattern: re.Pattern[str]
    category: Category
    action: str = ""
    seen_in_objects: bool = False
    """Objects show it if it is so: then their silence refutes the alert."""


def _claim(pattern: str, category: Category, action: str = "", *, seen: bool = False) -> Claim:
    return Claim(re.compile(pattern, re.IGNORECASE), category, action, seen)


CLAIMS = (
    _claim(r"quota", Category.QUOTA),
    _claim(r"capacity", Category.SCHEDULING),
    _claim(r"oom", Category.RESOURCE, "set_resources", seen=True),
    _claim(r"throttl", Category.RESOURCE, "set_resources"),
    _claim(r"(memory|mem).*(exhaust|predict|leak|pressure|high|grow)", Category.RESOURCE, "rollout_restart"),
    _claim(r"(pv|pvc|volume|persistent).*(full|fill|runway|space|short|usage)", Category.STORAGE, "expand_pvc"),
    _claim(r"disk|filesystem|storage|fragment", Category.STORAGE),
    _claim(r"hpa.*(max|limit)|autoscal", Category.AUTOSCALING, "patch_hpa", seen=True),
    _claim(r"disruptionbudget|pdb", Category.CONFIG),
    _claim(r"cert|tls", Category.CERTIFICATE),
    _claim(r"rbac|forbidden|denied|permission|unauthori[sz]ed|scc|podsecurity", Category.PERMISSION),
    _claim(r"netpol|networkpolic|isolat", Category.NETWORK),
    _claim(r"operator|csv|catalogsource|helmrelease|outofsync", Category.CONFIG, seen=True),
    _claim(r"machine", Category.NODE, seen=True),
    _claim(r"connection|pool", Category.RESOURCE),
    _claim(r"imagepull|errimage", Category.IMAGE, seen=True),
    _claim(r"notscheduled|pending|unschedul", Category.SCHEDULING, seen=True),
    _claim(r"node.*(notready|unreach|down)|kubelet", Category.NODE, seen=True),
    _claim(r"job|cron", Category.JOB, seen=True),
    _claim(r"build|pipeline", Category.CONFIG),
    _claim(r"route|ingress|gateway|backend", Category.CONFIG),
    _claim(r"crash|restart|replicas|rollout|notready|unavailable|container", Category.RELEASE, seen=True),
    _claim(r"latency|slow|duration|error|5xx|availability|burn|slo\b", Category.DEPENDENCY),
)
FORETOLD = re.compile(r"soon|predict|forecast|runway|will", re.IGNORECASE)
"""Nothing is wrong yet, so nothing can show it: the forecast itself is the evidence."""
FORETOLD_WEIGHT = 0.55
QUIET = {"info", "none", "informational"}
TINY_CPU = 0.1
LITTLE_USED = 0.7

RENEWED = 7 * 86400.0
"""A certificate that holds for so long still does not end soon."""


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for alert in sight.ask.alerts:
        claim = next((one for one in CLAIMS if one.pattern.search(alert.name)), None)
        if claim is None or not alert.firing or alert.severity.lower() in QUIET:
            continue
        for about in asked_about(sight)[:1]:
            yield from _tight_cpu(sight, alert, about)
            if FORETOLD.search(alert.name) and _renewed(sight, about):
                continue
            if FORETOLD.search(alert.name) and not _calm_for_long(sight, about):
                yield _claimed(alert, about, claim, foretold=True)
            elif not _refuted(sight, alert, about, claim):
                yield _claimed(alert, about, claim)
        yield from _writers(sight, alert, claim)


def _renewed(sight: Sight, about: Subject) -> bool:
    """What was to end soon has been made anew, and says until when it holds."""
    thing = sight.cluster.find(about.kind, about.namespace, about.name)
    ends = moment(thing.get("status", "notAfter")) if thing and thing.kind == "Certificate" else None
    return bool(thing and ends and ends - sight.now > RENEWED and condition(thing, "Ready").get("status") == "True")


def _calm_for_long(sight: Sight, about: Subject) -> bool:
    """The volume's own figures were gathered, and it neither is nearly full nor grows at all."""
    labels = {"persistentvolumeclaim": about.name}
    used = [
        one
        for one in sight.metric_names.get("kubelet_volume_stats_used_bytes", ())
        if labels.items() <= one.labels.items()
    ]
    return (
        about.kind == "PersistentVolumeClaim"
        and _room_left(sight, about)
        and all(one.values[-1] <= one.values[0] for one in used)
    )


def _claimed(alert: Alert, about: Subject, claim: Claim, *, foretold: bool = False) -> Finding:
    values = {"name": about.name, "alert": alert.name, "said": alert.summary[:300]}
    proof = Proof(f'ALERTS{{alertname="{alert.name}"}}', alert.name, alert.starts_at.timestamp(), alert.url)
    return Finding(
        about,
        "foretold" if foretold else "only_claimed",
        claim.category,
        FORETOLD_WEIGHT if foretold else 0.31,
        values,
        (proof,),
        at=alert.starts_at.timestamp(),
        action=claim.action,
    )


MEASURES = (
    (re.compile(r"queue|iops", re.IGNORECASE), "iops"),
    (re.compile(r"latenc|slow", re.IGNORECASE), "latency"),
    (re.compile(r"stor(ag)?e?|disk|space", re.IGNORECASE), "free_storage"),
    (re.compile(r"connection|session|pool", re.IGNORECASE), "connections"),
    (re.compile(r"cpu", re.IGNORECASE), "cpuutilization"),
    (re.compile(r"mem", re.IGNORECASE), "memory"),
    (re.compile(r"lag|replica", re.IGNORECASE), "replica_lag"),
)


def _measured(sight: Sight, alert: Alert, about: Subject) -> bool:
    """What the alert of a database speaks of was gathered: then the figures decide, and not the alert."""
    word = next((measure for pattern, measure in MEASURES if pattern.search(alert.name)), "")
    return bool(word) and any(word in one.name and about.name in one.labels.values() for one in sight.tracks)


def _refuted(sight: Sight, alert: Alert, about: Subject, claim: Claim) -> bool:
    """The subject was gathered and is well: for what objects can show, that settles it; else its pods' health does."""
    owner = sight.cluster.owner(about)
    pods = sight.cluster.pods_of(owner)
    pods += [pod for pod in sight.cluster.all("Pod") if pod.subject == about and pod not in pods]
    if about.kind == "DBInstance":
        return _measured(sight, alert, about)
    if claim.category is Category.STORAGE and about.kind == "PersistentVolumeClaim" and _room_left(sight, about):
        return True
    workload = sight.cluster.find(owner.kind, owner.namespace, owner.name)
    wanted = workload.number("spec", "replicas") if workload else None
    if wanted and workload and claim.seen_in_objects:
        return (workload.number("status", "readyReplicas") or 0) >= wanted and any(map(_up, pods))
    thing = sight.cluster.find(about.kind, about.namespace, about.name)
    if thing is not None and thing.kind == "Job" and condition(thing, "Complete").get("status") == "True":
        return True
    pods = [pod for pod in pods if pod.text("status", "phase") not in ("Succeeded", "Failed")] or pods
    if pods:
        return all(map(_up, pods))
    return claim.seen_in_objects and thing is not None


def _up(pod: Thing) -> bool:
    return condition(pod, "Ready").get("status") == "True"


def _room_left(sight: Sight, claim: Subject) -> bool:
    """The volume's own figures were gathered, and show room."""
    wanted = {"persistentvolumeclaim": claim.name}
    used = last_with(sight, ("kubelet_volume_stats_used_bytes",), wanted)
    size = last_with(sight, ("kubelet_volume_stats_capacity_bytes",), wanted)
    return bool(used is not None and size and used / size < LITTLE_USED)


def _tight_cpu(sight: Sight, alert: Alert, about: Subject) -> Iterator[Finding]:
    """The alert says throttled, and the limit is so small that it must be."""
    if not re.search(r"throttl", alert.name, re.IGNORECASE):
        return
    owner = sight.cluster.owner(about)
    for thing, spec in sight.cluster.templates():
        if thing.subject not in (about, owner):
            continue
        for one in containers(spec):
            told = ((one.get("resources") or {}).get("limits") or {}).get("cpu")
            limit = amount(told)
            if limit is not None and (limit <= TINY_CPU or not _periods_seen(sight, about)):
                values = {"pod": about.name, "container": str(one.get("name")), "limit": str(told)}
                weight = 0.7 if limit <= TINY_CPU else 0.5
                proofs = (Proof(thing.query, f"limits.cpu={told}"), Proof(f'ALERTS{{alertname="{alert.name}"}}', ""))
                yield Finding(
                    about, "cpu_limit_tight", Category.RESOURCE, weight, values, proofs, action="set_resources"
                )


def _periods_seen(sight: Sight, about: Subject) -> bool:
    """How much it was throttled was measured: then the figures decide, and not the limit."""
    owner = sight.cluster.owner(about)
    tracks = sight.metric_names.get("container_cpu_cfs_throttled_periods_total", ())
    pods = {Subject("Pod", one.labels.get("namespace", ""), one.labels.get("pod", "")) for one in tracks}
    return any(sight.cluster.owner(pod) == owner for pod in pods)


LOOP = re.compile(r"while (true|:)|for \(\(;;|while sleep", re.IGNORECASE)
WRITES = re.compile(r"\bdd\b.*\bof=|>>|\bfallocate\b|\bpgbench\b|\binsert into\b|\btee -a\b", re.IGNORECASE)


def _writers(sight: Sight, alert: Alert, claim: Claim) -> Iterator[Finding]:
    """A disk runs full: which workload there writes to the node's own disk without a bound?"""
    space = alert.labels.get("namespace", "")
    if claim.category is not Category.STORAGE or not space or "persistentvolumeclaim" in alert.labels:
        return
    for thing, spec in sight.cluster.templates():
        if thing.namespace != space or sight.cluster.owner(thing.subject) != thing.subject:
            continue
        local = [one for one in spec.get("volumes") or () if "hostPath" in one or _unbounded(one.get("emptyDir"))]
        scripts = " ".join(
            str(word) for one in containers(spec) for word in [*(one.get("command") or []), *(one.get("args") or [])]
        )
        loops = bool(LOOP.search(scripts) and WRITES.search(scripts))
        if local or loops:
            values = {
                "name": thing.name,
                "kind": thing.kind,
                "volumes": ", ".join(str(one.get("name")) for one in local),
            }
            weight = 0.6 if loops else 0.45
            proof = Proof(thing.query, scripts[:200] if loops else values["volumes"])
            yield Finding(thing.subject, "writes_local_disk", Category.STORAGE, weight, values, (proof,))


def _unbounded(volume: object) -> bool:
    return isinstance(volume, dict) and not volume.get("sizeLimit") and volume.get("medium") != "Memory"
