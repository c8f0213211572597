"""Kinds of faults, each in the words of the API server, the kubelet, a controller or a program."""

# ruff: noqa: E501, ISC004

from dataclasses import dataclass, field
from typing import Any

from bot.domain.finding import Category
from tests.think.diagnosis.kube import event, iso, thing
from tests.think.diagnosis.shop import (
    WELL,
    app,
    broken,
    ended,
    meta,
    node,
    nodes,
    pending,
    pod_name,
    running,
    waiting,
)

POD, SECOND, SET = pod_name(), pod_name(place=1), "checkout-6c9f7d5b8f"
DATA = pod_name("data", kind="StatefulSet")


@dataclass(frozen=True)
class Fault:
    """What is in the cluster, and what must be said of it."""

    things: list[dict[str, Any]]
    category: tuple[Category, ...]
    said: str
    root: tuple[str, ...] = ("checkout",)
    alert: str = "KubePodNotReady"
    labels: dict[str, str] = field(default_factory=lambda: {"deployment": "checkout"})
    logs: dict[str, list[str]] = field(default_factory=dict)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    never: tuple[str, ...] = ()
    """Actions that must not be proposed."""


def crash(code: int = 1, reason: str = "Error", restarts: int = 7, message: str = "") -> dict[str, Any]:
    back = f"back-off 5m0s restarting failed container=main pod={POD}_shop"
    return broken(waiting("CrashLoopBackOff", back, restarts, ended(code, reason, message=message)))


def crashing(*lines: str, code: int = 1, **more: Any) -> dict[str, Any]:
    objects = [*app(pods=[crash(code), crash(code)], **more), *nodes()]
    objects.append(event("Pod", POD, "BackOff", f"Back-off restarting failed container main in pod {POD}", count=40))
    return {"things": objects, "logs": {POD: list(lines)}, "alert": "KubePodCrashLooping"}


