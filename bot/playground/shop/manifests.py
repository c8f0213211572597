"""The manifests of the shop and of what it stands on, as somebody would have applied them."""

from typing import Any

from bot.playground.kube.kinds import Manifest
from bot.playground.shop.services import NAMESPACE, NODE_CORES, NODE_DISK, NODES, SERVICES, Service


def _made(api: str, kind: str, name: str, namespace: str = "", **fields: Any) -> Manifest:
    meta: Manifest = {"name": name, **fields.pop("meta", {})}
    if namespace:
        meta["namespace"] = namespace
    return {"apiVersion": api, "kind": kind, "metadata": meta, **fields}


def ground() -> list[Manifest]:
    """Namespaces, nodes, classes: what must be there first."""
    spaces = [
        _made("v1", "Namespace", name, spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
        for name in ("default", "kube-system", "monitoring", NAMESPACE)
    ]
    classes = [
        _made(
            "storage.k8s.io/v1",
            "StorageClass",
            "standard",
            provisioner="csi.example.com",
            allowVolumeExpansion=True,
            reclaimPolicy="Delete",
            volumeBindingMode="Immediate",
            meta={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        )
    ]
    return [*spaces, *classes, *(node(name, address) for name, address in NODES)]


def node(name: str, address: str) -> Manifest:
    """A node, ready."""
    room = {
        "cpu": str(NODE_CORES),
        "memory": f"{8 * 2**20}Ki",
        "pods": "110",
        "ephemeral-storage": f"{NODE_DISK // 1024}Ki",
    }
    conditions = [
        {"type": kind, "status": "True" if kind == "Ready" else "False", "reason": reason, "message": message}
        for kind, reason, message in (
            ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ("Ready", "KubeletReady", "kubelet is posting ready status"),
        )
    ]
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": f"zone-{'ab'[int(name[-1]) % 2]}",
    }
    return _made(
        "v1",
        "Node",
        name,
        meta={"labels": labels},
        spec={"podCIDR": f"10.42.{name[-1]}.0/24"},
        status={
            "capacity": room,
            "allocatable": {**room, "cpu": "3900m", "memory": f"{7 * 2**20 + 512 * 1024}Ki"},
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "nodeInfo": {
                "kubeletVersion": "v1.37.2",
                "osImage": "Debian GNU/Linux 12 (bookworm)",
                "kernelVersion": "6.1.0-40-amd64",
                "containerRuntimeVersion": "containerd://2.1.4",
                "architecture": "amd64",
                "operatingSystem": "linux",
            },
        },
    )


def _workload(kind: str, namespace: str, name: str, container: Manifest, replicas: int | None, **more: Any) -> Manifest:
    labels = {"app": name, "app.kubernetes.io/name": name, **more.pop("labels", {})}
    pod = {"containers": [{"name": name, **container}], **more.pop("pod", {})}
    spec: Manifest = {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": labels}, "spec": pod},
        **more,
    }
    if replicas is not None:
        spec["replicas"] = replicas
    return _made("apps/v1", kind, name, namespace, meta={"labels": labels}, spec=spec)


def service_manifests(service: Service) -> list[Manifest]:
    """A service of the shop in its first version: its deployment, its address and its configuration."""
    probe = {"httpGet": {"path": "/healthz", "port": service.port}, "periodSeconds": 10, "failureThreshold": 3}
    env = [
        {"name": "LOG_LEVEL", "value": "info"},
        {"name": "DB_HOST", "value": "postgres.shop.svc"},
        *([{"name": "DB_POOL_MAX", "value": str(service.pool)}] if service.pool else []),
    ]
    container = {
        "image": service.tagged(service.versions[0][1]),
        "ports": [{"name": "http", "containerPort": service.port}],
        "env": env,
        "envFrom": [{"configMapRef": {"name": f"{service.name}-config"}}],
        "resources": {
            "requests": dict(zip(("cpu", "memory"), service.requests, strict=True)),
            "limits": dict(zip(("cpu", "memory"), service.limits, strict=True)),
        },
        "readinessProbe": probe,
        "livenessProbe": {**probe, "initialDelaySeconds": 20},
    }
    labels = {"app.kubernetes.io/part-of": "shop", "team": "payments" if "pay" in service.name else "shop"}
    deployment = _workload("Deployment", NAMESPACE, service.name, container, service.replicas, labels=labels)
    deployment["metadata"]["annotations"] = {"kubernetes.io/change-cause": f"release {service.versions[0][1]}"}
    config = {
        "FEATURE_FAST_CHECKOUT": "true",
        "REQUEST_TIMEOUT_MS": "2000",
        "UPSTREAMS": ",".join(n for n, _ in service.calls),
    }
    return [
        _made("v1", "ConfigMap", f"{service.name}-config", NAMESPACE, data=config),
        deployment,
        _address(NAMESPACE, service.name, service.port),
    ]


def _address(namespace: str, name: str, port: int) -> Manifest:
    return _made(
        "v1",
        "Service",
        name,
        namespace,
        meta={"labels": {"app": name}},
        spec={
            "type": "ClusterIP",
            "selector": {"app": name},
            "clusterIP": f"10.43.0.{sum(map(ord, name)) % 250 + 2}",
            "ports": [{"name": "http", "port": port, "targetPort": port, "protocol": "TCP"}],
        },
    )


def _store(name: str, image: str, port: int, memory: str, size: str) -> list[Manifest]:
    claim = f"data-{name}-0"
    container = {
        "image": image,
        "ports": [{"name": name, "containerPort": port}],
        "resources": {"requests": {"cpu": "500m", "memory": memory}, "limits": {"cpu": "2", "memory": memory}},
        "volumeMounts": [{"name": "data", "mountPath": "/var/lib/data"}],
    }
    pod = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]}
    return [
        _made(
            "v1",
            "PersistentVolumeClaim",
            claim,
            NAMESPACE,
            meta={"labels": {"app": name}},
            spec={
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "standard",
                "volumeMode": "Filesystem",
                "resources": {"requests": {"storage": size}},
            },
        ),
        _workload("StatefulSet", NAMESPACE, name, container, 1, pod=pod, serviceName=name),
        _address(NAMESPACE, name, port),
    ]


