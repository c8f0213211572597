"""Small Kubernetes objects and sights for tests, as the API and Alertmanager give them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.think.diagnosis.bundle import read_ask, read_lines, read_things, read_tracks
from bot.think.diagnosis.sight import Sight

NOW = 1_790_000_000.0


def iso(ago: float = 0.0) -> str:
    return datetime.fromtimestamp(NOW - ago, UTC).isoformat().replace("+00:00", "Z")


def thing(kind: str, name: str, namespace: str = "shop", **more: Any) -> dict[str, Any]:
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("metadata", {})}
    return {"kind": kind, "metadata": meta, **more}


def pod(name: str, status: Mapping[str, Any], owner: str = "", **more: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {"labels": {"app": owner}} if owner else {}
    if owner:
        meta["ownerReferences"] = [{"kind": "ReplicaSet", "name": name.rsplit("-", 1)[0], "controller": True}]
    return thing("Pod", name, metadata=meta, status=dict(status), **more)


def well_pod(name: str, owner: str = "", restarts: int = 0) -> dict[str, Any]:
    state = {"name": "main", "ready": True, "restartCount": restarts, "state": {"running": {"startedAt": iso(86400)}}}
    conditions = [{"type": "Ready", "status": "True"}, {"type": "PodScheduled", "status": "True"}]
    return pod(name, {"phase": "Running", "containerStatuses": [state], "conditions": conditions}, owner)


def deployment(name: str, replicas: int = 3, ready: int = 3, **more: Any) -> dict[str, Any]:
    spec = {"replicas": replicas, "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": []}}}
    counts = {"replicas": replicas, "readyReplicas": ready, "availableReplicas": ready, "updatedReplicas": replicas}
    return thing("Deployment", name, spec=more.pop("spec", spec), status=more.pop("status", counts), **more)


def event(kind: str, name: str, reason: str, message: str, ago: float = 60, count: int = 1) -> dict[str, Any]:
    return thing(
        "Event",
        f"{name}.{reason}",
        involvedObject={"kind": kind, "name": name, "namespace": "shop"},
        reason=reason,
        message=message,
        type="Warning",
        count=count,
        firstTimestamp=iso(ago + 600),
        lastTimestamp=iso(ago),
    )


def alert(alertname: str, ago: float = 300, summary: str = "", **labels: str) -> dict[str, Any]:
    one = {
        "status": "firing",
        "labels": {"alertname": alertname, "severity": "critical", "namespace": "shop", **labels},
        "annotations": {"summary": summary},
        "startsAt": iso(ago),
        "fingerprint": "f" + alertname,
    }
    return {"kind": "alert", "payload": {"alerts": [one]}}


def sight(
    *things: dict[str, Any],
    ask: Mapping[str, Any] | None = None,
    logs: Mapping[str, list[str]] | None = None,
    metrics: list[dict[str, Any]] | None = None,
) -> Sight:
    streams = [
        {
            "stream": {"namespace": "shop", "pod": name},
            "values": [[str(int((NOW - 60 + number) * 1e9)), line] for number, line in enumerate(lines)],
        }
        for name, lines in (logs or {}).items()
    ]
    return Sight(
        now=NOW,
        ask=read_ask(ask or {"kind": "question", "text": "What is wrong in namespace shop?"}),
        things=tuple(read_things({"items": list(things)})),
        tracks=tuple(read_tracks(metrics or [])),
        lines=tuple(read_lines(streams)),
    )
