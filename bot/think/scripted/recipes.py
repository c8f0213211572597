"""Which steps answer which wish. Only actions that the catalogue has are named."""

from collections.abc import Mapping
from typing import Any

from bot.domain.plan import Step
from bot.think.scripted.ahead import read_capacity
from bot.think.scripted.deadline import deadline_in
from bot.think.scripted.intents import Intent
from bot.think.scripted.wishes import ON_NODES, Kind
from bot.think.scripted.workloads import Workload
from skills import Catalogue, Clock

LIST: tuple[str, dict[str, Any]] = ("kubernetes.workloads", {})
CHANGED: frozenset[Kind] = frozenset({"restart", "scale", "rollback"})
LOOKED_AT: frozenset[Kind] = frozenset(
    {"latency", "errors", "logs", "problems", "status", "pods", "events", "changes", "history"}
)
ABOUT_WORKLOADS = LOOKED_AT | CHANGED
NEEDS_ONE = frozenset[Kind]({"latency", "history"}) | CHANGED | ON_NODES
"""Make no sense without a workload, or a node."""


def needs_workload(intent: Intent) -> bool:
    """True where the live name must be found first."""
    return intent.kind in ABOUT_WORKLOADS and bool(intent.target or intent.words)


def finding(catalogue: Catalogue) -> tuple[Step, ...]:
    """To find out what runs."""
    return _known(catalogue, [LIST])


def steps(intent: Intent, workload: Workload | None, catalogue: Catalogue) -> tuple[Step, ...]:
    """The steps for this wish, on this workload."""
    of_one = _of_one(intent, workload) if workload else {}
    return _known(catalogue, of_one.get(intent.kind) or _of_all(intent).get(intent.kind, []))


Recipe = list[tuple[str, dict[str, Any]]]


def _of_all(intent: Intent) -> dict[str, Recipe]:
    """Where no workload is named."""
    time = {"time_range": intent.time_range} if intent.time_range else {}
    window = time or {"time_range": "1h"}
    space = {"namespace": intent.namespace} if intent.namespace else {}
    node = {"node": intent.target}
    return {
        "top": [("prometheus.top_pods", {"resource": intent.resource, **space, **window})],
        "nodes": [("prometheus.node_usage", window)],
        "errors": [("loki.error_logs", space | window)],
        "logs": [("loki.search_logs", {"selector": f"namespace={intent.namespace}", **window})],
        "alerts": [("prometheus.firing_alerts", {})],
        "problems": [("kubernetes.problems", space)],
        "status": [("kubernetes.problems", space), ("prometheus.firing_alerts", {})],
        "running": [("kubernetes.workloads", space)],
        "pods": [("kubernetes.list", {"kind": "pods", **space})],
        "events": [("kubernetes.events", space | time)],
        "changes": [("kubernetes.recent_changes", space | (time or {"time_range": "24h"}))],
        "capacity": [read_capacity(intent.text)],
        "knowledge": [("knowledge.search_kb", {"question": intent.text})],
        "add_nodes": [("capacity.add_nodes", {"count": intent.number} | _by(intent))],
        "cordon": [("kubernetes.cordon", node)],
        "uncordon": [("kubernetes.uncordon", node)],
        "drain": [("kubernetes.drain_node", node)],
    }


def _by(intent: Intent) -> dict[str, str]:
    by = deadline_in(intent.text, Clock().now())
    return {"by": by.isoformat(timespec="minutes")} if by else {}


def _of_one(intent: Intent, workload: Workload) -> dict[str, Recipe]:
    """Where one workload is meant."""
    time = {"time_range": intent.time_range} if intent.time_range else {}
    window = time or {"time_range": "1h"}
    name, space = workload.name, {"namespace": workload.namespace}
    which = {"name": name, "deployment": name, "kind": workload.kind, **space}
    look: Recipe = [
        ("kubernetes.describe", which),
        ("prometheus.service_latency", {"service": name, **window}),
        ("loki.error_logs", {"service": name, **window}),
        ("kubernetes.recent_changes", {**space, "name": name, "time_range": intent.time_range or "24h"}),
    ]
    scale = {"Deployment": "scale_deployment", "StatefulSet": "scale_statefulset"}.get(workload.kind, "scale")
    return {
        "latency": [*look[1:3], ("kubernetes.rollout_history", which), ("kubernetes.problems", space)],
        "errors": [look[2]],
        "logs": [("loki.search_logs", {"selector": name, **window})],
        "problems": look,
        "status": look,
        "pods": look[:1],
        "events": [("kubernetes.events", {**space, "name": name} | time)],
        "changes": look[3:],
        "history": [("kubernetes.rollout_history", which)],
        "restart": [("kubernetes.rollout_restart", which)],
        "scale": [(f"kubernetes.{scale}", {**which, "statefulset": name, "replicas": intent.number})],
        "rollback": [("kubernetes.rollback_deployment", which)],
    }


def _known(catalogue: Catalogue, wanted: Recipe) -> tuple[Step, ...]:
    found = []
    for action, arguments in wanted:
        if action in catalogue:
            found.append(Step(action, _fitting(arguments, catalogue[action].schema())))
    return tuple(found)


def _fitting(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Only the arguments that the action takes."""
    return {name: value for name, value in arguments.items() if name in schema.get("properties", {})}