def stuck(reason: str, message: str, *said: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    status = broken(waiting(reason, message), phase="Pending")
    return [*app(pods=[status, WELL], **more), *nodes(), *said]


def unplaced(message: str, *said: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [
        *app(pods=[pending(message), WELL], **more),
        event("Pod", POD, "FailedScheduling", message, count=12),
        *(said or nodes()),
    ]


def env(kind: str, name: str, key: str) -> dict[str, Any]:
    return {"env": [{"name": "DB", "valueFrom": {kind: {"name": name, "key": key}}}]}


CONFIG = (Category.CONFIG,)
STARTING = {
    "configmap missing": Fault(
        stuck("CreateContainerConfigError", 'configmap "app-settings" not found'), CONFIG, "app-settings"
    ),
    "configmap without the key": Fault(
        [
            *stuck(
                "CreateContainerConfigError",
                "couldn't find key LOG_LEVEL in ConfigMap shop/app-settings",
                container=env("configMapKeyRef", "app-settings", "LOG_LEVEL"),
            ),
            thing("ConfigMap", "app-settings", data={"LOGLEVEL": "info"}),
        ],
        CONFIG,
        "LOG_LEVEL",
    ),
    "secret volume missing": Fault(
        [
            *app(
                pods=[broken(waiting("ContainerCreating"), phase="Pending")],
                pod_spec={"volumes": [{"name": "k", "secret": {"secretName": "api-key"}}]},
            ),
            event("Pod", POD, "FailedMount", 'MountVolume.SetUp failed for volume "k" : secret "api-key" not found'),
            *nodes(),
        ],
        CONFIG,
        "api-key",
    ),
    "command does not exist": Fault(
        stuck(
            "RunContainerError",
            'failed to create containerd task: exec: "/app/srv": stat /app/srv: no such file or directory: unknown',
        ),
        (Category.CONFIG, Category.RELEASE),
        "/app/srv",
    ),
    "must not run as root": Fault(
        stuck(
            "CreateContainerConfigError",
            "container has runAsNonRoot and image will run as root (pod: checkout, container: main)",
        ),
        CONFIG,
        "runAsNonRoot",
    ),
    "image tag missing": Fault(
        stuck(
            "ImagePullBackOff",
            'Back-off pulling image "registry.example/app:1.4.2"',
            event(
                "Pod",
                POD,
                "Failed",
                'Failed to pull image "registry.example/app:1.4.2": rpc error: code = NotFound desc = failed to pull and '
                'unpack image: failed to resolve reference "registry.example/app:1.4.2": not found',
            ),
        ),
        (Category.IMAGE,),
        "1.4.2",
        alert="KubeContainerWaiting",
    ),
    "registry wants a login": Fault(
        stuck(
            "ErrImagePull",
            "pull access denied for app, repository does not exist or may require 'docker login': denied: "
            "requested access to the resource is denied",
        ),
        (Category.IMAGE,),
        "denied",
    ),
    "registry limits pulls": Fault(
        stuck("ErrImagePull", "toomanyrequests: You have reached your unauthenticated pull rate limit"),
        (Category.IMAGE,),
        "rate limit",
    ),
    "image name invalid": Fault(
        stuck("InvalidImageName", 'couldn\'t parse image name "registry.example/App:1": must be lowercase'),
        (Category.IMAGE,),
        "lowercase",
    ),
    "image never pulled": Fault(
        stuck("ErrImageNeverPull", 'Container image "app:1" is not present with pull policy of Never'),
        (Category.IMAGE,),
        "Never",
    ),
    "wrong platform": Fault(
        {**crashing("exec /app/server: exec format error")}["things"],
        (Category.RELEASE, Category.IMAGE, Category.CONFIG),
        "exec format error",
        logs={POD: ["exec /app/server: exec format error"]},
    ),
    "init container fails": Fault(
        [
            *app(
                pods=[
                    {
                        "phase": "Pending",
                        "conditions": [{"type": "PodScheduled", "status": "True"}],
                        "initContainerStatuses": [
                            waiting("CrashLoopBackOff", "back-off", 6, ended(1), name="migrate"),
                        ],
                        "containerStatuses": [waiting("PodInitializing")],
                    }
                ]
            ),
            *nodes(),
        ],
        (Category.RELEASE,),
        "migrate",
        logs={POD: ['ERROR: relation "orders" does not exist', "migration 0042 failed"]},
    ),
    "init container waits for a service that is not there": Fault(
        [
            *app(
                pods=[
                    {
                        "phase": "Pending",
                        "conditions": [{"type": "PodScheduled", "status": "True"}],
                        "initContainerStatuses": [{**running(up=False), "name": "wait-for-db"}],
                        "containerStatuses": [waiting("PodInitializing")],
                    }
                ],
                pod_spec={"initContainers": [{"name": "wait-for-db", "command": ["sh", "-c", "until nc -z db 5432"]}]},
            ),
            *nodes(),
        ],
        (Category.DEPENDENCY, Category.NETWORK, Category.RELEASE, Category.CONFIG),
        "wait-for-db",
        logs={POD: ["nc: bad address 'db'", "waiting for db", "nc: bad address 'db'"]},
    ),
    "sidecar crashes": Fault(
        [
            *app(
                pods=[
                    broken(
                        running(),
                        containerStatuses=[
                            running(),
                            waiting("CrashLoopBackOff", "back-off", 9, ended(2), name="log-shipper"),
                        ],
                    ),
                    WELL,
                ]
            ),
            *nodes(),
        ],
        (Category.CONFIG,),
        "log-shipper",
        logs={POD: ["log-shipper: unknown flag: --retry-limit", "usage: shipper [options]"]},
    ),
    "network plugin": Fault(
        [
            *app(pods=[broken(waiting("ContainerCreating"), phase="Pending"), WELL]),
            event(
                "Pod",
                POD,
                "FailedCreatePodSandBox",
                'Failed to create pod sandbox: plugin type="calico" failed (add): error getting ClusterInformation: '
                "connection is unauthorized",
                count=15,
            ),
            *nodes(),
        ],
        (Category.NETWORK,),
        "calico",
    ),
    "lifecycle hook": Fault(
        [
            *app(pods=[crash(137), WELL]),
            event("Pod", POD, "FailedPostStartHook", "PostStartHook failed: exec: /warm.sh: not found", count=8),
            *nodes(),
        ],
        (Category.CONFIG, Category.RELEASE),
        "PostStartHook",
    ),
}

CRASHING = {
    "killed for memory": Fault(
        [*app(pods=[crash(137, "OOMKilled"), WELL]), *nodes()],
        (Category.RESOURCE,),
        "256Mi",
        alert="KubePodCrashLooping",
    ),
    "heap": Fault(
        **crashing("java.lang.OutOfMemoryError: Java heap space", "\tat com.shop.Cart.load(Cart.java:42)"),
        category=(Category.RESOURCE,),
        said="Java heap space",
    ),
    "panic": Fault(
        **crashing("starting", "panic: assignment to entry in nil map", "goroutine 1 [running]:", code=2),
        category=(Category.RELEASE,),
        said="nil map",
    ),
    "variable missing": Fault(
        **crashing("INFO boot", "Error: required env variable STRIPE_KEY is not defined"),
        category=CONFIG,
        said="STRIPE_KEY",
    ),
    "variable missing in Go": Fault(
        **crashing('{"level":"fatal","msg":"DATABASE_URL is not set"}'), category=CONFIG, said="DATABASE_URL"
    ),
    "variable missing in Spring": Fault(
        **crashing("Caused by: java.lang.IllegalArgumentException: Could not resolve placeholder 'shop.url' in value"),
        category=CONFIG,
        said="shop.url",
    ),
    "port in use": Fault(
        **crashing("listen tcp :8080: bind: address already in use"),
        category=(Category.CONFIG, Category.RELEASE),
        said="address already in use",
    ),
    "low port without right": Fault(
        **crashing("nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)"),
        category=(Category.CONFIG, Category.PERMISSION),
        said="Permission denied",
    ),
    "file not readable": Fault(
        **crashing("open /etc/app/tls.key: permission denied"),
        category=(Category.CONFIG, Category.PERMISSION),
        said="tls.key",
    ),
    "file missing": Fault(
        **crashing("FileNotFoundError: [Errno 2] No such file or directory: '/etc/app/rules.json'"),
        category=(Category.CONFIG, Category.RELEASE),
        said="rules.json",
    ),
    "module missing": Fault(
        **crashing("Error: Cannot find module 'express'", "code: 'MODULE_NOT_FOUND'"),
        category=(Category.RELEASE,),
        said="express",
    ),
    "json broken": Fault(
        **crashing("failed to load config: invalid character '}' looking for beginning of object key string"),
        category=CONFIG,
        said="invalid character",
    ),
    "flag unknown": Fault(
        **crashing("flag provided but not defined: -retry", "Usage of server:"), category=CONFIG, said="-retry"
    ),
    "database login": Fault(
        **crashing('psycopg2.OperationalError: FATAL: password authentication failed for user "shop"'),
        category=(Category.PERMISSION, Category.CONFIG),
        said="password authentication failed",
    ),
    "certificate expired": Fault(
        **crashing("tls: failed to verify certificate: x509: certificate has expired or is not yet valid"),
        category=(Category.CERTIFICATE,),
        said="expired",
    ),
    "certificate names another host": Fault(
        **crashing("javax.net.ssl.SSLHandshakeException: No subject alternative DNS name matching pay.example found"),
        category=(Category.CERTIFICATE,),
        said="pay.example",
    ),
    "name not found": Fault(
        **crashing("dial tcp: lookup paymnts.shop.svc.cluster.local on 10.96.0.10:53: no such host"),
        category=(Category.NETWORK, Category.CONFIG),
        said="paymnts",
    ),
    "rbac": Fault(
        **crashing(
            'pods is forbidden: User "system:serviceaccount:shop:default" cannot list resource "pods" in API group "" '
            'in the namespace "shop"'
        ),
        category=(Category.PERMISSION,),
        said="cannot list resource",
    ),
    "disk full": Fault(
        **crashing("write /data/wal.log: no space left on device"), category=(Category.STORAGE,), said="no space left"
    ),
    "read-only root": Fault(
        **crashing("OSError: [Errno 30] Read-only file system: '/tmp/cache'"),
        category=(Category.STORAGE, Category.CONFIG),
        said="Read-only",
    ),
    "queue away": Fault(
        **crashing("amqp: dial tcp 10.0.4.7:5672: connect: connection refused"),
        category=(Category.DEPENDENCY,),
        said="connection refused",
    ),
    "kafka away in Chinese": Fault(
        **crashing("错误: 无法连接 Kafka 集群 kafka-0:9092, 程序退出"), category=(Category.DEPENDENCY,), said="Kafka"
    ),
    "configuration in Chinese": Fault(
        **crashing("读取配置文件失败: /etc/app/app.yaml 第 12 行格式错误"), category=CONFIG, said="app.yaml"
    ),
    "migration": Fault(
        **crashing("sqlalchemy.exc.ProgrammingError: (1054, \"Unknown column 'orders.coupon' in 'field list'\")"),
        category=(Category.RELEASE,),
        said="coupon",
    ),
    "ends at once and well": Fault(
        [*app(pods=[crash(0, "Completed")], container={"command": ["sh", "-c", "echo hi"]}), *nodes()],
        (Category.RELEASE, Category.CONFIG),
        "Completed",
        logs={POD: ["hi"]},
    ),
    "killed by liveness": Fault(
        [
            *app(pods=[broken(running(9, ended(137, "Error"), up=False, since=20)), WELL]),
            event("Pod", POD, "Unhealthy", 'Liveness probe failed: Get "http://10.1.0.3:8081/healthz": dial tcp '
                  "10.1.0.3:8081: connect: connection refused", count=27),
            event("Pod", POD, "Killing", "Container main failed liveness probe, will be restarted", count=9),
            *nodes(),
        ],
        (Category.PROBE,),
        "8081",
        alert="KubePodCrashLooping",
        logs={POD: ["listening on :8080", "received SIGTERM, shutting down"]},
    ),
    "never ready": Fault(
        [
            *app(pods=[broken(running(up=False)), broken(running(up=False))]),
            event("Pod", POD, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404", count=300),
            *nodes(),
        ],
        (Category.PROBE,),
        "404",
    ),
    "slow to start": Fault(
        [
            *app(pods=[broken(running(4, ended(143, "Error"), up=False, since=25)), WELL]),
            event("Pod", POD, "Unhealthy", "Startup probe failed: command timed out after 1s", count=30),
            event("Pod", POD, "Killing", "Container main failed startup probe, will be restarted", count=4),
            *nodes(),
        ],
        (Category.PROBE,),
        "Startup probe",
    ),
}  # fmt: skip

PLACING = {
    "no cpu": Fault(
        unplaced("0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption "
                 "victims found for incoming pod."),
        (Category.SCHEDULING,), "cpu", alert="KubePodNotScheduled"),
    "no gpu": Fault(unplaced("0/3 nodes are available: 3 Insufficient nvidia.com/gpu."), (Category.SCHEDULING,), "gpu"),
    "selector": Fault(
        unplaced("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
                 pod_spec={"nodeSelector": {"disk": "ssd"}}),
        (Category.SCHEDULING,), "selector"),
    "anti-affinity": Fault(
        unplaced("0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules."),
        (Category.SCHEDULING,), "anti-affinity"),
    "taint": Fault(
        unplaced("0/3 nodes are available: 3 node(s) had untolerated taint {team: data}.",
                 node(taints=[{"key": "team", "value": "data", "effect": "NoSchedule"}])),
        (Category.SCHEDULING,), "team"),
    "cordoned": Fault(
        unplaced("0/3 nodes are available: 3 node(s) were unschedulable."), (Category.SCHEDULING,), "unschedulable"),
    "host port": Fault(
        unplaced("0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports."),
        (Category.SCHEDULING,), "port"),
    "spread": Fault(
        unplaced("0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints."),
        (Category.SCHEDULING,), "topology"),
    "quota": Fault(
        [*app(pods=[WELL]), *nodes(),
         event("ReplicaSet", SET, "FailedCreate", 'Error creating: pods "checkout-x" is forbidden: exceeded quota: '
               "team-shop, requested: limits.memory=256Mi, used: limits.memory=2Gi, limited: limits.memory=2Gi"),
         thing("ResourceQuota", "team-shop", spec={"hard": {"limits.memory": "2Gi"}},
               status={"hard": {"limits.memory": "2Gi"}, "used": {"limits.memory": "2Gi"}})],
        (Category.QUOTA,), "team-shop", ("team-shop", "checkout"), "KubeDeploymentReplicasMismatch"),
    "limit range": Fault(
        [*app(pods=[WELL]), *nodes(),
         event("ReplicaSet", SET, "FailedCreate", 'Error creating: pods "checkout-x" is forbidden: maximum cpu usage per '
               "Container is 200m, but limit is 500m")],
        (Category.QUOTA,), "maximum cpu"),
    "pod security": Fault(
        [*app(pods=[WELL]), *nodes(),
         event("ReplicaSet", SET, "FailedCreate", 'Error creating: pods "checkout-x" is forbidden: violates PodSecurity '
               '"restricted:latest": allowPrivilegeEscalation != false')],
        (Category.PERMISSION, Category.CONFIG), "PodSecurity"),
    "service account missing": Fault(
        [*app(pods=[WELL]), *nodes(),
         event("ReplicaSet", SET, "FailedCreate", 'Error creating: pods "checkout-x" is forbidden: error looking up '
               'service account shop/shop-sa: serviceaccount "shop-sa" not found')],
        (Category.PERMISSION, Category.CONFIG), "shop-sa"),
    "webhook away": Fault(
        [*app(pods=[WELL]), *nodes(),
         event("ReplicaSet", SET, "FailedCreate", 'Error creating: Internal error occurred: failed calling webhook '
               '"inject.mesh.example": failed to call webhook: Post "https://inj.mesh.svc:443/inject": dial tcp '
               "10.96.7.7:443: connect: connection refused")],
        (Category.DEPENDENCY, Category.CONFIG, Category.PERMISSION), "inject.mesh.example"),
    "node lost": Fault(
        [*app(pods=[{**broken(running()), "reason": "NodeLost"}, WELL]), node("node-a", ready="Unknown"),
         event("Node", "node-a", "NodeNotReady", "Node node-a status is now: NodeNotReady")],
        (Category.NODE,), "node-a", ("node-a",), "KubeNodeNotReady", {"node": "node-a"}),
    "node without memory": Fault(
        [*app(pods=[{"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}, WELL]),
         node("node-a", MemoryPressure="True")],
        (Category.NODE,), "MemoryPressure", ("node-a", "checkout"), "KubePodNotReady"),
    "node full": Fault(
        [*app(), node("node-a", DiskPressure="True"),
         event("Node", "node-a", "EvictionThresholdMet", "Attempting to reclaim ephemeral-storage")],
        (Category.NODE,), "DiskPressure", ("node-a",), "KubeletDiskPressure", {"node": "node-a"}),
    "storage class missing": Fault(
        [*app("data", [pending("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.")],
              kind="StatefulSet",
              pod_spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "d-data-0"}}]}),
         thing("PersistentVolumeClaim", "d-data-0", spec={"storageClassName": "fast-nvme"}, status={"phase": "Pending"}),
         event("PersistentVolumeClaim", "d-data-0", "ProvisioningFailed",
               'storageclass.storage.k8s.io "fast-nvme" not found', count=40), *nodes()],
        (Category.STORAGE,), "fast-nvme", ("d-data-0", "data"), "KubeStatefulSetReplicasMismatch",
        {"statefulset": "data"}),
    "claim missing": Fault(
        unplaced('0/3 nodes are available: persistentvolumeclaim "cart-data" not found.',
                 pod_spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "cart-data"}}]}),
        (Category.STORAGE,), "cart-data", ("checkout", "cart-data")),
    "volume held elsewhere": Fault(
        [*app(pods=[broken(waiting("ContainerCreating"), phase="Pending")]), *nodes(),
         event("Pod", POD, "FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already exclusively '
               "attached to one node and can't be attached to another", count=9)],
        (Category.STORAGE,), "Multi-Attach"),
    "volume in another zone": Fault(
        unplaced("0/3 nodes are available: 3 node(s) had volume node affinity conflict."),
        (Category.STORAGE, Category.SCHEDULING), "volume node affinity"),
    "evicted for ephemeral disk": Fault(
        [*app(pods=[{"phase": "Failed", "reason": "Evicted",
                     "message": "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi."}, WELL]),
         *nodes()],
        (Category.RESOURCE, Category.STORAGE), "ephemeral"),
}  # fmt: skip


