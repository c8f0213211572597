"""The alert rules of the pretend shop."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """One rule: what it asks, how long it waits, and what it says."""

    name: str
    expression: str
    wait: float
    severity: str
    annotations: Mapping[str, str]


def _rule(name: str, expression: str, wait: float, severity: str, summary: str, description: str) -> AlarmRule:
    return AlarmRule(name, expression, wait, severity, {"summary": summary, "description": description})


_CONTAINER = "namespace, pod, container"
RULES: tuple[AlarmRule, ...] = (
    _rule(
        "HighErrorRate",
        'sum by (namespace, service) (rate(http_requests_total{code=~"5.."}[2m])) '
        "/ sum by (namespace, service) (rate(http_requests_total[2m])) > 0.05",
        30,
        "critical",
        "{service} answers many requests with errors",
        "{service} in {namespace} has answered a share of {value} of its requests with 5xx over the last 2 minutes.",
    ),
    _rule(
        "HighLatency",
        "histogram_quantile(0.99, "
        "sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket[2m]))) > 1",
        60,
        "warning",
        "{service} is slow",
        "The slowest hundredth of requests to {service} in {namespace} takes longer than {value} seconds.",
    ),
    _rule(
        "DatabasePoolExhausted",
        "sum by (namespace, service, pool) (hikaricp_connections_pending) > 5",
        60,
        "critical",
        "{service} waits for database connections",
        "{value} requests of {service} wait for a connection of pool {pool}.",
    ),
    _rule(
        "ContainerOOMKilled",
        "sum by (namespace, pod, container) (increase(kube_pod_container_status_restarts_total[5m])) > 0 "
        'and on (namespace, pod, container) kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1',
        0,
        "critical",
        "{pod} ran out of memory",
        "Container {container} of {namespace}/{pod} was killed for using more memory than its limit.",
    ),
    _rule(
        "KubePodCrashLooping",
        f'max by ({_CONTAINER}) (kube_pod_container_status_waiting_reason{{reason="CrashLoopBackOff"}}) > 0 '
        "unless on (namespace, pod, container) "
        'kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1',
        30,
        "critical",
        "{pod} keeps crashing",
        "Container {container} of {namespace}/{pod} is in CrashLoopBackOff.",
    ),
    _rule(
        "KubePodImagePullFailing",
        f'max by ({_CONTAINER}) (kube_pod_container_status_waiting_reason{{reason=~"ImagePull.*|ErrImage.*"}}) > 0',
        30,
        "warning",
        "{pod} cannot pull its image",
        "Container {container} of {namespace}/{pod} has been waiting for its image.",
    ),
    _rule(
        "KubePodConfigError",
        f'max by ({_CONTAINER}) (kube_pod_container_status_waiting_reason{{reason="CreateContainerConfigError"}}) > 0',
        30,
        "warning",
        "{pod} cannot be configured",
        "Container {container} of {namespace}/{pod} names a configuration that is not there.",
    ),
    _rule(
        "KubePodPending",
        'max by (namespace, pod) (kube_pod_status_phase{phase="Pending"}) == 1 '
        "unless on (namespace, pod) kube_pod_container_status_waiting_reason == 1",
        90,
        "warning",
        "{pod} finds no node",
        "Pod {namespace}/{pod} has been pending.",
    ),
    _rule(
        "KubeDeploymentReplicasMismatch",
        "kube_deployment_spec_replicas > kube_deployment_status_replicas_available",
        120,
        "warning",
        "{deployment} has fewer pods than it should",
        "Deployment {namespace}/{deployment} has fewer than {value} available replicas.",
    ),
    _rule(
        "NodeMemoryPressure",
        "max by (node) (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) > 0.9",
        30,
        "critical",
        "{node} is short of memory",
        "A share of {value} of the memory of {node} is in use; its pods are slow and may be evicted.",
    ),
    _rule(
        "NodeDiskPressure",
        'max by (node) (kube_node_status_condition{condition="DiskPressure", status="true"}) == 1',
        30,
        "critical",
        "{node} is short of disk",
        "The disk of {node} is nearly full; no new pods are placed there.",
    ),
    _rule(
        "PersistentVolumeFillingUp",
        "min by (namespace, persistentvolumeclaim) "
        "(kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes) < 0.1 "
        "or min by (namespace, persistentvolumeclaim) "
        "(predict_linear(kubelet_volume_stats_available_bytes[30m], 4 * 3600)) < 0 "
        "and on (namespace, persistentvolumeclaim) "
        "kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes < 0.4",
        60,
        "warning",
        "{persistentvolumeclaim} is filling up",
        "Volume {persistentvolumeclaim} in {namespace} will be full within hours.",
    ),
)
