"""How CPU, memory and disk are asked for: several ways each, as exporters differ; the first that answers serves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from skills.evidence import Series
from skills.prometheus.promql import quoted

_CONTAINERS = ('container!="",container!="POD"', 'pod!=""')
"""Recent cAdvisor names each container; some report whole pods only."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One thing that nodes use up."""

    name: str
    unit: str
    missing: tuple[str, str]
    """The gap, when nobody measures it."""
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PodGauge(Gauge):
    """One thing that pods use up."""

    figure: str = ""
    limit: str = ""
    ranked_by: str = ""
    charted_by: str = ""

    def ranking(self, where: str, seconds: int, most: int) -> Iterator[tuple[str, str]]:
        """Who used most over the whole stretch, and how the containers were chosen."""
        for chosen in _CONTAINERS:
            inner = self.ranked_by.replace("$chosen", chosen + where).replace("$range", f"{seconds}s")
            yield chosen + where, f"topk({most}, sum by (namespace, pod) ({inner}))"

    def chart(self, pods: list[Series], chosen: str) -> str:
        """These pods, moment by moment."""
        names = "|".join(re.escape(each.labels.get("pod", "")) for each in pods)
        inner = self.charted_by.replace("$chosen", f"{chosen},pod=~{quoted(names)}")
        return f"sum by (namespace, pod) ({inner})"

    def limits(self, where: str) -> str:
        """How much they may use."""
        return f"sum by (namespace, pod) (kube_pod_container_resource_limits{{resource={quoted(self.limit)}{where}}})"


POD_USAGE = {
    "cpu": PodGauge(
        name="cpu",
        unit="cores",
        missing=(
            "No CPU of containers is recorded here (container_cpu_usage_seconds_total).",
            "这里没有记录容器的 CPU（container_cpu_usage_seconds_total）。",
        ),
        figure="mean",
        limit="cpu",
        ranked_by="rate(container_cpu_usage_seconds_total{$chosen}[$range])",
        charted_by="rate(container_cpu_usage_seconds_total{$chosen}[5m])",
    ),
    "memory": PodGauge(
        name="memory",
        unit="bytes",
        missing=(
            "No memory of containers is recorded here (container_memory_working_set_bytes).",
            "这里没有记录容器的内存（container_memory_working_set_bytes）。",
        ),
        figure="most",
        limit="memory",
        ranked_by="max_over_time(container_memory_working_set_bytes{$chosen}[$range])",
        charted_by="container_memory_working_set_bytes{$chosen}",
    ),
}

_DISKS = 'fstype!~"tmpfs|overlay|squashfs|ramfs|devtmpfs",mountpoint!~"/(boot|run).*"'

NODE_USAGE = (
    Gauge(
        "CPU",
        "ratio",
        (
            "No CPU of nodes is recorded here (node_cpu_seconds_total).",
            "这里没有记录节点的 CPU（node_cpu_seconds_total）。",
        ),
        (
            '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$window]))',
            (
                'sum by (node) (rate(container_cpu_usage_seconds_total{id="/"}[$window]))'
                " / sum by (node) (machine_cpu_cores)"
            ),
            (
                'sum by (node) (rate(container_cpu_usage_seconds_total{container!="",container!="POD"}[$window]))'
                ' / on (node) sum by (node) (kube_node_status_allocatable{resource="cpu"})'
            ),
        ),
    ),
    Gauge(
        "memory",
        "ratio",
        (
            "No memory of nodes is recorded here (node_memory_MemAvailable_bytes).",
            "这里没有记录节点的内存（node_memory_MemAvailable_bytes）。",
        ),
        (
            "1 - sum by (instance) (node_memory_MemAvailable_bytes) / sum by (instance) (node_memory_MemTotal_bytes)",
            'sum by (node) (container_memory_working_set_bytes{id="/"}) / sum by (node) (machine_memory_bytes)',
            (
                'sum by (node) (container_memory_working_set_bytes{container!="",container!="POD"})'
                ' / on (node) sum by (node) (kube_node_status_allocatable{resource="memory"})'
            ),
        ),
    ),
    Gauge(
        "disk",
        "ratio",
        (
            "No disks of nodes are recorded here (node_filesystem_avail_bytes).",
            "这里没有记录节点的磁盘（node_filesystem_avail_bytes）。",
        ),
        (f"max by (instance) (1 - node_filesystem_avail_bytes{{{_DISKS}}} / node_filesystem_size_bytes{{{_DISKS}}})",),
    ),
)
