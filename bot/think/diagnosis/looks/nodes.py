"""Nodes that are not ready, under pressure, cordoned for long, or rebooting."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.clock import moment
from bot.think.diagnosis.cluster import condition
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

PRESSURE = {"MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"}
KNOWN = {"Ready", *PRESSURE}
TROUBLE = {
    "KernelDeadlock",
    "ReadonlyFilesystem",
    "FrequentKubeletRestart",
    "FrequentContainerdRestart",
    "FrequentDockerRestart",
    "CorruptDockerOverlay2",
    "KubeletUnhealthy",
    "ContainerRuntimeUnhealthy",
}
BAD = re.compile(
    r"(?i)pressure|unavailable|deadlock|readonly|problem|un(healthy|known|reachable)|restart|corrupt|fail|error|"
    r"outof|full|down|not|degraded|stuck|hung|exceed|offline|bad"
)
"""Conditions that we do not know: what such a one is called tells whether it is bad."""
EVENTS = {"NodeNotReady", "EvictionThresholdMet", "SystemOOM", "FreeDiskSpaceFailed", "ImageGCFailed", "Rebooted"}
SICK = {"node_not_ready", "node_pressure", "node_trouble"}
PRESSURE_EVENTS = {"NodeHasDiskPressure", "NodeHasInsufficientMemory", "NodeHasInsufficientPID"}


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for node in sight.cluster.all("Node"):
        yield from _conditions(node)
        if node.get("spec", "unschedulable") is True:
            proof = Proof(node.query, "unschedulable")
            yield _say(node.subject, "node_cordoned", 0.2, "spec.unschedulable=true", proof)
    for event in sight.cluster.happenings:
        if event.about.kind != "Node" or event.reason not in EVENTS | PRESSURE_EVENTS:
            continue
        proof = Proof(event.query, event.message[:300], event.last)
        settled = _made_good(sight, event.about, event.reason, event.last)
        key = "node_not_ready" if event.reason == "NodeNotReady" else "node_event"
        weight = 0.7 if event.reason != "Rebooted" else 0.4
        message = f"{event.reason}: {event.message}"
        yield _say(event.about, key, weight, message, proof, at=event.last, settled=settled)


def _conditions(node: Thing) -> Iterator[Finding]:
    for one in node.each("status", "conditions"):
        kind, status = str(one.get("type")), str(one.get("status"))
        message = f"{kind}={status} {one.get('reason') or ''}: {one.get('message') or ''}"
        proof = Proof(node.query, message[:300])
        at = moment(one.get("lastTransitionTime"))
        if kind == "Ready" and status != "True":
            yield _say(node.subject, "node_not_ready", 0.9, message, proof, at=at)
        elif kind in PRESSURE and status not in ("False", ""):
            yield _say(node.subject, "node_pressure", 0.85, message, proof, at=at)
        elif kind in TROUBLE and status == "True":
            yield _say(node.subject, "node_trouble", 0.6, message, proof, at=at)
        elif kind not in KNOWN and (status == "Unknown" or (status == "True" and BAD.search(kind))):
            yield _say(node.subject, "node_trouble", 0.25, message, proof, at=at)


def _made_good(sight: Sight, node: Subject, reason: str, last: float | None) -> bool:
    """A later event or the node's own conditions say that it is well again."""
    known = sight.cluster.find("Node", "", node.name)
    if known is not None and condition(known, "Ready").get("status") == "True":
        pressed = [one for one in known.each("status", "conditions") if one.get("type") in PRESSURE]
        if reason == "NodeNotReady" or (pressed and all(one.get("status") == "False" for one in pressed)):
            return True
    good = {
        "NodeNotReady": {"NodeReady"},
        "NodeHasDiskPressure": {"NodeHasNoDiskPressure"},
        "EvictionThresholdMet": {"NodeHasNoDiskPressure"},
        "NodeHasInsufficientMemory": {"NodeHasSufficientMemory"},
        "NodeHasInsufficientPID": {"NodeHasSufficientPID"},
    }.get(reason, set())
    later = [one.last or 0.0 for one in sight.cluster.about(node) if one.reason in good]
    return max(later, default=-1.0) > (last or 0.0) or (last is not None and sight.now - last > 7200)


def _say(
    about: Subject,
    key: str,
    weight: float,
    message: str,
    proof: Proof,
    *,
    at: float | None = None,
    settled: bool = False,
) -> Finding:
    values = {"name": about.name, "message": message[:300]}
    fix = "clean_disk" if "DiskPressure" in message else "drain_node" if key in SICK else ""
    return Finding(about, key, Category.NODE, weight, values, (proof,), at=at, settled=settled, action=fix)
