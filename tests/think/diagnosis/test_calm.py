"""Shops that are noisy and well: old troubles, normal work and harmless lines make no fault."""

# ruff: noqa: E501

from typing import Any

import pytest

from bot.think.diagnosis import Verdict, diagnose
from tests.think.diagnosis.faults import hpa, series
from tests.think.diagnosis.kube import alert, event, iso, sight, thing
from tests.think.diagnosis.shop import WELL, app, ended, meta, node, nodes, pod_name, ready, running, waiting

POD = pod_name()
EVICTED = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory.",
           "startTime": iso(3 * 86400)}  # fmt: skip
DONE = {"phase": "Succeeded", "conditions": ready(up=False), "containerStatuses": [
    {"name": "main", "ready": False, "restartCount": 0, "state": {"terminated": ended(0, "Completed", 7200)}}]}  # fmt: skip


def once(restarts: int, last: dict[str, Any], since: float = 7200) -> dict[str, Any]:
    return {"phase": "Running", "conditions": ready(), "containerStatuses": [running(restarts, last, since=since)]}


def leftover(status: dict[str, Any]) -> dict[str, Any]:
    owner = {"kind": "ReplicaSet", "name": "checkout-6c9f7d5b8f", "controller": True}
    return thing("Pod", "checkout-6c9f7d5b8f-old1x", metadata=meta(labels={"app": "checkout"}, ownerReferences=[owner]),
                 spec={"nodeName": "node-b", "containers": [{"name": "main"}]}, status=status)  # fmt: skip


def job(name: str, ago: float, **status: Any) -> dict[str, Any]:
    above = [{"kind": "CronJob", "name": "nightly"}]
    return thing("Job", name, metadata=meta(ownerReferences=above), spec={}, status={"startTime": iso(ago), **status})


def rolling() -> list[dict[str, Any]]:
    """A rollout that began half a minute ago; all old replicas still serve."""
    found = app(rolled=30, revision=3)
    found[0]["status"] |= {"replicas": 3, "updatedReplicas": 1, "unavailableReplicas": 1}
    found[0]["status"]["conditions"][1] |= {"reason": "ReplicaSetUpdated"}
    starting = {"phase": "Pending", "startTime": iso(20), "conditions": [{"type": "PodScheduled", "status": "True"}],
                "containerStatuses": [waiting("ContainerCreating")]}  # fmt: skip
    return [*found, leftover(starting)]