def _plain(kind: str, namespace: str, name: str, image: str, replicas: int | None, cpu: str, memory: str) -> Manifest:
    container = {
        "image": image,
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}},
    }
    pod = {"tolerations": [{"operator": "Exists"}]} if kind == "DaemonSet" else {}
    return _workload(kind, namespace, name, container, replicas, pod=pod)


_PLATFORM: tuple[tuple[str, str, str, str, int | None, str, str], ...] = (
    ("Deployment", "kube-system", "coredns", "registry.k8s.io/coredns/coredns:v1.12.1", 2, "100m", "170Mi"),
    ("Deployment", "kube-system", "metrics-server", "registry.k8s.io/metrics-server:v0.8.0", 1, "100m", "200Mi"),
    ("DaemonSet", "kube-system", "kube-proxy", "registry.k8s.io/kube-proxy:v1.37.2", None, "50m", "64Mi"),
    ("DaemonSet", "monitoring", "node-exporter", "quay.io/prometheus/node-exporter:v1.9.1", None, "50m", "64Mi"),
    ("Deployment", "monitoring", "prometheus", "quay.io/prometheus/prometheus:v3.16.0", 1, "300m", "1Gi"),
    ("Deployment", "monitoring", "loki", "docker.io/grafana/loki:3.7.8", 1, "200m", "768Mi"),
    ("Deployment", "monitoring", "alertmanager", "quay.io/prometheus/alertmanager:v0.31.1", 1, "50m", "128Mi"),
    ("Deployment", "monitoring", "kube-state-metrics", "registry.k8s.io/kube-state-metrics:v2.17.0", 1, "50m", "128Mi"),
)


def _entrance() -> Manifest:
    backend = {"service": {"name": "gateway", "port": {"number": 8080}}}
    rule = {"host": "shop.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    spec = {"ingressClassName": "nginx", "rules": [rule]}
    return _made("networking.k8s.io/v1", "Ingress", "shop", NAMESPACE, spec=spec)


def _scaler() -> Manifest:
    target = {"type": "Utilization", "averageUtilization": 70}
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gateway"},
        "minReplicas": 3,
        "maxReplicas": 6,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    conditions = [
        {"type": kind, "status": "True", "reason": reason, "message": message}
        for kind, reason, message in (
            ("AbleToScale", "ReadyForNewScale", "recommended size matches current size"),
            ("ScalingActive", "ValidMetricFound", "the HPA was able to successfully calculate a replica count"),
        )
    ]
    status = {"currentReplicas": 3, "desiredReplicas": 3, "conditions": conditions}
    return _made("autoscaling/v2", "HorizontalPodAutoscaler", "gateway", NAMESPACE, spec=spec, status=status)


def first() -> list[Manifest]:
    """All that was applied on the first day."""
    shop = [manifest for service in SERVICES for manifest in service_manifests(service)]
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "order-service"}}}
    quota = {"hard": {"pods": "60", "requests.cpu": "14", "requests.memory": "26Gi"}}
    return [
        *_store("postgres", "postgres:17.2", 5432, "1Gi", "20Gi"),
        *_store("redis", "redis:7.4.1", 6379, "256Mi", "5Gi"),
        *shop,
        _made("policy/v1", "PodDisruptionBudget", "order-service", NAMESPACE, spec=budget),
        _entrance(),
        _scaler(),
        _made("v1", "ResourceQuota", "shop", NAMESPACE, spec=quota),
        *(_plain(*row) for row in _PLATFORM),
    ]
