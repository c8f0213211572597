"""Rarer faults, in the words of several versions of Kubernetes and of runtimes; and what only looks like one."""

# ruff: noqa: E501

from typing import Any

import pytest

from bot.domain.finding import Category
from bot.think.diagnosis import Verdict, diagnose
from tests.think.diagnosis.faults import POD, SET, Fault, crash, crashing, hpa, series, stuck, unplaced
from tests.think.diagnosis.kube import alert, event, iso, sight, thing
from tests.think.diagnosis.shop import WELL, app, broken, ended, meta, node, nodes, ready, running, waiting
from tests.think.diagnosis.test_calm import leftover, once

UNREADY = broken(running(up=False))
CONFIG, NETWORK, SCHEDULING, PROBE = Category.CONFIG, Category.NETWORK, Category.SCHEDULING, Category.PROBE
Things = list[dict[str, Any]]


def many(kind: str, name: str, reason: str, message: str) -> dict[str, Any]:
    return event(kind, name, reason, message, count=12)


def probed(message: str, up: bool = False) -> Things:
    killed = broken(running(9, ended(137), up=up, since=30))
    killing = many("Pod", POD, "Killing", "Container main failed liveness probe, will be restarted")
    return [*app(pods=[killed, WELL]), *nodes(), many("Pod", POD, "Unhealthy", message), killing]


def creating(reason: str, message: str) -> Things:
    starting = broken(waiting("ContainerCreating"), phase="Pending")
    return [*app(pods=[starting, WELL]), *nodes(), many("Pod", POD, reason, message)]


def refused(message: str) -> Things:
    objects = [*app(pods=[]), *nodes(), many("ReplicaSet", SET, "FailedCreate", message)]
    objects[0]["spec"]["replicas"] = 2
    return objects


def turned_away(reason: str, message: str) -> Things:
    return [
        *app(pods=[{"phase": "Failed", "reason": reason, "message": message, "startTime": iso(300)}, WELL]),
        *nodes(),
    ]


def ill(message: str) -> Things:
    one = node("node-a", "False")
    one["status"]["conditions"][-1] |= {"reason": "KubeletNotReady", "message": message}
    return [*app(pods=[UNREADY, WELL]), one, node("node-b")]


def gated() -> Things:
    waits = {"phase": "Running", "conditions": ready(up=False), "containerStatuses": [running()]}
    for one in waits["conditions"]:
        if one["type"] == "Ready":
            one |= {
                "reason": "ReadinessGatesNotReady",
                "message": 'corresponding condition of pod readiness gate "lb" does not exist.',
            }
    return [*app(pods=[waits, waits]), *nodes()]


def balancer(**status: Any) -> Things:
    objects = [
        *app(),
        event(
            "Service",
            "checkout",
            "SyncLoadBalancerFailed",
            "Error syncing load balancer: no suitable subnets",
            ago=1200,
        ),
    ]
    for one in objects:
        if one["kind"] == "Service":
            one["spec"]["type"], one["status"] = "LoadBalancer", status
    return objects


def claim(size: str, name: str = "d-data-0", phase: str = "Bound", **more: Any) -> dict[str, Any]:
    wanted = {"storageClassName": "std", "resources": {"requests": {"storage": "20Gi"}}}
    return thing(
        "PersistentVolumeClaim",
        name,
        metadata=meta(),
        spec=wanted,
        status={"phase": phase, "capacity": {"storage": size}},
    )


def resizing(size: str) -> Things:
    failed = event(
        "PersistentVolumeClaim",
        "d-data-0",
        "VolumeResizeFailed",
        "resize failed: volume is in optimizing state",
        ago=1200,
    )
    return [*app("data", kind="StatefulSet"), claim(size), thing("StorageClass", "std", "", provisioner="x"), failed]


def cron(count: int) -> Things:
    held = event(
        "CronJob", "report", "JobAlreadyActive", "Not starting job because prior execution is running", count=count
    )
    return [
        thing(
            "CronJob",
            "report",
            metadata=meta(),
            spec={"schedule": "*/5 * * * *"},
            status={"lastScheduleTime": iso(200)},
        ),
        held,
    ]


def says(line: str, *category: Category) -> Fault:
    told = crashing(line)
    return Fault(told["things"], category, line[:30], alert=told["alert"], logs=told["logs"])


