"""Objects as the API has them, for the tests."""

from typing import Any


def deployment(name="order-service", namespace="shop", replicas=3, image="order:1", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "generation": 1,
            "creationTimestamp": "2026-11-20T10:00:00Z",
            "annotations": {"deployment.kubernetes.io/revision": "2"},
            **more,
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": image, "resources": {}}]},
            },
        },
        "status": {
            "observedGeneration": 1,
            "replicas": replicas,
            "readyReplicas": replicas,
            "updatedReplicas": replicas,
            "availableReplicas": replicas,
        },
    }


def replica_set(revision: int, image: str, owner="order-service", namespace="shop", replicas=0) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{owner}-{revision}",
            "namespace": namespace,
            "labels": {"app": owner, "pod-template-hash": f"h{revision}"},
            "creationTimestamp": f"2026-11-2{revision}T10:00:00Z",
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            "ownerReferences": [{"uid": f"uid-deployment-{namespace}-{owner}", "kind": "Deployment", "name": owner}],
        },
        "spec": {
            "replicas": replicas,
            "template": {
                "metadata": {"labels": {"app": owner, "pod-template-hash": f"h{revision}"}},
                "spec": {"containers": [{"name": "main", "image": image, "resources": {}}]},
            },
        },
    }


def pod(name="order-service-1", app="order-service", namespace="shop", node="n1", **status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app": app},
            "creationTimestamp": "2026-11-22T08:00:00Z",
            "ownerReferences": [{"kind": "ReplicaSet", "name": f"{app}-2", "uid": "u", "controller": True}],
        },
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "order:1"}]},
        "status": {
            "phase": "Running",
            "startTime": "2026-11-22T08:00:00Z",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "main", "ready": True, "restartCount": 0, "state": {"running": {}}}],
            **status,
        },
    }


def crashing(name="order-service-2", **more: Any) -> dict[str, Any]:
    return pod(
        name,
        conditions=[{"type": "Ready", "status": "False"}],
        containerStatuses=[
            {
                "name": "main",
                "ready": False,
                "restartCount": 7,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
                "lastState": {
                    "terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-22T09:58:00Z"}
                },
            }
        ],
        **more,
    )


def namespace(name="shop") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def node(name="n1", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "creationTimestamp": "2026-11-01T00:00:00Z"},
        "spec": spec,
        "status": {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {"cpu": "4", "memory": "8Gi"}},
    }


def event(name: str, about: dict[str, Any], reason: str, message: str, at: str, kind="Warning") -> dict[str, Any]:
    meta = about["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": meta["namespace"]},
        "involvedObject": {"kind": about["kind"], "name": meta["name"], "namespace": meta["namespace"]},
        "type": kind,
        "reason": reason,
        "message": message,
        "count": 4,
        "lastTimestamp": at,
    }
