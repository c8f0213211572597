"""Pods that find no node: not enough of something, taints, selectors, volumes, ports, gates."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.clock import amount, moment
from bot.think.diagnosis.cluster import condition, containers, statuses
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

WHY = (
    ("no_volume", re.compile(r"unbound immediate|persistentvolumeclaim|volume node affinity|volume|PersistentVolume")),
    ("no_room", re.compile(r"Insufficient ([\w./-]+)|Too many pods")),
    ("tainted", re.compile(r"taint")),
    ("no_match", re.compile(r"affinity|selector|topology spread")),
    ("cordoned", re.compile(r"unschedulable")),
    ("port_taken", re.compile(r"free ports")),
)


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    told: set[Subject] = set()
    for pod in sight.cluster.all("Pod"):
        message, at = _unplaced(sight, pod)
        if message:
            told.add(pod.subject)
            yield _finding(sight, pod.subject, message, Proof(pod.query, message[:400]), at)
    for event in sight.cluster.happenings:
        if event.reason == "FailedScheduling" and event.about not in told and _still(sight, event.about, event.last):
            told.add(event.about)
            yield _finding(sight, event.about, event.message, Proof(event.query, event.message[:400]), event.first)
    yield from _gated(sight)
    yield from _too_much(sight, told)


def _unplaced(sight: Sight, pod: Thing) -> tuple[str, float | None]:
    """The scheduler's own words, from the condition or else from the newest event."""
    placed = condition(pod, "PodScheduled")
    if pod.text("status", "phase") not in ("Pending", "") or pod.get("spec", "nodeName"):
        return "", None
    said = [event for event in sight.cluster.about(pod.subject) if event.reason == "FailedScheduling"]
    if placed.get("reason") == "Unschedulable" and placed.get("status") != "True":
        return str(placed.get("message") or (said[-1].message if said else "Unschedulable")), moment(
            placed.get("lastTransitionTime")
        )
    return (said[-1].message, said[-1].first) if said else ("", None)


def _still(sight: Sight, pod: Subject, last: float | None) -> bool:
    known = sight.cluster.find("Pod", pod.namespace, pod.name)
    if known is not None and (known.get("spec", "nodeName") or known.text("status", "phase") == "Running"):
        return False
    later = (one.last or 0.0 for one in sight.cluster.about(pod) if one.reason in ("Scheduled", "Started"))
    return max(later, default=0.0) <= (last or 0.0)


def _finding(sight: Sight, pod: Subject, message: str, proof: Proof, at: float | None) -> Finding:
    key = _why(message)
    short = sorted(set(re.findall(r"Insufficient ([\w./-]+\w)", message)))
    values = {
        "pod": pod.name,
        "message": message[:400],
        "short": ", ".join(short) or "?",
        "taints": _taints(sight),
    }
    blames = tuple(_claims(sight, pod)) if key == "no_volume" else ()
    category = Category.STORAGE if key == "no_volume" else Category.SCHEDULING
    return Finding(pod, key, category, 0.9, values, (proof,), at=at, symptom=bool(blames), points_to=blames)


def _why(message: str) -> str:
    """The reason that most nodes gave."""
    head = message.split("preemption:", maxsplit=1)[0]
    parts = re.findall(r"(\d+) ([^,.]+(?:\.[^,. ][^,.]*)*)", head.partition(":")[2] or head)
    counted = sorted(((int(count), text) for count, text in parts), reverse=True)
    for key, pattern in WHY:
        if key == "no_volume" and pattern.search(head):
            return key
    if "taint" in head and "Insufficient" not in head:
        return "tainted"
    for _, text in counted:
        for key, pattern in WHY:
            if pattern.search(text):
                return key
    return next((key for key, pattern in WHY if pattern.search(head)), "unschedulable")


def _taints(sight: Sight) -> str:
    found = [
        f"{node.name}: {taint.get('key')}={taint.get('value', '')}:{taint.get('effect')}"
        for node in sight.cluster.all("Node")
        for taint in node.each("spec", "taints")
    ]
    found += [
        f"{track.labels.get('node')}: {track.labels.get('key')}={track.labels.get('value', '')}:"
        f"{track.labels.get('effect')}"
        for track in sight.metric_names.get("kube_node_spec_taint", ())
        if track.last == 1
    ]
    return "; ".join(sorted(set(found))[:8]) or "?"


def _claims(sight: Sight, pod: Subject) -> Iterator[Subject]:
    known = sight.cluster.find("Pod", pod.namespace, pod.name)
    for volume in known.each("spec", "volumes") if known else ():
        name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        claim = sight.cluster.find("PersistentVolumeClaim", pod.namespace, str(name)) if name else None
        if claim is not None and claim.text("status", "phase") != "Bound":
            yield claim.subject


def _gated(sight: Sight) -> Iterator[Finding]:
    for pod in sight.cluster.all("Pod"):
        gates = [str(gate.get("name")) for gate in pod.each("spec", "schedulingGates")]
        placed = condition(pod, "PodScheduled")
        gated = gates or (placed.get("reason") == "SchedulingGated" and placed.get("status") != "True")
        if gated and not pod.get("spec", "nodeName"):
            values = {"pod": pod.name, "message": ", ".join(gates) or str(placed.get("message") or "SchedulingGated")}
            yield Finding(
                pod.subject, "gated", Category.SCHEDULING, 0.8, values, (Proof(pod.query, values["message"]),)
            )


def _too_much(sight: Sight, told: set[Subject]) -> Iterator[Finding]:
    """The scheduler's words are lost: a pending pod whose template asks for what no node is known to have."""
    for pod in sight.cluster.all("Pod"):
        silent = pod.text("status", "phase") == "Pending" and not pod.get("spec", "nodeName")
        if not silent or pod.subject in told or any(statuses(pod)):
            continue
        owner = sight.cluster.owner(pod.subject)
        for thing, spec in sight.cluster.templates():
            short = _beyond(sight, spec) if thing.subject in (owner, pod.subject) else []
            if short:
                values = {"pod": pod.name, "short": ", ".join(short), "message": "", "taints": "?"}
                proof = Proof(thing.query, f"requests {values['short']}")
                yield Finding(pod.subject, "asks_too_much", Category.SCHEDULING, 0.65, values, (proof,))
                break


def _beyond(sight: Sight, spec: Mapping[str, Any]) -> list[str]:
    """Requests beyond every gathered node; of special hardware also when no node was gathered."""
    nodes = [node.get("status", "allocatable") or {} for node in sight.cluster.all("Node")]
    nodes = [node for node in nodes if node]
    short = []
    for one in containers(spec):
        resources = one.get("resources") or {}
        wanted = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
        for name, told in wanted.items():
            need = amount(told) or 0.0
            most = max(((amount(node.get(name)) or 0.0) for node in nodes), default=None)
            if (most is None and "/" in name) or (most is not None and need > most):
                short.append(f"{name}={told}")
    return short
