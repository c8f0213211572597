"""Everything about one incident, read once from the live servers: what a bundle holds and a diagnosis looks at."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.approval import Refusal
from bot.domain.plan import Step
from bot.think.diagnosis.bundle import read_lines, read_things, read_tracks
from bot.think.diagnosis.sight import Ask, Sight
from skills import Evidence

Look = Callable[[Step], Awaitable[Evidence | Refusal]]
IN_A_NAMESPACE = (
    *("pod", "deployment", "statefulset", "daemonset", "replicaset", "job", "cronjob", "service", "endpointslice"),
    *("ingress", "networkpolicy", "hpa", "pdb", "pvc", "resourcequota", "limitrange", "configmap", "event"),
)
IN_THE_CLUSTER = ("node", "pv", "storageclass", "namespace")
WITH_NAMESPACE = (
    "container_memory_working_set_bytes",
    "container_spec_memory_limit_bytes",
    "kube_pod_container_resource_limits",
    "kube_pod_container_status_restarts_total",
    "container_cpu_cfs_periods_total|container_cpu_cfs_throttled_periods_total",
    "container_cpu_usage_seconds_total",
    "kubelet_volume_stats_used_bytes|kubelet_volume_stats_capacity_bytes|kubelet_volume_stats_available_bytes",
    "kube_horizontalpodautoscaler_status_condition|kube_horizontalpodautoscaler_spec_max_replicas",
    ".*connections.*|.*pool.*",
    ".*requests_total",
)
ANYWHERE = (
    "node_filesystem_avail_bytes|node_filesystem_size_bytes",
    "node_memory_MemAvailable_bytes|node_memory_MemTotal_bytes",
    "pg_stat_activity_count|pg_settings_max_connections|mysql_global_.*connect.*|redis_connected_clients|redis_config_maxclients",
)
MOST_NAMESPACES = 3
AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Captured:
    """Raw, in the shapes that the servers give; `gaps` names what could not be read and why."""

    objects: tuple[Any, ...]
    metrics: tuple[Any, ...]
    logs: tuple[Any, ...]
    gaps: tuple[str, ...]

    def sight(self, ask: Ask, now: float, start: float) -> Sight:
        """As a diagnosis sees it."""
        return Sight(
            now=now,
            ask=ask,
            things=tuple(read_things(list(self.objects))),
            tracks=tuple(read_tracks(list(self.metrics))),
            lines=tuple(sorted(read_lines(list(self.logs)), key=lambda line: line.at)),
            gaps=self.gaps,
            fault_from=start,
        )


async def capture(look: Look, namespaces: Iterable[str], start: datetime, now: datetime) -> Captured:
    """Read what is there of these namespaces (of all, if none is named) and of the nodes. Bounded, and never raises."""
    spaces = tuple(dict.fromkeys(namespaces))[:MOST_NAMESPACES] or ("",)
    span = f"{start.isoformat()} ~ {now.isoformat()}"
    steps = [
        *(Step("kubernetes.list", {"kind": kind, "namespace": space, "full": True, "most": 200})
          for space in spaces for kind in IN_A_NAMESPACE),
        *(Step("kubernetes.list", {"kind": kind, "full": True, "most": 200}) for kind in IN_THE_CLUSTER),
        *(Step("prometheus.query_prometheus", {"query": _named(names, space), "time_range": span})
          for space in spaces for names in WITH_NAMESPACE),
        *(Step("prometheus.query_prometheus", {"query": _named(names, ""), "time_range": span}) for names in ANYWHERE),
        *(Step("loki.read_streams", {"selector": _selector(space), "time_range": span, "most": 1500})
          for space in spaces),
    ]  # fmt: skip
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(step: Step) -> tuple[Step, Evidence | Refusal]:
        async with turn:
            return step, await look(step)

    return _sorted(await asyncio.gather(*(one(step) for step in steps)))


def _named(names: str, namespace: str) -> str:
    inside = f',namespace="{namespace}"' if namespace else ""
    return f'{{__name__=~"{names}"{inside}}}'


def _selector(namespace: str) -> str:
    return f'{{namespace="{namespace}"}}' if namespace else '{namespace=~".+"}'


def _sorted(seen: Iterable[tuple[Step, Evidence | Refusal]]) -> Captured:
    objects: list[Any] = []
    metrics: list[Any] = []
    logs: list[Any] = []
    gaps: dict[str, None] = {}
    for step, each in seen:
        if isinstance(each, Refusal):
            gaps.setdefault(f"{step.action.partition('.')[0]}: {each.why}")
            continue
        match step.action.partition(".")[0]:
            case "kubernetes":
                objects += _list(each.facts, "objects")
            case "prometheus":
                metrics += [_series(series.name, series.labels, series.points) for series in each.series]
            case "loki":
                logs += _list(each.facts, "streams")
    return Captured(tuple(objects), tuple(metrics), tuple(logs), tuple(gaps))


def _list(facts: Mapping[str, Any], name: str) -> list[Any]:
    found = facts.get(name)
    return found if isinstance(found, list) else []


def _series(name: str, labels: Mapping[str, str], points: Iterable[tuple[float, float]]) -> dict[str, Any]:
    named = {"__name__": name} if "__name__" not in labels else {}
    return {"metric": {**named, **labels}, "values": [[at, str(value)] for at, value in points]}