def at_zero(*more: dict[str, Any]) -> Things:
    objects = app(pods=[])
    objects[0]["spec"]["replicas"], objects[0]["status"] = 0, {"replicas": 0}
    return [*objects, *more]


LOCKED = thing(
    "NetworkPolicy",
    "lock",
    metadata=meta(),
    spec={"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": {}}]}]},
)
ROUTE = thing(
    "VirtualService",
    "checkout",
    metadata=meta(),
    spec={"hosts": ["checkout"], "http": [{"route": [{"destination": {"host": "checkout", "subset": "v9"}}]}]},
)
RULE = thing(
    "DestinationRule",
    "checkout",
    metadata=meta(),
    spec={"host": "checkout", "subsets": [{"name": "v1", "labels": {"version": "v1"}}]},
)
FAULTS: dict[str, Fault] = {
    "liveness on a wrong port, old words": Fault(probed("Liveness probe failed: Get http://10.1.0.1:8081/health: dial tcp 10.1.0.1:8081: connect: connection refused"), (PROBE,), "8081"),
    "liveness cannot be run": Fault(probed("Liveness probe errored: rpc error: code = DeadlineExceeded desc = failed to exec in container: timeout 1s exceeded"), (PROBE,), "errored"),
    "liveness answers 404": Fault(probed("Liveness probe failed: HTTP probe failed with statuscode: 404"), (PROBE,), "404"),
    "liveness by gRPC": Fault(probed('Liveness probe failed: timeout: failed to connect service "10.1.0.1:8081" within 1s'), (PROBE,), "within 1s"),
    "readiness gate": Fault(gated(), (PROBE,), "readiness gate"),
    "priority class missing": Fault(refused('Error creating: pods "checkout-1" is forbidden: no PriorityClass with name high was found'), (CONFIG,), "PriorityClass"),
    "quota of old": Fault(refused('Error creating: pods "checkout-1" is forbidden: exceeded quota: team, requested: limits.memory=1Gi, used: limits.memory=8Gi, limited: limits.memory=8Gi'), (Category.QUOTA,), "exceeded quota"),
    "policy of admission": Fault(refused('Error creating: admission webhook "validation.gatekeeper.sh" denied the request: you must provide labels'), (Category.PERMISSION, CONFIG), "denied the request"),
    "runtime class missing": Fault(creating("FailedCreatePodSandBox", 'Failed to create pod sandbox: failed to get sandbox runtime: no runtime for "kata" is configured'), (CONFIG,), "kata"),
    "no address left": Fault(creating("FailedCreatePodSandBox", 'Failed to create pod sandbox: plugin type="aws-cni" failed (add): failed to assign an IP address to container'), (NETWORK,), "assign an IP"),
    "storage driver missing": Fault(creating("FailedMount", "MountVolume.MountDevice failed: driver name ebs.csi.aws.com not found in the list of registered CSI drivers"), (Category.STORAGE,), "registered CSI"),
    "kernel parameter not allowed": Fault(turned_away("SysctlForbidden", 'forbidden sysctl: "kernel.msgmax" not allowlisted'), (CONFIG,), "sysctl"),
    "profile not loaded": Fault(turned_away("AppArmor", 'Cannot enforce AppArmor: profile "shop" is not loaded'), (CONFIG,), "AppArmor"),
    "no device left": Fault(turned_away("UnexpectedAdmissionError", "Allocate failed due to requested number of devices unavailable for nvidia.com/gpu"), (SCHEDULING,), "devices"),
    "no cpu left": Fault(turned_away("OutOfcpu", "Node didn't have enough resource: cpu"), (SCHEDULING,), "OutOfcpu"),
    "pleg": Fault(ill("PLEG is not healthy: pleg was last seen active 5m0s ago"), (Category.NODE,), "PLEG", ("node-a",), "KubeNodeNotReady", {"node": "node-a"}),
    "runtime down": Fault(ill("[container runtime is down, PLEG is not healthy]"), (Category.NODE,), "runtime is down", ("node-a",), "KubeNodeNotReady", {"node": "node-a"}),
    "balancer without an address": Fault(balancer(), (NETWORK,), "subnets", alert="ServiceNoAddress", labels={"service": "checkout"}),
    "volume not made larger": Fault(resizing("10Gi"), (Category.STORAGE,), "optimizing", ("d-data-0", "data"), "KubeVolumeResizeFailed", {"persistentvolumeclaim": "d-data-0"}),
    "turns fall out": Fault(cron(40), (Category.JOB,), "prior execution", ("report",), "KubeCronJobRunning", {"cronjob": "report"}),
    "image of old": Fault(stuck("ErrImagePull", "rpc error: code = Unknown desc = Error response from daemon: manifest for registry.example/app:1 not found: manifest unknown"), (Category.IMAGE,), "manifest"),
    "registry says no": Fault(stuck("ErrImagePull", "failed to resolve reference: unexpected status from HEAD request to https://registry.example/v2/app/manifests/9: 403 Forbidden"), (Category.IMAGE,), "403"),
    "taint of old": Fault(unplaced("0/3 nodes are available: 3 node(s) had taint {team: data}, that the pod didn't tolerate."), (SCHEDULING,), "taint"),
    "taint of today": Fault(unplaced("0/3 nodes are available: 3 node(s) had untolerated taint(s). preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."), (SCHEDULING,), "taint"),
    "command missing, by its end": Fault([*app(pods=[crash(128, "StartError", message='exec: "serve": executable file not found in $PATH: unknown')] * 2), *nodes()], (CONFIG,), "serve"),
    "names cannot be looked up, for a policy": Fault(
        [*crashing("Error: getaddrinfo EAI_AGAIN payment.shop.svc")["things"], *app("payment"), LOCKED], (NETWORK,), "lock", ("lock",),
        logs={POD: ["Error: getaddrinfo EAI_AGAIN payment.shop.svc"]}),
    "a route to no subset": Fault(
        [*app(), *nodes(), ROUTE, RULE], (NETWORK,), "v9", alert="IstioHighErrorRate", labels={"service": "checkout"}),
    "peers do not see each other": Fault(
        [*app("rabbit", kind="StatefulSet"), *nodes()], (NETWORK,), "partitioned", ("rabbit",), "RabbitmqPartition", {"statefulset": "rabbit"},
        logs={"rabbit-0": ["[error] ** ERROR ** mnesia_event got {inconsistent_database, running_partitioned_network, rabbit@rabbit-1}"] * 5}),
    "redis full": says("redis.exceptions.ResponseError: OOM command not allowed when used memory > 'maxmemory'", Category.RESOURCE),
    "rate limit": says("429 Too Many Requests: rate limit exceeded for api.partner.example", Category.DEPENDENCY),
    "rate limit in Chinese": says("调用支付接口失败：请求触发限流", Category.DEPENDENCY),
    "clocks differ": says("jwt: token used before issued; clock skew too great", Category.PERMISSION),
    "wrong architecture": says("exec /app/server: exec format error", Category.IMAGE),
    "file not to be opened": says("Error: EACCES: permission denied, open '/var/log/app.log'", CONFIG),
    "no cassandra": says("com.datastax.driver.core.exceptions.NoHostAvailableException: All host(s) tried for query failed", Category.DEPENDENCY),
}  # fmt: skip


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("name", FAULTS)
def test_a_rarer_fault_is_named(name: str, asked: bool):
    fault = FAULTS[name]
    question = {
        "kind": "question",
        "text": f"What is wrong with {next(iter(fault.labels.values()))} in namespace shop?",
    }
    told = question if asked else alert(fault.alert, **fault.labels)
    diagnosis = diagnose(sight(*fault.things, ask=told, logs=fault.logs))
    assert diagnosis.verdict is Verdict.FAULT
    assert diagnosis.cause.category in fault.category, [(one.key, one.weight) for one in diagnosis.findings]
    assert diagnosis.cause.about.name in fault.root
    assert diagnosis.cause.confidence >= 0.5
    shown = [
        text
        for one in diagnosis.cause.speaks_for
        for text in (*one.values.values(), *(each.shows for each in one.proofs))
    ]
    assert fault.said in " ".join(shown)


