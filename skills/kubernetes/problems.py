"""What is plainly wrong with one thing, by its own status: the first look, before any diagnosis."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from skills.kubernetes.cluster import Thing
from skills.kubernetes.quantities import moment
from skills.kubernetes.rows import is_ready, pod_state, restarts

SLOW_START = 300
"""Seconds after which a pod that is not ready is a problem."""
RECENT = 3600


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong."""

    kind: str
    namespace: str
    name: str
    reason: str
    detail: str

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {where}: {self.reason}" + (f" ({self.detail})" if self.detail else "")


def problems_of(thing: Thing, now: datetime) -> Iterator[Problem]:
    """None for a healthy thing."""
    meta = thing["metadata"]
    look = _LOOKS.get(thing.get("kind", ""))
    for reason, detail in look(thing, now) if look else ():
        text = " ".join(detail.split())[:300]
        yield Problem(thing["kind"], meta.get("namespace", ""), meta["name"], reason, text)


def _pod(pod: Thing, now: datetime) -> Iterator[tuple[str, str]]:
    status, state = pod.get("status", {}), pod_state(pod)
    if status.get("phase") == "Succeeded":
        return
    if status.get("reason") == "Evicted" or status.get("phase") == "Failed":
        yield status.get("reason") or "Failed", status.get("message", "")
        return
    unscheduled = _condition(status, "PodScheduled", "False")
    if unscheduled:
        yield unscheduled.get("reason", "Unschedulable"), unscheduled.get("message", "")
        return
    for each in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        yield from _container(each, now)
    told = {"Running", "Pending", "Succeeded", "Terminating"}
    began = moment(status.get("startTime") or pod["metadata"].get("creationTimestamp"))
    old = began is not None and (now - began).total_seconds() > SLOW_START
    if state == "Terminating" and old and _seconds_since(pod["metadata"].get("deletionTimestamp"), now) > SLOW_START:
        yield "StuckTerminating", f"since {pod['metadata']['deletionTimestamp']}"
    elif state in told - {"Succeeded", "Terminating"} and not is_ready(pod) and old:
        waiting = _condition(status, "Ready", "False") or {}
        yield "NotReady", waiting.get("message", "") or f"phase {status.get('phase')}, {restarts(pod)} restarts"


def _container(status: Thing, now: datetime) -> Iterator[tuple[str, str]]:
    waiting = (status.get("state") or {}).get("waiting") or {}
    last = (status.get("lastState") or {}).get("terminated") or {}
    ended = (status.get("state") or {}).get("terminated") or {}
    name, count = status.get("name", ""), int(status.get("restartCount", 0))
    why = f"container {name}, {count} restarts"
    if last:
        why += f", last ended {last.get('reason', '')} with exit code {last.get('exitCode')}"
    if (reason := waiting.get("reason")) and reason not in {"ContainerCreating", "PodInitializing"}:
        yield str(reason), f"{why}; {waiting.get('message', '')}".rstrip("; ")
    elif ended and ended.get("exitCode", 0) != 0:
        yield str(ended.get("reason") or "Error"), f"container {name}, exit code {ended['exitCode']}"
    if last.get("reason") == "OOMKilled" and _seconds_since(last.get("finishedAt"), now) < RECENT:
        yield "OOMKilled", why
    elif last and not waiting and count >= 3 and _seconds_since(last.get("finishedAt"), now) < RECENT:
        yield "Restarting", why


def _workload(thing: Thing, _: datetime) -> Iterator[tuple[str, str]]:
    status, wanted = thing.get("status", {}), int(thing.get("spec", {}).get("replicas", 1))
    stuck = _condition(status, "Progressing", "False")
    if stuck:
        yield stuck.get("reason", "RolloutStuck"), stuck.get("message", "")
    failed = _condition(status, "ReplicaFailure", "True")
    if failed:
        yield failed.get("reason", "ReplicaFailure"), failed.get("message", "")
    ready = int(status.get("readyReplicas", 0))
    if ready < wanted:
        yield "TooFewReady", f"{ready} of {wanted} replicas are ready"


def _daemons(thing: Thing, _: datetime) -> Iterator[tuple[str, str]]:
    status = thing.get("status", {})
    ready, wanted = int(status.get("numberReady", 0)), int(status.get("desiredNumberScheduled", 0))
    if ready < wanted:
        yield "TooFewReady", f"ready on {ready} of {wanted} nodes"


def _job(thing: Thing, _: datetime) -> Iterator[tuple[str, str]]:
    failed = _condition(thing.get("status", {}), "Failed", "True")
    if failed:
        yield failed.get("reason", "Failed"), failed.get("message", "")


def _node(thing: Thing, _: datetime) -> Iterator[tuple[str, str]]:
    status = thing.get("status", {})
    for each in status.get("conditions") or ():
        if each["type"] == "Ready" and each.get("status") != "True":
            yield "NodeNotReady", each.get("message", "")
        elif each["type"] != "Ready" and each.get("status") == "True":
            yield each["type"], each.get("message", "")


def _pvc(thing: Thing, now: datetime) -> Iterator[tuple[str, str]]:
    phase = thing.get("status", {}).get("phase", "")
    if phase in {"Pending", "Lost"} and _seconds_since(thing["metadata"].get("creationTimestamp"), now) > 60:
        yield f"Claim{phase}", f"storage class {thing.get('spec', {}).get('storageClassName', '-')}"


def _hpa(thing: Thing, _: datetime) -> Iterator[tuple[str, str]]:
    status = thing.get("status", {})
    for kind in ("AbleToScale", "ScalingActive"):
        broken = _condition(status, kind, "False")
        if broken and broken.get("reason") != "ScalingDisabled":
            yield broken.get("reason", kind), broken.get("message", "")
    limited = _condition(status, "ScalingLimited", "True")
    if limited and limited.get("reason") == "TooManyReplicas":
        yield "AtMaximum", limited.get("message", "")


def _condition(status: Thing, kind: str, held: str) -> Thing | None:
    for each in status.get("conditions") or ():
        if each.get("type") == kind and each.get("status") == held:
            found: Thing = each
            return found
    return None


def _seconds_since(text: str | None, now: datetime) -> float:
    then = moment(text)
    return (now - then).total_seconds() if then else float("inf")


_LOOKS: Mapping[str, Callable[[Thing, datetime], Iterator[tuple[str, str]]]] = {
    "Pod": _pod,
    "Deployment": _workload,
    "StatefulSet": _workload,
    "DaemonSet": _daemons,
    "Job": _job,
    "Node": _node,
    "PersistentVolumeClaim": _pvc,
    "HorizontalPodAutoscaler": _hpa,
}
