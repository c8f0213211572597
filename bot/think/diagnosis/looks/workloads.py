"""Workloads with too few replicas, rollouts that are stuck, sets that cannot create their pods."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.changes import under_way
from bot.think.diagnosis.cluster import Happening, condition
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

CREATE = {"FailedCreate", "ReplicaSetCreateError", "FailedCreatePod"}
QUOTA = re.compile(r"exceeded quota|must specify limits|maximum \w+ usage per", re.IGNORECASE)
DENIED = re.compile(r"forbidden|admission webhook|violates PodSecurity|unable to validate against", re.IGNORECASE)

MADE_BY_NOW = 900.0
NAMED = re.compile(r"no PriorityClass|RuntimeClass.{0,60}not found", re.IGNORECASE)
"""The pod names something that is not there: nobody is refused a right."""


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for workload in sight.cluster.all("Deployment"):
        yield from _deployment(sight, workload)
    for workload in sight.cluster.all("StatefulSet"):
        yield from _short(workload, workload.number("status", "readyReplicas") or 0)
        yield from _unreported(sight, workload)
    for workload in sight.cluster.all("DaemonSet"):
        yield from _daemons(workload)
    for workload in sight.cluster.all("ReplicaSet"):
        yield from _set(workload)
    yield from _cannot_create(sight)


def _deployment(sight: Sight, workload: Thing) -> Iterator[Finding]:
    progress, failing = condition(workload, "Progressing"), condition(workload, "ReplicaFailure")
    if progress.get("status") == "False" or progress.get("reason") == "ProgressDeadlineExceeded":
        why = progress.get("message") or progress.get("reason") or ""
        message = f"{why} {revision_of(workload)}".strip()
        yield _say(workload, "rollout_stuck", 0.6, message)
    if failing.get("status") == "True":
        message = str(failing.get("message") or "")
        category = Category.QUOTA if QUOTA.search(message) else Category.PERMISSION
        yield _say(workload, "cannot_create", 0.85, message, category)
    if workload.get("spec", "paused") is True:
        yield _say(workload, "paused", 0.3, "spec.paused=true", Category.CONFIG)
    available = workload.number("status", "availableReplicas")
    ready = workload.number("status", "readyReplicas")
    if not under_way(sight, workload):
        yield from _short(workload, available if available is not None else ready or 0)


def _short(workload: Thing, up: int) -> Iterator[Finding]:
    wanted = workload.number("spec", "replicas")
    wanted = 1 if wanted is None else wanted
    if not workload.get("status"):
        if wanted and workload.kind == "Deployment":
            yield _say(workload, "unreported", 0.12, f"0/{wanted}")
        return
    stuck = workload.number("status", "unavailableReplicas") or 0
    if up < wanted:
        values = f"{up}/{wanted} {revision_of(workload)}".strip()
        yield _say(workload, "unavailable", 0.55 if up else 0.6, values)
    elif stuck:
        yield _say(workload, "rollout_waits", 0.4, f"{stuck}")
    elif (workload.number("status", "replicas") or 0) > wanted:
        yield _say(workload, "too_many", 0.1, f"{workload.number('status', 'replicas')}/{wanted}")


def _unreported(sight: Sight, workload: Thing) -> Iterator[Finding]:
    """Its own status was not gathered, and its pods say that they do not run."""
    down = [
        pod for pod in sight.cluster.pods_of(workload.subject) if pod.text("status", "phase") in ("Pending", "Failed")
    ]
    if down and not workload.get("status"):
        yield _say(
            workload, "unavailable", 0.5, ", ".join(f"{pod.name} {pod.text('status', 'phase')}" for pod in down[:3])
        )


def revision_of(workload: Thing) -> str:
    """What the newest revision runs: image and command of each container."""
    said = []
    for one in workload.each("spec", "template", "spec", "containers"):
        words = [str(word) for word in [*(one.get("command") or []), *(one.get("args") or [])]]
        said.append(" ".join([f"{one.get('name')}: {one.get('image', '?')}", *words])[:200])
    return "; ".join(said)


def _daemons(workload: Thing) -> Iterator[Finding]:
    wanted = workload.number("status", "desiredNumberScheduled") or 0
    ready = workload.number("status", "numberReady") or 0
    if ready < wanted:
        yield _say(workload, "unavailable", 0.5, f"{ready}/{wanted}")
    misplaced = workload.number("status", "numberMisscheduled") or 0
    if misplaced:
        yield _say(workload, "misplaced", 0.3, str(misplaced), Category.SCHEDULING)


def _set(workload: Thing) -> Iterator[Finding]:
    for one in workload.each("status", "conditions"):
        failed = one.get("type") == "ReplicaFailure" and one.get("reason") == "FailedCreate"
        if failed and one.get("status", "True") == "True":
            message = str(one.get("message") or one.get("reason") or "")
            category = Category.QUOTA if QUOTA.search(message) else Category.RELEASE
            yield _say(workload, "cannot_create", 0.7, message, category)


def _cannot_create(sight: Sight) -> Iterator[Finding]:
    """Controllers say why in events: quota, admission, service account."""
    for event in sight.cluster.happenings:
        if event.reason not in CREATE or "job" in event.about.kind.lower():
            continue
        if event.last is not None and sight.now - event.last > 3600:
            continue
        key, category = "cannot_create", Category.CONFIG
        if QUOTA.search(event.message):
            key, category = "quota_stops_pods", Category.QUOTA
        elif NAMED.search(event.message):
            category = Category.CONFIG
        elif DENIED.search(event.message):
            category = Category.PERMISSION
        values = {"name": event.about.name, "message": event.message[:400], "kind": event.about.kind}
        proof = Proof(event.query, event.message[:400], event.last)
        over = made_since(sight, event)
        yield Finding(event.about, key, category, 0.95, values, (proof,), at=event.first, settled=over)


def made_since(sight: Sight, event: Happening) -> bool:
    """A controller that could not make its pods some time ago, and has made them all since."""
    if event.last is None or sight.now - event.last < MADE_BY_NOW:
        return False
    about = event.about
    workload = sight.cluster.find(about.kind, about.namespace, about.name)
    wanted = workload.number("spec", "replicas") if workload else None
    return bool(workload and wanted and (workload.number("status", "replicas") or 0) >= wanted)


def _say(workload: Thing, key: str, weight: float, message: str, category: Category = Category.RELEASE) -> Finding:
    values = {"name": workload.name, "kind": workload.kind, "message": message[:400]}
    symptom = key in ("unavailable", "rollout_stuck", "rollout_waits")
    return Finding(
        workload.subject, key, category, weight, values, (Proof(workload.query, message[:400]),), symptom=symptom
    )
