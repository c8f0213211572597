"""A whole small shop as the Kubernetes API gives it: workloads with their sets, pods, services, slices and nodes."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.think.diagnosis.kube import iso, thing

HASH = "6c9f7d5b8f"
TAILS = ("x2x7k", "q9w4z", "m5n8p", "t6r3v", "b4c2d")
Json = dict[str, Any]


def meta(**more: Any) -> Json:
    return {"creationTimestamp": iso(5 * 86400), "uid": "0", **more}


def ready(up: bool = True, message: str = "", since: float = 86400) -> list[Json]:
    listed = []
    for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled"):
        off = not up and kind in ("Ready", "ContainersReady")
        one = {"type": kind, "status": "False" if off else "True", "lastTransitionTime": iso(since)}
        if off:
            one |= {"reason": "ContainersNotReady", "message": message or "containers with unready status: [main]"}
        listed.append(one)
    return listed


def running(restarts: int = 0, last: Json | None = None, up: bool = True, since: float = 86400) -> Json:
    return {
        "name": "main",
        "image": "registry.example/app:1.4.2",
        "ready": up,
        "started": True,
        "restartCount": restarts,
        "state": {"running": {"startedAt": iso(since)}},
        "lastState": {"terminated": last} if last else {},
    }


def waiting(reason: str, message: str = "", restarts: int = 0, last: Json | None = None, name: str = "main") -> Json:
    return {
        "name": name,
        "image": "registry.example/app:1.4.2",
        "ready": False,
        "started": False,
        "restartCount": restarts,
        "state": {"waiting": {"reason": reason, "message": message}},
        "lastState": {"terminated": last} if last else {},
    }


def ended(code: int, reason: str = "Error", ago: float = 40, message: str = "") -> Json:
    return {"exitCode": code, "reason": reason, "finishedAt": iso(ago), "startedAt": iso(ago + 5), "message": message}


WELL: Json = {"phase": "Running", "conditions": ready(), "containerStatuses": [running()]}


def broken(status: Json, phase: str = "Running", **more: Any) -> Json:
    return {"phase": phase, "conditions": ready(up=False), "containerStatuses": [status], **more}


PENDING: Json = {
    "phase": "Pending",
    "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": ""}],
}


def pending(message: str) -> Json:
    said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return {"phase": "Pending", "conditions": [{**said, "lastTransitionTime": iso(600)}]}


def app(
    name: str = "checkout",
    pods: Sequence[Json] = (WELL, WELL),
    container: Mapping[str, Any] | None = None,
    pod_spec: Mapping[str, Any] | None = None,
    kind: str = "Deployment",
    service: bool = True,
    revision: int = 1,
    rolled: float = 5 * 86400,
    selector: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> list[Json]:
    """The workload with all that belongs to it; each entry of `pods` is the status of one."""
    box = {
        "name": "main",
        "image": "registry.example/app:1.4.2",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
        **(container or {}),
    }
    spec = {"containers": [box], "serviceAccountName": "default", **(pod_spec or {})}
    up = sum(1 for one in pods if all(each.get("ready") for each in one.get("containerStatuses", [{}])))
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    counts = {"replicas": len(pods), "updatedReplicas": len(pods), "readyReplicas": up, "availableReplicas": up}
    if up < len(pods):
        counts["unavailableReplicas"] = len(pods) - up
    conditions = [
        {
            "type": "Available",
            "status": "True" if up == len(pods) else "False",
            "reason": "MinimumReplicasAvailable" if up == len(pods) else "MinimumReplicasUnavailable",
            "lastUpdateTime": iso(400),
        },
        {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "lastUpdateTime": iso(rolled)},
    ]
    marks = {"deployment.kubernetes.io/revision": str(revision)}
    wanted = {"replicas": len(pods), "selector": {"matchLabels": {"app": name}}, "template": template}
    if kind == "StatefulSet":
        wanted["serviceName"] = name
    top = thing(
        kind,
        name,
        metadata=meta(annotations={**marks, **(annotations or {})}, labels={"app": name}, generation=revision),
        spec=wanted,
        status={**counts, "conditions": conditions},
    )
    above, made = (name, []) if kind == "StatefulSet" else (f"{name}-{HASH}", [])
    if kind == "Deployment":
        made = [
            thing(
                "ReplicaSet",
                above,
                metadata=meta(
                    annotations=marks,
                    labels={"app": name, "pod-template-hash": HASH},
                    ownerReferences=[{"kind": "Deployment", "name": name, "controller": True}],
                ),
                spec=wanted,
                status={"replicas": len(pods), "readyReplicas": up},
            )
        ]
    for place, status in enumerate(pods):
        made.append(_pod(name, kind, above, place, status, spec))
    return [top, *made, *(front(name, pods, selector) if service else [])]


def pod_name(name: str = "checkout", place: int = 0, kind: str = "Deployment") -> str:
    return f"{name}-{place}" if kind == "StatefulSet" else f"{name}-{HASH}-{TAILS[place]}"


def _pod(name: str, kind: str, above: str, place: int, status: Json, spec: Mapping[str, Any]) -> Json:
    owner = {"kind": "ReplicaSet" if kind == "Deployment" else kind, "name": above, "controller": True}
    placed = {} if status.get("phase") == "Pending" and "containerStatuses" not in status else {"nodeName": "node-a"}
    return thing(
        "Pod",
        pod_name(name, place, kind),
        metadata=meta(labels={"app": name}, ownerReferences=[owner]),
        spec={**spec, **placed},
        status={"qosClass": "Burstable", **status},
    )


def front(name: str, pods: Sequence[Json], selector: Mapping[str, str] | None = None) -> list[Json]:
    """Its service, and the slice of its endpoints."""
    wanted = dict(selector or {"app": name})
    chosen = pods if wanted == {"app": name} else ()
    ends = [
        {"addresses": [f"10.1.0.{place}"], "conditions": {"ready": _up(status)}} for place, status in enumerate(chosen)
    ]
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return [
        thing("Service", name, metadata=meta(), spec={"type": "ClusterIP", "selector": wanted, "ports": ports}),
        thing(
            "EndpointSlice", f"{name}-abc12", metadata=meta(labels={"kubernetes.io/service-name": name}), endpoints=ends
        ),
    ]


def _up(status: Json) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))


def node(name: str = "node-a", ready: str = "True", taints: Sequence[Json] = (), **pressed: str) -> Json:
    conditions = [
        {"type": kind, "status": pressed.get(kind, "False"), "reason": "Kubelet", "lastTransitionTime": iso(600)}
        for kind in ("MemoryPressure", "DiskPressure", "PIDPressure")
    ]
    said = "kubelet is posting ready status" if ready == "True" else "Kubelet stopped posting node status."
    reason = "KubeletReady" if ready == "True" else "NodeStatusUnknown"
    state = {"type": "Ready", "status": ready, "reason": reason, "message": said, "lastTransitionTime": iso(600)}
    size = {"cpu": "4", "memory": "16Gi", "pods": "110"}
    return thing(
        "Node",
        name,
        "",
        metadata=meta(labels={"kubernetes.io/hostname": name}),
        spec={"taints": list(taints)},
        status={"conditions": [*conditions, state], "allocatable": size, "capacity": size},
    )


def nodes() -> list[Json]:
    return [node("node-a"), node("node-b"), node("node-c")]
