"""Faults put into real servers: objects for Kubernetes, series for Prometheus, lines for Loki, and the alert that tells."""

# ruff: noqa: E501

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
NOW = time.time()
TIMES = [NOW - 3900 + 30 * step for step in range(131)]


@dataclass(frozen=True)
class Real:
    """What goes wrong in a namespace of its own, and what the report must say."""

    alert: str
    labels: Json
    said: tuple[str, ...]
    category: tuple[str, ...]
    things: tuple[Json, ...] = ()
    lines: tuple[str, ...] = ()
    series: tuple[tuple[str, Json, list[float]], ...] = ()
    begun: Callable[[Any, str], object] | None = None
    """Asked of the cluster and the namespace until the fault is there."""
    chart: bool = False
    events: tuple[Json, ...] = field(default=())


def workload(behavior: str = "", name: str = "web", image: str = "shop/web:v1", **container: Any) -> Json:
    marks = {"simulator/behavior": behavior} if behavior else {}
    box = {"name": "main", "image": image, "ports": [{"name": "http", "containerPort": 8080}], **container}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}, "annotations": marks}, "spec": {"containers": [box]}},
        },
    }


def limited(memory: str = "64Mi", cpu: str = "200m") -> Json:
    return {"requests": {"memory": memory, "cpu": "50m"}, "limits": {"memory": memory, "cpu": cpu}}


def service(selector: str = "web", target: Any = "http") -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": selector}, "ports": [{"port": 80, "targetPort": target}]},
    }


def other(version: str, kind: str, name: str, **spec: Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **spec}


def pods(kube: Any, space: str) -> list[Json]:
    return list(kube.list(f"/api/v1/namespaces/{space}/pods"))


def waits(reason: str) -> Callable[[Any, str], object]:
    def asked(kube: Any, space: str) -> bool:
        states = [one for pod in pods(kube, space) for one in pod["status"].get("containerStatuses", [])]
        return any((one["state"].get("waiting") or {}).get("reason") == reason for one in states)

    return asked


def up(kube: Any, space: str) -> bool:
    states = [one for pod in pods(kube, space) for one in pod["status"].get("containerStatuses", [])]
    return bool(states) and all(one["ready"] for one in states)


def told(reason: str) -> Callable[[Any, str], object]:
    return lambda kube, space: any(one["reason"] == reason for one in kube.list(f"/api/v1/namespaces/{space}/events"))


def growing(share: float = 1.0) -> list[float]:
    return [share * 10 * (at - TIMES[0]) for at in TIMES]


SLOW = [0.02 if at < NOW - 480 else 2.4 for at in TIMES]
"""A mean latency that leaps some minutes before the alert, in seconds."""


def latency() -> tuple[tuple[str, Json, list[float]], ...]:
    total, summed = 0.0, []
    for value in SLOW:
        total += value * 300
        summed.append(total)
    by = {"service": "web"}
    return (
        ("http_request_duration_seconds_sum", by, summed),
        ("http_request_duration_seconds_count", by, [300.0 * (place + 1) for place in range(len(SLOW))]),
    )


def throttled(share: float) -> tuple[tuple[str, Json, list[float]], ...]:
    by = {"pod": "{pod}", "container": "main"}
    return (
        ("container_cpu_cfs_periods_total", by, growing()),
        ("container_cpu_cfs_throttled_periods_total", by, growing(share)),
    )


def volume(share: float) -> tuple[tuple[str, Json, list[float]], ...]:
    by = {"persistentvolumeclaim": "data"}
    used = [share * 1e10 + 1e5 * place for place in range(len(TIMES))]
    return (("kubelet_volume_stats_used_bytes", by, used), ("kubelet_volume_stats_capacity_bytes", by, [1e10] * 131))


WEB = {"deployment": "web"}
CRASH = waits("CrashLoopBackOff")
HPA = other("autoscaling/v2", "HorizontalPodAutoscaler", "web", spec={
    "minReplicas": 1, "maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
    "metrics": [{"type": "Resource", "resource": {"name": "cpu",
                 "target": {"type": "Utilization", "averageUtilization": 70}}}]})  # fmt: skip
CLAIM = other("v1", "PersistentVolumeClaim", "data", spec={"accessModes": ["ReadWriteOnce"], "storageClassName":
              "fast-nvme", "resources": {"requests": {"storage": "1Gi"}}})  # fmt: skip
