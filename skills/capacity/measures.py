"""What is watched of a cluster, a node, a namespace or a volume: the queries for use and for the ceiling."""

from dataclasses import dataclass
from typing import Literal

Target = Literal["cluster", "node", "namespace", "volume"]

_RUNNING = (
    "* on (namespace, pod) group_left () "
    '(max by (namespace, pod) (kube_pod_status_phase{{phase=~"Pending|Running"}}) == 1)'
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that can run out. `{match}` in a query is where label matchers go."""

    key: str
    """Its name in the wordings."""
    use: str
    ceiling: str
    """The same labels as `use`; empty where there is none."""
    unit: str
    labels: tuple[str, ...]
    """What tells one from another."""
    watched: bool = False
    """Only a share of the ceiling is safe, as users feel it before it is full."""
    resource: str = ""
    """The node resource it needs: cpu or memory; empty if nodes do not help."""


def _cluster(resource: str, use: str, unit: str) -> tuple[Measure, ...]:
    ceiling = f'sum(kube_node_status_allocatable{{{{resource="{resource}"{{match}}}}}})'
    asked = f'sum(kube_pod_container_resource_requests{{{{resource="{resource}"{{match}}}}}} {_RUNNING})'
    return (
        Measure(f"{resource}_use", f"sum({use})", ceiling, unit, (), watched=True, resource=resource),
        Measure(f"{resource}_requests", asked, ceiling, unit, (), resource=resource),
    )


_CPU = 'rate(container_cpu_usage_seconds_total{{container!="",container!="POD"{match}}}[5m])'
_MEMORY = 'container_memory_working_set_bytes{{container!="",container!="POD"{match}}}'

MEASURES: dict[Target, tuple[Measure, ...]] = {
    "cluster": (*_cluster("cpu", _CPU, "cores"), *_cluster("memory", _MEMORY, "bytes")),
    "node": (
        Measure(
            "cpu_use",
            f"sum by (node) ({_CPU})",
            'sum by (node) (kube_node_status_allocatable{{resource="cpu"{match}}})',
            "cores",
            ("node",),
            watched=True,
            resource="cpu",
        ),
        Measure(
            "memory_use",
            f"sum by (node) ({_MEMORY})",
            'sum by (node) (kube_node_status_allocatable{{resource="memory"{match}}})',
            "bytes",
            ("node",),
            watched=True,
            resource="memory",
        ),
    ),
    "namespace": (
        Measure(
            "quota",
            'max by (namespace, resource) (kube_resourcequota{{type="used"{match}}})',
            'min by (namespace, resource) (kube_resourcequota{{type="hard"{match}}})',
            "",
            ("namespace", "resource"),
        ),
        Measure("cpu_use", f"sum by (namespace) ({_CPU})", "", "cores", ("namespace",)),
        Measure("memory_use", f"sum by (namespace) ({_MEMORY})", "", "bytes", ("namespace",)),
    ),
    "volume": (
        Measure(
            "volume",
            "max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes{{{match}}})",
            "min by (namespace, persistentvolumeclaim) (kubelet_volume_stats_capacity_bytes{{{match}}})",
            "bytes",
            ("namespace", "persistentvolumeclaim"),
        ),
    ),
}
NAME_LABEL: dict[Target, str] = {
    "cluster": "",
    "node": "node",
    "namespace": "namespace",
    "volume": "persistentvolumeclaim",
}


def matchers(target: Target, name: str, namespace: str) -> str:
    """Label matchers for a name and a namespace that were checked to be plain names."""
    asked = {"namespace": namespace if target in ("namespace", "volume") else ""}
    if name:
        asked[NAME_LABEL[target]] = name
    return "".join(f',{label}="{value}"' for label, value in asked.items() if label and value)


def filled_in(query: str, match: str) -> str:
    """The query with its matchers; PromQL takes no comma at the beginning."""
    return query.format(match=match).replace("{,", "{")
