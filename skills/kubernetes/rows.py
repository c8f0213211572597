"""One row for one thing: what a person would look at first, kind by kind."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from skills.evidence import Table
from skills.kubernetes.cluster import Thing
from skills.kubernetes.kinds import Kind
from skills.kubernetes.quantities import age

Row = Mapping[str, str]


def table(kind: Kind, things: tuple[Thing, ...], now: datetime) -> Table:
    """Namespace, name, what matters for this kind, and age."""
    rows = [row(thing, now) for thing in things]
    columns = tuple(rows[0]) if rows else ("namespace", "name", "age")
    if not kind.namespaced:
        columns = tuple(column for column in columns if column != "namespace")
    return Table(columns, tuple(tuple(each.get(column, "") for column in columns) for each in rows))


def row(thing: Thing, now: datetime) -> Row:
    """What is shown of one thing."""
    meta = thing["metadata"]
    tell = _TOLD.get(thing.get("kind", ""))
    told = tell(thing) if tell else {}
    return {
        "namespace": meta.get("namespace", ""),
        "name": meta["name"],
        **{column: str(value) for column, value in told.items()},
        "age": age(meta.get("creationTimestamp"), now),
    }


def pod_state(pod: Thing) -> str:
    """The one word that kubectl would show: Running, CrashLoopBackOff, OOMKilled, Evicted…"""
    status = pod.get("status", {})
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for each in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (each.get("state") or {}).get("waiting") or {}
        ended = (each.get("state") or {}).get("terminated") or {}
        if (reason := waiting.get("reason")) and reason not in {"ContainerCreating", "PodInitializing"}:
            return str(reason)
        if ended and ended.get("exitCode", 0) != 0:
            return str(ended.get("reason") or f"ExitCode:{ended['exitCode']}")
    return str(status.get("reason") or status.get("phase") or "Unknown")


def restarts(pod: Thing) -> int:
    """Of all its containers together."""
    return sum(int(each.get("restartCount", 0)) for each in pod.get("status", {}).get("containerStatuses") or ())


def is_ready(thing: Thing) -> bool:
    """Whether its Ready condition holds."""
    return any(
        each.get("type") == "Ready" and each.get("status") == "True"
        for each in thing.get("status", {}).get("conditions") or ()
    )


def images(thing: Thing) -> str:
    """Of a workload or a pod."""
    spec = thing.get("spec", {})
    spec = spec.get("template", {}).get("spec", spec)
    return ", ".join(each.get("image", "") for each in spec.get("containers") or ())


def _pod(pod: Thing) -> dict[str, Any]:
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    ready = sum(bool(each.get("ready")) for each in statuses)
    return {
        "ready": f"{ready}/{len(pod.get('spec', {}).get('containers') or ())}",
        "state": pod_state(pod),
        "restarts": restarts(pod),
        "node": pod.get("spec", {}).get("nodeName", ""),
    }


def _replicated(thing: Thing) -> dict[str, Any]:
    status, wanted = thing.get("status", {}), thing.get("spec", {}).get("replicas", 1)
    return {
        "ready": f"{status.get('readyReplicas', 0)}/{wanted}",
        "updated": status.get("updatedReplicas", 0),
        "image": images(thing),
    }


def _daemons(thing: Thing) -> dict[str, Any]:
    status = thing.get("status", {})
    ready = f"{status.get('numberReady', 0)}/{status.get('desiredNumberScheduled', 0)}"
    return {"ready": ready, "image": images(thing)}


def _job(thing: Thing) -> dict[str, Any]:
    status = thing.get("status", {})
    ended = next((c["type"] for c in status.get("conditions") or () if c.get("status") == "True"), "Running")
    return {"state": ended, "succeeded": status.get("succeeded", 0), "failed": status.get("failed", 0)}


def _cron_job(thing: Thing) -> dict[str, Any]:
    spec = thing.get("spec", {})
    return {
        "schedule": spec.get("schedule", ""),
        "suspended": bool(spec.get("suspend")),
        "last": thing.get("status", {}).get("lastScheduleTime", "-"),
    }


def _node(thing: Thing) -> dict[str, Any]:
    pressed = [
        each["type"]
        for each in thing.get("status", {}).get("conditions") or ()
        if each["type"] != "Ready" and each.get("status") == "True"
    ]
    room = thing.get("status", {}).get("allocatable", {})
    return {
        "state": ("Ready" if is_ready(thing) else "NotReady")
        + (",SchedulingDisabled" if thing.get("spec", {}).get("unschedulable") else ""),
        "pressure": ", ".join(pressed),
        "cpu": room.get("cpu", ""),
        "memory": room.get("memory", ""),
        "version": thing.get("status", {}).get("nodeInfo", {}).get("kubeletVersion", ""),
    }


def _hpa(thing: Thing) -> dict[str, Any]:
    spec, status = thing.get("spec", {}), thing.get("status", {})
    target = spec.get("scaleTargetRef", {})
    return {
        "target": f"{target.get('kind', '')}/{target.get('name', '')}",
        "min": spec.get("minReplicas", 1),
        "max": spec.get("maxReplicas", ""),
        "now": status.get("currentReplicas", ""),
    }


def _pvc(thing: Thing) -> dict[str, Any]:
    spec, status = thing.get("spec", {}), thing.get("status", {})
    return {
        "state": status.get("phase", ""),
        "size": (status.get("capacity") or spec.get("resources", {}).get("requests") or {}).get("storage", ""),
        "class": spec.get("storageClassName", ""),
    }


def _service(thing: Thing) -> dict[str, Any]:
    spec = thing.get("spec", {})
    ports = ", ".join(f"{port.get('port')}/{port.get('protocol', 'TCP')}" for port in spec.get("ports") or ())
    selector = ",".join(f"{key}={value}" for key, value in (spec.get("selector") or {}).items())
    return {"type": spec.get("type", ""), "ports": ports, "selector": selector}


def _event(thing: Thing) -> dict[str, Any]:
    about = thing.get("involvedObject") or thing.get("regarding") or {}
    return {
        "type": thing.get("type", ""),
        "reason": thing.get("reason", ""),
        "about": f"{about.get('kind', '')}/{about.get('name', '')}",
        "message": " ".join(str(thing.get("message") or thing.get("note") or "").split())[:200],
    }


def _budget(thing: Thing) -> dict[str, Any]:
    status = thing.get("status", {})
    return {
        "allowed": status.get("disruptionsAllowed", 0),
        "healthy": f"{status.get('currentHealthy', 0)}/{status.get('desiredHealthy', 0)}",
    }


_TOLD: Mapping[str, Callable[[Thing], dict[str, Any]]] = {
    "Pod": _pod,
    "Deployment": _replicated,
    "StatefulSet": _replicated,
    "ReplicaSet": _replicated,
    "DaemonSet": _daemons,
    "Job": _job,
    "CronJob": _cron_job,
    "Node": _node,
    "HorizontalPodAutoscaler": _hpa,
    "PersistentVolumeClaim": _pvc,
    "Service": _service,
    "Event": _event,
    "PodDisruptionBudget": _budget,
}