LOCK = other("networking.k8s.io/v1", "NetworkPolicy", "checkout-only", spec={
    "podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"],
    "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "checkout"}}}]}]})  # fmt: skip
JOB = other("batch/v1", "Job", "nightly", spec={"backoffLimit": 0, "template": {
    "metadata": {"annotations": {"simulator/behavior": "fail"}},
    "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "shop/job:v1"}]}}})  # fmt: skip
QUOTA = other("v1", "ResourceQuota", "team", spec={"hard": {"pods": "0"}})


def failed(kube: Any, space: str) -> bool:
    found = kube.get(f"/apis/batch/v1/namespaces/{space}/jobs/nightly")
    return any(one["type"] == "Failed" for one in found["status"].get("conditions", []))


def dead(kube: Any, _space: str) -> bool:
    conditions = kube.get("/api/v1/nodes/journey-late")["status"]["conditions"]
    return any(one["type"] == "Ready" and one["status"] != "True" for one in conditions)


FAULTS = {
    "bad release": Real("KubePodCrashLooping", WEB, ("nil map",), ("bad release",), (workload("crashloop", image="shop/web:v2"),),
                        ("starting v2", "panic: assignment to entry in nil map"), begun=CRASH),
    "out of memory": Real("KubePodCrashLooping", WEB, ("OOMKilled", "64Mi"), ("out of a resource",),
                          (workload("oomkill", resources=limited()),), begun=CRASH),
    "image": Real("KubeContainerWaiting", WEB, ("shop/does-not-exist:9",), ("image",),
                  (workload(image="shop/does-not-exist:9"),), begun=waits("ImagePullBackOff")),
    "probe": Real("KubePodNotReady", WEB, ("statuscode: 503",), ("probe",), (workload("notready"),),
                  events=({"reason": "Unhealthy", "message": "Readiness probe failed: HTTP probe failed with statuscode: 503"},)),
    "no room": Real("KubePodNotScheduled", WEB, ("Insufficient cpu",), ("scheduled",),
                    (workload(resources={"requests": {"cpu": "64"}}),), begun=told("FailedScheduling")),
    "quota": Real("KubeDeploymentReplicasMismatch", WEB, ("exceeded quota", "team"), ("quota",), (QUOTA, workload()),
                  begun=told("FailedCreate")),
    "claim": Real("KubePersistentVolumeClaimPending", {"persistentvolumeclaim": "data"}, ("fast-nvme",), ("storage",), (CLAIM,),
                  begun=told("ProvisioningFailed")),
    "node": Real("KubeNodeNotReady", {"node": "journey-late"}, ("journey-late", "not ready"), ("node",), begun=dead),
    "dns": Real("WebErrors", WEB, ("ENOTFOUND payments.internal",), ("network",), (workload("crashloop"),),
                ("Error: getaddrinfo ENOTFOUND payments.internal",) * 4, begun=CRASH),
    "pool": Real("HighLatency", {"service": "web"}, ("Connection is not available, request timed out",), ("out of a resource",),
                 (workload(), service()), ("ERROR HikariPool-1 - Connection is not available, request timed out after 30000ms",) * 9,
                 latency(), up, chart=True),
    "throttled": Real("CPUThrottlingHigh", WEB, ("80%",), ("out of a resource",), (workload(resources=limited()),),
                      series=throttled(0.8), begun=up, chart=True),
    "scaler": Real("KubeHpaReplicasMismatch", {"horizontalpodautoscaler": "web"}, ("missing request",), ("autoscaling",),
                   (workload(), HPA), begun=told("FailedGetResourceMetric")),
    "certificate": Real("WebErrors", WEB, ("certificate has expired",), ("certificate",), (workload("crashloop"),),
                        ("tls: failed to verify certificate: x509: certificate has expired or is not yet valid",) * 3, begun=CRASH),
    "network policy": Real("GatewayTimeouts", {"deployment": "gateway"}, ("checkout-only",), ("network",),
                           (workload(), service(), workload(name="gateway"), LOCK),
                           ("ERROR dial tcp 10.0.0.9:80: i/o timeout calling http://web:80/pay",) * 5, begun=up),
    "job": Real("KubeJobFailed", {"job_name": "nightly"}, ("nightly", "BackoffLimitExceeded"), ("job",), (JOB,), begun=failed),
    "selector": Real("WebUnreachable", {"service": "web"}, ("app=wbe",), ("network",), (workload(), service("wbe")), begun=up),
    "volume": Real("KubePersistentVolumeFillingUp", {"persistentvolumeclaim": "data"}, ("97%",), ("storage",),
                   series=volume(0.97), chart=True),
    "rights": Real("WebErrors", WEB, ("cannot list resource",), ("permission",), (workload("crashloop"),),
                   ('secrets is forbidden: User "system:serviceaccount:x:web" cannot list resource "secrets" in API group ""',),
                   begun=CRASH),
}  # fmt: skip
CALM = {
    "calm": Real("KubePodNotReady", WEB, (), (), (workload(), service()), begun=up),
    "frightening lines": Real("HighErrorRate", WEB, (), (), (workload(),),
                              ("INFO retry succeeded after timeout", "WARN slow payment, retrying", "GET / 200 4ms"), begun=up),
    "little throttled": Real("CPUThrottlingHigh", WEB, (), (), (workload(resources=limited()),), series=throttled(0.05), begun=up),
    "roomy volume": Real("KubePersistentVolumeFillingUp", {"persistentvolumeclaim": "data"}, (), (), series=volume(0.4)),
    "watchdog": Real("Watchdog", {"severity": "none"}, (), (), (workload(),), begun=up),
}  # fmt: skip