def hpa(
    *conditions: dict[str, Any], name: str = "checkout", most: int = 5, now: int = 2, **more: Any
) -> dict[str, Any]:
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization",
                                                                        "averageUtilization": 70}}}  # fmt: skip
    return thing(
        "HorizontalPodAutoscaler",
        "checkout",
        metadata=meta(),
        spec={
            "minReplicas": 2,
            "maxReplicas": most,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "metrics": [metric],
        },
        status={"currentReplicas": now, "desiredReplicas": now, "conditions": list(conditions), **more},
    )


REACHING = {
    "selector typo": Fault(
        [*app(selector={"app": "chekout"}), *nodes()], (Category.NETWORK, Category.CONFIG), "app=chekout",
        alert="ServiceEndpointsDown", labels={"service": "checkout"}),
    "scaled to nothing": Fault(
        [*app(pods=[]), *nodes()], CONFIG, "0", alert="CheckoutUnreachable", labels={"service": "checkout"}),
    "named port that nobody has": Fault(
        [*app(container={"ports": [{"name": "web", "containerPort": 8080}]}), *nodes()],
        (Category.CONFIG, Category.NETWORK), "http", alert="CheckoutUnreachable", labels={"service": "checkout"}),
    "number of a port that nobody has": Fault(
        [*app(service=False), *nodes(),
         thing("Service", "checkout", metadata=meta(), spec={"selector": {"app": "checkout"},
               "ports": [{"port": 80, "targetPort": 8888}]})],
        (Category.CONFIG, Category.NETWORK), "8888", alert="CheckoutUnreachable", labels={"service": "checkout"},
        logs={pod_name("gateway"): ["connect() failed (111: Connection refused) while connecting to upstream, upstream: "
                                    "http://checkout:80/"]}),
    "ingress to no service": Fault(
        [*app(), *nodes(), thing("IngressClass", "nginx", ""),
         thing("Ingress", "shop", spec={"ingressClassName": "nginx", "rules": [{"host": "shop.example", "http": {
             "paths": [{"path": "/", "backend": {"service": {"name": "chekout", "port": {"number": 80}}}}]}}]})],
        (Category.CONFIG, Category.NETWORK), "chekout", ("shop",), "IngressBackendMissing", {"ingress": "shop"}),
    "ingress to no port": Fault(
        [*app(), *nodes(), thing("IngressClass", "nginx", ""),
         thing("Ingress", "shop", spec={"ingressClassName": "nginx", "rules": [{"host": "shop.example", "http": {
             "paths": [{"path": "/", "backend": {"service": {"name": "checkout", "port": {"number": 8443}}}}]}}]})],
        (Category.CONFIG, Category.NETWORK), "8443", ("shop",), "Ingress503", {"ingress": "shop"}),
    "ingress class missing": Fault(
        [*app(), *nodes(), thing("IngressClass", "nginx", ""),
         thing("Ingress", "shop", spec={"ingressClassName": "ngnix", "rules": []})],
        (Category.CONFIG, Category.NETWORK), "ngnix", ("shop",), "IngressNotServed", {"ingress": "shop"}),
    "tls secret missing": Fault(
        [*app(), *nodes(), thing("IngressClass", "nginx", ""), thing("Secret", "other"),
         thing("Ingress", "shop", spec={"ingressClassName": "nginx", "tls": [{"secretName": "shop-tls"}], "rules": []})],
        (Category.CERTIFICATE, Category.CONFIG), "shop-tls", ("shop",), "IngressCertificate", {"ingress": "shop"}),
    "policy closes all": Fault(
        [*app(), *nodes(),
         thing("NetworkPolicy", "lockdown", spec={"podSelector": {}, "policyTypes": ["Ingress"]})],
        (Category.NETWORK,), "lockdown", ("lockdown",), "CheckoutUnreachable",
        logs={POD: ["GET /healthz 200"], pod_name("gateway"): ["upstream request timeout: checkout:80"]}),
    "policy lets only another in": Fault(
        [*app(), *app("gateway"), *nodes(),
         thing("NetworkPolicy", "checkout-in", spec={"podSelector": {"matchLabels": {"app": "checkout"}},
               "policyTypes": ["Ingress"],
               "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "frontend"}}}]}]})],
        (Category.NETWORK,), "checkout-in", ("checkout-in", "checkout"), "GatewayTimeouts", {"deployment": "gateway"},
        logs={pod_name("gateway"): ["dial tcp 10.96.3.3:80: i/o timeout calling http://checkout:80/pay"] * 5}),
    "mesh denies": Fault(
        [*app(), *nodes(), thing("AuthorizationPolicy", "nothing", spec={})],
        (Category.NETWORK,), "nothing", ("nothing",), "CheckoutUnreachable"),
    "dns is down": Fault(
        [*app(), *nodes(),
         thing("Deployment", "coredns", "kube-system", metadata=meta(), spec={"replicas": 2},
               status={"replicas": 2, "unavailableReplicas": 2, "readyReplicas": 0})],
        (Category.NETWORK, Category.DEPENDENCY), "coredns", ("coredns", "checkout"), "CheckoutErrors",
        logs={POD: ["lookup db.shop.svc.cluster.local on 10.96.0.10:53: server misbehaving"] * 4}),
    "scaler without a target": Fault(
        [*app(), *nodes(), hpa({"type": "AbleToScale", "status": "False", "reason": "FailedGetScale",
                                "message": 'deployments/scale.apps "chekout" not found'}, name="chekout")],
        (Category.AUTOSCALING,), "chekout", ("checkout",), "KubeHpaReplicasMismatch",
        {"horizontalpodautoscaler": "checkout"}),
    "scaler without requests": Fault(
        [*app(container={"resources": {}}), *nodes(),
         hpa({"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric",
              "message": "the HPA was unable to compute the replica count: failed to get cpu utilization: missing "
              "request for cpu in container main of Pod checkout"})],
        (Category.AUTOSCALING,), "missing request", ("checkout",), "KubeHpaReplicasMismatch",
        {"horizontalpodautoscaler": "checkout"}),
    "scaler without metrics": Fault(
        [*app(), *nodes(),
         hpa({"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric",
              "message": "unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: "
              "the server could not find the requested resource (get pods.metrics.k8s.io)"})],
        (Category.AUTOSCALING,), "metrics API", ("checkout",), "KubeHpaReplicasMismatch",
        {"horizontalpodautoscaler": "checkout"}),
    "scaler at its end": Fault(
        [*app(pods=[WELL] * 5), *nodes(),
         hpa({"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas",
              "message": "the desired replica count is more than the maximum replica count"}, now=5,
             currentMetrics=[{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 96}}}])],
        (Category.AUTOSCALING,), "maxReplicas", ("checkout",), "KubeHpaMaxedOut",
        {"horizontalpodautoscaler": "checkout"}),
    "budget blocks": Fault(
        [*app(), *nodes(),
         thing("PodDisruptionBudget", "guard", spec={"minAvailable": 2,
               "selector": {"matchLabels": {"app": "checkout"}}}, status={"disruptionsAllowed": 0, "expectedPods": 2,
               "currentHealthy": 2, "desiredHealthy": 2,
               "conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods"}]})],
        (Category.CONFIG,), "minAvailable", ("guard",), "KubePodDisruptionBudgetBlocks",
        {"poddisruptionbudget": "guard"}),
    "job out of tries": Fault(
        [thing("Job", "nightly", metadata=meta(), spec={"backoffLimit": 3}, status={"failed": 4, "conditions": [
            {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": iso(300),
             "message": "Job has reached the specified backoff limit"}]}), *nodes()],
        (Category.JOB,), "backoff limit", ("nightly",), "KubeJobFailed", {"job_name": "nightly"}),
    "job too slow": Fault(
        [thing("Job", "nightly", metadata=meta(), spec={"activeDeadlineSeconds": 60}, status={"failed": 1, "conditions": [
            {"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "lastTransitionTime": iso(300),
             "message": "Job was active longer than specified deadline"}]}), *nodes()],
        (Category.JOB,), "deadline", ("nightly",), "KubeJobFailed", {"job_name": "nightly"}),
    "cron suspended": Fault(
        [thing("CronJob", "nightly", metadata=meta(), spec={"suspend": True, "schedule": "0 2 * * *"}), *nodes()],
        (Category.JOB,), "suspend", ("nightly",), "KubeCronJobNotRun", {"cronjob": "nightly"}),
    "cron schedule unreadable": Fault(
        [thing("CronJob", "nightly", metadata=meta(), spec={"schedule": "61 2 * * *"}), *nodes()],
        (Category.JOB,), "61 2", ("nightly",), "KubeCronJobNotRun", {"cronjob": "nightly"}),
    "cron job's pods cannot pull": Fault(
        [thing("CronJob", "nightly", metadata=meta(), spec={"schedule": "0 2 * * *"}),
         thing("Job", "nightly-29", metadata=meta(ownerReferences=[{"kind": "CronJob", "name": "nightly"}]),
               spec={"backoffLimit": 3}, status={"active": 1}),
         thing("Pod", "nightly-29-zz9zz", metadata=meta(labels={"job-name": "nightly-29"},
               ownerReferences=[{"kind": "Job", "name": "nightly-29"}]),
               status=broken(waiting("ImagePullBackOff", 'Back-off pulling image "backup:9": not found'), "Pending")),
         *nodes()],
        (Category.IMAGE, Category.JOB), "backup:9", ("nightly", "nightly-29"), "KubeCronJobNotRun",
        {"cronjob": "nightly"}),
    "volume full": Fault(
        [*app("data", kind="StatefulSet"), *nodes()], (Category.STORAGE,), "d-data-0", ("d-data-0", "data"),
        "KubePersistentVolumeFillingUp", {"persistentvolumeclaim": "d-data-0"}),
    "throttled": Fault(
        [*app(), *nodes()], (Category.RESOURCE,), "80%", ("checkout",), "CPUThrottlingHigh", {"pod": POD}),
    "hook without a service": Fault(
        [*app(), *nodes(),
         thing("ValidatingWebhookConfiguration", "guard", "", webhooks=[{"name": "v.guard.example",
               "failurePolicy": "Fail", "clientConfig": {"service": {"namespace": "guard", "name": "guard"}}}])],
        (Category.DEPENDENCY, Category.CONFIG), "guard", ("guard",), "ApiServerWebhookErrors", {"webhook": "guard"}),
    "certificate of the way in": Fault(
        [*app(), *nodes(), thing("Certificate", "shop-tls", status={"notAfter": iso(3600), "conditions": [
            {"type": "Ready", "status": "False", "reason": "Expired", "message": "Certificate expired"}]})],
        (Category.CERTIFICATE,), "shop-tls", ("shop-tls",), "CertificateExpired"),
    "binding to no role": Fault(
        [*app(), *nodes(), thing("Role", "writer"),
         thing("RoleBinding", "shop-reader", roleRef={"kind": "Role", "name": "reader"}, subjects=[])],
        (Category.PERMISSION,), "reader", ("shop-reader", "checkout"), "CheckoutErrors",
        logs={POD: ['configmaps is forbidden: User "system:serviceaccount:shop:default" cannot get resource '
                    '"configmaps" in API group "" in the namespace "shop"']}),
}  # fmt: skip


def series(name: str, values: list[float], **labels: str) -> dict[str, Any]:
    from tests.think.diagnosis.kube import NOW

    start = NOW - 30 * (len(values) - 1)
    return {
        "metric": {"__name__": name, "namespace": "shop", **labels},
        "values": [[start + 30 * at, str(value)] for at, value in enumerate(values)],
    }


REACHING["volume full"].metrics.extend(
    [
        series(
            "kubelet_volume_stats_used_bytes", [9.6e9 + 1e6 * n for n in range(40)], persistentvolumeclaim="d-data-0"
        ),
        series("kubelet_volume_stats_capacity_bytes", [1e10] * 40, persistentvolumeclaim="d-data-0"),
    ]
)
REACHING["throttled"].metrics.extend(
    [
        series("container_cpu_cfs_throttled_periods_total", [8 * n for n in range(40)], pod=POD, container="main"),
        series("container_cpu_cfs_periods_total", [10 * n for n in range(40)], pod=POD, container="main"),
    ]
)
FAULTS = {**STARTING, **CRASHING, **PLACING, **REACHING}