UNUSED = thing("StorageClass", "std", "", provisioner="x", volumeBindingMode="WaitForFirstConsumer")
SCALER = thing(
    "ScaledObject",
    "checkout",
    metadata=meta(),
    spec={"scaleTargetRef": {"name": "checkout"}, "minReplicaCount": 0},
    status={"conditions": [{"type": "Ready", "status": "True"}]},
)
RENEWED = thing(
    "Certificate",
    "web-tls",
    metadata=meta(),
    spec={},
    status={"notAfter": iso(-60 * 86400), "conditions": [{"type": "Ready", "status": "True"}]},
)
COMPLETE = thing(
    "Job",
    "load",
    metadata=meta(),
    spec={},
    status={"succeeded": 1, "failed": 1, "conditions": [{"type": "Complete", "status": "True"}]},
)
TRIED = thing("Pod", "load-x", metadata=meta(ownerReferences=[{"kind": "Job", "name": "load"}]), spec={"containers": [{"name": "main"}]},
              status={"phase": "Failed", "containerStatuses": [{"name": "main", "ready": False, "state": {"terminated": ended(1, ago=4000)}}]})  # fmt: skip
HICCUP = 'Error creating: Internal error occurred: failed calling webhook "x.example": context deadline exceeded'
DOWN = {
    "phase": "Failed",
    "reason": "Terminated",
    "message": "Pod was terminated in response to imminent node shutdown.",
    "startTime": iso(10800),
}
CALM: dict[str, tuple[Things, str, dict[str, str]]] = {
    "left by a node's shutdown": ([*app(), leftover(DOWN)], "KubePodNotReady", {}),
    "one turn fell out": (cron(1), "KubeCronJobRunning", {"cronjob": "report"}),
    "a balancer that got its address": (balancer(loadBalancer={"ingress": [{"ip": "192.0.2.4"}]}), "ServiceNoAddress", {"service": "checkout"}),
    "a claim that nobody uses yet": ([*app(), claim("0", "spare", "Pending"), UNUSED], "HighLatency", {}),
    "recovered from a crash loop": ([*app(pods=[once(5, ended(1, ago=1900), 1880), WELL]), event("Pod", POD, "BackOff", "Back-off restarting failed container", ago=1900, count=20)], "KubePodCrashLooping", {"pod": POD}),
    "brought to nothing until there is work": (at_zero(SCALER), "KubeDeploymentReplicasMismatch", {}),
    "scaler saw no metrics once": ([*app(), hpa({"type": "ScalingLimited", "status": "False", "reason": "DesiredWithinRange", "message": "ok"}), event("HorizontalPodAutoscaler", "checkout", "FailedGetResourceMetric", "did not receive metrics", ago=1500)], "KubeHpaMaxedOut", {"horizontalpodautoscaler": "checkout"}),
    "a certificate that was renewed": ([*app(), RENEWED], "CertManagerCertExpirySoon", {"certificate": "web-tls"}),
    "a job that needed two tries": ([*app(), COMPLETE, TRIED], "KubeJobFailed", {"job_name": "load"}),
    "a webhook that failed once": ([*app(), event("ReplicaSet", SET, "FailedCreate", HICCUP, ago=1800)], "KubePodNotReady", {}),
    "a mount that was tried again": ([*app(), event("Pod", POD, "FailedMount", "failed to sync configmap cache: timed out waiting for the condition", ago=800)], "KubePodNotReady", {}),
}  # fmt: skip


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("name", CALM)
def test_what_only_looks_like_one_is_well(name: str, asked: bool):
    things, called, labels = CALM[name]
    labels = labels or {"deployment": "checkout"}
    question = {"kind": "question", "text": f"Is {next(iter(labels.values()))} in namespace shop all right?"}
    diagnosis = diagnose(sight(*things, *nodes(), ask=question if asked else alert(called, **labels)))
    assert diagnosis.verdict is Verdict.HEALTHY, [(one.key, str(one.about), one.confidence) for one in diagnosis.causes]


def test_what_is_throttled_all_the_time_has_its_chart_though_nothing_moves():
    counted = {"pod": POD, "container": "main"}
    metrics = [
        series("container_cpu_cfs_throttled_periods_total", [8.0 * step for step in range(40)], **counted),
        series("container_cpu_cfs_periods_total", [10.0 * step for step in range(40)], **counted),
    ]
    found = diagnose(sight(*app(), *nodes(), ask=alert("CPUThrottlingHigh", deployment="checkout"), metrics=metrics))
    assert found.chart is not None
    assert found.chart.name == "container_cpu_throttled_ratio"
