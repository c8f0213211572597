"""What is watched of clusters, pools, nodes, namespaces, workloads and volumes: the queries for use and ceiling."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Target = Literal["cluster", "pool", "node", "namespace", "workload", "volume"]
Labels = tuple[str, ...]

POOL_LABELS = (
    "karpenter_sh_nodepool",
    "cloud_google_com_gke_nodepool",
    "eks_amazonaws_com_nodegroup",
    "kubernetes_azure_com_agentpool",
    "alibabacloud_com_nodepool_id",
    "node_kubernetes_io_pool",
)
"""Node labels that tell the pool, as kube-state-metrics writes them where --metric-labels-allowlist lets it."""

_CPU = 'rate(container_cpu_usage_seconds_total{{container!="",container!="POD"{match}}}[5m])'
_MEMORY = 'container_memory_working_set_bytes{{container!="",container!="POD"{match}}}'
_USE = {"cpu": _CPU, "memory": _MEMORY}
_UNITS = {"cpu": "cores", "memory": "bytes"}
_RUNNING = (
    "* on (namespace, pod) group_left () "
    '(max by (namespace, pod) (kube_pod_status_phase{{phase=~"Pending|Running"}}) == 1)'
)
_POOLS = "max by (node, pool) ({})".format(
    " or ".join(
        f'label_replace(kube_node_labels{{{{label_{label}!=""}}}}, "pool", "$1", "label_{label}", "(.+)")'
        for label in POOL_LABELS
    )
)
_OWNERS = (
    "max by (namespace, pod, workload) ("
    'label_replace(kube_pod_owner{{owner_kind="ReplicaSet"{match}}}, "workload", "$1", "owner_name", "(.+)-[^-]+") or '
    'label_replace(kube_pod_owner{{owner_kind=~"StatefulSet|DaemonSet"{match}}}, '
    '"workload", "$1", "owner_name", "(.+)"))'
)
_SCALED = (
    'max by (namespace, workload) (label_replace({metric}{{{{namespace!=""{{match}}}}}} '
    "* on (namespace, horizontalpodautoscaler) group_left (scaletargetref_name) kube_horizontalpodautoscaler_info, "
    '"workload", "$1", "scaletargetref_name", "(.+)"))'
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
    labels: Labels
    """What tells one from another."""
    watched: bool = False
    """Only a share of the ceiling is safe, as users feel it before it is full."""
    resource: str = ""
    """The node resource it needs: cpu or memory; empty if nodes do not help."""
    named: str = ""
    """The matcher of names within the queries, `{names}` being a regular expression; empty: there is none."""


def _asked(what: str, resource: str) -> str:
    """Requests or limits of pods that hold their place."""
    return f'kube_pod_container_resource_{what}{{{{resource="{resource}"{{match}}}}}} {_RUNNING}'


def _sum(by: str, what: str) -> str:
    return f"sum by ({by}) ({what})" if by else f"sum({what})"


def _of_pools(what: str) -> str:
    return f"sum by (pool) (sum by (node) ({what}) * on (node) group_left (pool) {_POOLS})"


def _of_workloads(what: str) -> str:
    return (
        f"sum by (namespace, workload) (sum by (namespace, pod) ({what}) "
        f"* on (namespace, pod) group_left (workload) {_OWNERS})"
    )


def _of_nodes(by: Labels, named: str) -> tuple[Measure, ...]:
    """Use and requests against what nodes can give: of the cluster, of pools and of single nodes."""
    found = []
    for resource in ("cpu", "memory"):
        room = f'kube_node_status_allocatable{{{{resource="{resource}"{{match}}}}}}'
        for key, what, watched in (("use", _USE[resource], True), ("requests", _asked("requests", resource), False)):
            use, ceiling = (_of_pools(what), _of_pools(room)) if by == ("pool",) else _both(",".join(by), what, room)
            unit = _UNITS[resource]
            found.append(Measure(f"{resource}_{key}", use, ceiling, unit, by, watched, resource, named))
    return tuple(found)


def _both(by: str, what: str, room: str) -> tuple[str, str]:
    return _sum(by, what), _sum(by, room)


def _of_namespaces() -> tuple[Measure, ...]:
    quota = '{by} by (namespace, resource) (kube_resourcequota{{{{type="{kind}"{{match}}}}}})'
    by, named = ("namespace",), 'namespace=~"{names}"'
    found = [
        Measure(
            "quota",
            quota.format(by="max", kind="used"),
            quota.format(by="min", kind="hard"),
            "",
            ("namespace", "resource"),
            named=named,
        )
    ]
    for resource, unit in _UNITS.items():
        for key, what in (
            ("use", _USE[resource]),
            *((each, _asked(each, resource)) for each in ("requests", "limits")),
        ):
            found.append(Measure(f"{resource}_{key}", _sum("namespace", what), "", unit, by, named=named))
    return tuple(found)


def _of_all_workloads() -> tuple[Measure, ...]:
    by, named = ("namespace", "workload"), 'pod=~"({names})-.+"'
    found = []
    for resource, unit in _UNITS.items():
        use, ceiling = _of_workloads(_USE[resource]), _of_workloads(_asked("limits", resource))
        asked = _of_workloads(_asked("requests", resource))
        found.append(Measure(f"{resource}_use", use, ceiling, unit, by, resource == "cpu", named=named))
        found.append(Measure(f"{resource}_requests", asked, "", unit, by, named=named))
    now = _SCALED.format(metric="kube_horizontalpodautoscaler_status_current_replicas")
    most = _SCALED.format(metric="kube_horizontalpodautoscaler_spec_max_replicas")
    return (*found, Measure("replicas", now, most, "", by))


MEASURES: dict[Target, tuple[Measure, ...]] = {
    "cluster": _of_nodes((), ""),
    "pool": _of_nodes(("pool",), ""),
    "node": _of_nodes(("node",), 'node=~"{names}"'),
    "namespace": _of_namespaces(),
    "workload": _of_all_workloads(),
    "volume": (
        Measure(
            "volume",
            'max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes{{namespace!=""{match}}})',
            'min by (namespace, persistentvolumeclaim) (kubelet_volume_stats_capacity_bytes{{namespace!=""{match}}})',
            "bytes",
            ("namespace", "persistentvolumeclaim"),
            named='persistentvolumeclaim=~"{names}"',
        ),
    ),
}
NAME_LABEL: dict[Target, str] = {
    "cluster": "",
    "pool": "pool",
    "node": "node",
    "namespace": "namespace",
    "workload": "workload",
    "volume": "persistentvolumeclaim",
}


@dataclass(frozen=True, slots=True)
class Which:
    """Those that are asked for, by their plain names; empty: all."""

    names: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()

    def matchers(self, measure: Measure) -> str:
        """As the queries of this measure take them."""
        told = measure.named.format(names=_any(self.names)) if self.names and measure.named else ""
        if self.namespaces and "namespace" in measure.labels and "namespace=" not in told:
            told = ",".join(part for part in (f'namespace=~"{_any(self.namespaces)}"', told) if part)
        return f",{told}" if told else ""

    def of_labels(self, label: str, measure: Measure) -> str:
        """As a recorded series takes them, whose labels are those of the measure."""
        asked = {label: self.names, "namespace": self.namespaces if label != "namespace" else ()}
        told = (f'{key}=~"{_any(values)}"' for key, values in asked.items() if values and key in measure.labels)
        return ",".join(told)

    def takes(self, label: str, measure: Measure, key: Sequence[str]) -> bool:
        """Whether a series with this key is one of those: matchers within a query may let others pass."""
        if not self.names or label not in measure.labels:
            return True
        return key[measure.labels.index(label)] in self.names


def recorded_as(target: Target, measure: Measure) -> str:
    """The name of the recorded series of a use (helm/rules/capacity.yaml)."""
    return f"dutybot:{target}_{measure.key}"


def filled_in(query: str, match: str) -> str:
    """The query with its matchers; PromQL takes no comma at the beginning."""
    return query.format(match=match).replace("{,", "{")


def _any(names: Iterable[str]) -> str:
    """A regular expression for these names, as it stands within quotes."""
    escaped = (re.sub(r"([.\\+*?()|\[\]{}^$])", r"\\\1", name) for name in sorted(set(names)) if name)
    return "|".join(escaped).replace("\\", "\\\\").replace('"', '\\"')