FAILED = [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": iso(90000)}]
COMPLETE = [{"type": "Complete", "status": "True", "lastTransitionTime": iso(3600)}]
CRON = thing("CronJob", "nightly", metadata=meta(), spec={"schedule": "0 2 * * *"},
             status={"lastSuccessfulTime": iso(3600)})  # fmt: skip
BUDGET = thing("PodDisruptionBudget", "guard", metadata=meta(), spec={"minAvailable": 2,
               "selector": {"matchLabels": {"app": "checkout"}}},
               status={"disruptionsAllowed": 0, "expectedPods": 2, "currentHealthy": 2, "desiredHealthy": 2})  # fmt: skip
OPEN = [thing("NetworkPolicy", "deny", spec={"podSelector": {}, "policyTypes": ["Ingress"]}),
        thing("NetworkPolicy", "allow", spec={"podSelector": {"matchLabels": {"app": "checkout"}},
              "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {}}]}]})]  # fmt: skip

Calm = tuple[list[dict[str, Any]], str, dict[str, str], dict[str, list[str]], list[dict[str, Any]]]
CALM: dict[str, Calm] = {
    "one restart yesterday": (app(pods=[once(1, ended(1, ago=90000), 90000), WELL]), "KubernetesPodRestarting", {"pod": POD}, {}, []),
    "killed for memory two hours ago": (app(pods=[once(1, ended(137, "OOMKilled", 7300)), WELL]), "KubernetesPodRestarting", {"pod": POD}, {}, []),
    "evicted pods left behind": ([*app(), leftover(EVICTED)], "KubePodNotReady", {"deployment": "checkout"}, {}, []),
    "finished pods left behind": ([*app(), leftover(DONE)], "KubePodNotReady", {"deployment": "checkout"}, {}, []),
    "a rollout under way": (rolling(), "KubeDeploymentReplicasMismatch", {"deployment": "checkout"}, {}, []),
    "a rollout that has just ended well": (app(rolled=120, revision=4), "KubeDeploymentRolloutStuck", {"deployment": "checkout"}, {}, []),
    "yesterday's job failed, today's did not": (
        [CRON, job("nightly-1", 90000, failed=4, conditions=FAILED), job("nightly-2", 3700, succeeded=1, conditions=COMPLETE)],
        "KubeJobFailed", {"cronjob": "nightly"}, {}, []),
    "a job at work": ([*app(), job("nightly-3", 60, active=1)], "KubeJobNotCompleted", {"job_name": "nightly-3"}, {}, []),
    "scaler at its least": (
        [*app(), hpa({"type": "ScalingLimited", "status": "True", "reason": "TooFewReplicas", "message": "too few"})],
        "KubeHpaMaxedOut", {"horizontalpodautoscaler": "checkout"}, {}, []),
    "a budget that guards two of two": ([*app(), BUDGET], "KubernetesPodRestarting", {"deployment": "checkout"}, {}, []),
    "closed, and opened where it should be": ([*app(), *OPEN], "HighLatency", {"deployment": "checkout"}, {}, []),
    "a node set aside": (
        [*app(), {**node("node-z"), "spec": {"unschedulable": True}}], "KubeNodeUnschedulable", {"deployment": "checkout"}, {}, []),
    "a node came back": (
        [*app(), event("Node", "node-a", "NodeNotReady", "Node node-a status is now: NodeNotReady", ago=1500)],
        "KubeNodeNotReady", {"node": "node-a"}, {}, []),
    "one slow probe": (
        [*app(), event("Pod", POD, "Unhealthy", "Readiness probe failed: context deadline exceeded", ago=60)],
        "KubePodNotReady", {"pod": POD}, {}, []),
    "placed in the end": (
        [*app(), event("Pod", POD, "FailedScheduling", "0/2 nodes are available: 2 Insufficient cpu.", ago=200)],
        "KubernetesPodPending", {"pod": POD}, {}, []),
    "pulled in the end": (
        [*app(), event("Pod", POD, "Failed", 'Failed to pull image "a:1": i/o timeout', ago=400)],
        "KubeContainerWaiting", {"pod": POD}, {}, []),
    "lines that frighten": (
        app(), "HighErrorRate", {"deployment": "checkout"},
        {POD: ["WARN payment slow, retrying", "INFO retry succeeded after timeout", "GET /cart 200 4ms",
               "level=info msg=\"0 errors in batch\"", "DEBUG connection refused by test stub", "GET /pay 200 9ms"]}, []),
    "memory that is high and steady": (
        app(), "HighMemoryUsage", {"pod": POD}, {},
        [series("container_memory_working_set_bytes", [180e6] * 40, pod=POD, container="main")]),
    "a little throttled": (
        app(), "CPUThrottlingHigh", {"pod": POD}, {},
        [series("container_cpu_cfs_throttled_periods_total", [n / 2 for n in range(40)], pod=POD, container="main"),
         series("container_cpu_cfs_periods_total", [10 * n for n in range(40)], pod=POD, container="main")]),
    "a disk half full": (
        app("data", kind="StatefulSet"), "KubePersistentVolumeFillingUp", {"persistentvolumeclaim": "d-data-0"}, {},
        [series("kubelet_volume_stats_used_bytes", [5e9] * 40, persistentvolumeclaim="d-data-0"),
         series("kubelet_volume_stats_capacity_bytes", [1e10] * 40, persistentvolumeclaim="d-data-0")]),
    "a health check by the clock": (app(), "KubernetesScheduledHealthCheck", {"deployment": "checkout"}, {}, []),
    "a service of another kind": (
        [*app(), thing("Service", "mail", spec={"type": "ExternalName", "externalName": "smtp.example"}),
         thing("Service", "kubernetes", spec={"ports": [{"port": 443, "targetPort": 6443}]})],
        "HighLatency", {"deployment": "checkout"}, {}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CALM)
def test_a_noisy_shop_that_is_well_is_called_well(name):
    things, called, labels, logs, metrics = CALM[name]
    diagnosis = diagnose(sight(*things, *nodes(), ask=alert(called, **labels), logs=logs, metrics=metrics))
    assert diagnosis.verdict is Verdict.HEALTHY, [(one.key, str(one.about), one.confidence) for one in diagnosis.causes]


@pytest.mark.parametrize(
    "name", [name for name in CALM if name not in ("a job at work", "yesterday's job failed, today's did not")]
)
def test_what_is_well_is_called_well_when_somebody_asks(name):
    things, _, labels, logs, metrics = CALM[name]
    words = {"kind": "question", "text": f"Is {next(iter(labels.values()))} in namespace shop all right?"}
    diagnosis = diagnose(sight(*things, *nodes(), ask=words, logs=logs, metrics=metrics))
    assert diagnosis.verdict is Verdict.HEALTHY, [(one.key, str(one.about), one.confidence) for one in diagnosis.causes]
