"""The metric queries of a live look: golden signals, who calls whom, and what runs full. Common exporters' names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """A name of ours and the expression that fills it."""

    name: str
    promql: str


def metric_queries(namespaces: list[str]) -> list[Query]:
    """For these namespaces; for all, when none is known."""
    within = f'namespace=~"{"|".join(namespaces)}"' if namespaces else 'namespace!=""'
    return [*_raw(within), *_golden(within), *_mesh(within)]


def _raw(within: str) -> list[Query]:
    """Series as the exporters have them: the looks know these names."""
    names = (
        "kube_pod_container_resource_limits",
        "kube_pod_container_status_restarts_total",
        "kubelet_volume_stats_used_bytes",
        "kubelet_volume_stats_capacity_bytes",
        "kube_horizontalpodautoscaler_status_condition",
        "kube_horizontalpodautoscaler_spec_max_replicas",
    )
    found = [Query(name, f"{name}{{{within}}}") for name in names]
    memory = f'container_memory_working_set_bytes{{{within},container!="",container!="POD"}}'
    held, periods = "container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total"
    return [
        *found,
        Query("container_memory_working_set_bytes", memory),
        Query(held, f'{held}{{{within},container!=""}}'),
        Query(periods, f'{periods}{{{within},container!=""}}'),
        Query("pg_settings_max_connections", f"pg_settings_max_connections{{{within}}}"),
        Query("pg_stat_activity_count", f"sum by (namespace, pod, instance) (pg_stat_activity_count{{{within}}})"),
        Query("node_filesystem_avail_bytes", 'node_filesystem_avail_bytes{mountpoint=~"/|/var.*"}'),
        Query("node_filesystem_size_bytes", 'node_filesystem_size_bytes{mountpoint=~"/|/var.*"}'),
    ]


def _golden(within: str) -> list[Query]:
    """Latency, failures and load of each service; CPU of each pod against its limit."""
    by = "sum by (namespace, service)"
    seconds, count = "http_request_duration_seconds_sum", "http_request_duration_seconds_count"
    failed = f'{by} (rate(http_requests_total{{{within},code=~"5.."}}[2m]))'
    failed_too = f'{by} (rate(http_requests_total{{{within},status=~"5.."}}[2m]))'
    total = f"{by} (rate(http_requests_total{{{within}}}[2m]))"
    used = f'sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{{{within},container!=""}}[2m]))'
    limit = f'sum by (namespace, pod) (kube_pod_container_resource_limits{{{within},resource="cpu"}})'
    mean = f"{by} (rate({seconds}{{{within}}}[2m])) / {by} (rate({count}{{{within}}}[2m]))"
    return [
        Query("service_latency_average", mean),
        Query("service_availability_average", f"1 - (({failed} or {failed_too}) / {total})"),
        Query("service_requests_sum", f"60 * {total}"),
        Query("pod_cpu_usage_percent", f"100 * {used} / {limit}"),
    ]


def _mesh(within: str) -> list[Query]:
    """Calls between services, where a mesh counts them."""
    workload = within.replace("namespace", "destination_workload_namespace", 1)
    by = "sum by (source_workload, destination_workload)"
    total = "istio_request_duration_milliseconds"
    mean = f"{by} (rate({total}_sum{{{workload}}}[2m])) / {by} (rate({total}_count{{{workload}}}[2m])) / 1000"
    return [Query("edge_latency_average", mean)]
