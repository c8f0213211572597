"""Which steps answer which wish. Only actions that the catalogue has are named."""

from collections.abc import Mapping
from typing import Any

from bot.domain.plan import Step
from bot.think.scripted.intents import Intent
from bot.think.scripted.workloads import Workload
from skills import Catalogue

LIST = ("kubernetes.list", {"kind": "deployments"})


def needs_workload(intent: Intent) -> bool:
    """True where the live name must be found first."""
    return bool(intent.target) and intent.kind not in {"top", "nodes", "alerts", "knowledge", "help"}


def finding(catalogue: Catalogue) -> tuple[Step, ...]:
    """To find out what runs."""
    return _known(catalogue, [LIST])


def steps(intent: Intent, workload: Workload | None, catalogue: Catalogue) -> tuple[Step, ...]:
    """The steps for this wish, on this workload."""
    time = {"time_range": intent.time_range} if intent.time_range else {}
    name = workload.name if workload else intent.target
    namespace = workload.namespace if workload else intent.namespace
    space = {"namespace": namespace} if namespace else {}
    which = {"name": name, "deployment": name, **space}
    window = time or {"time_range": "1h"}
    recipes: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "top": [("prometheus.top_pods", {"resource": intent.resource, **space, **window})],
        "nodes": [("prometheus.node_usage", window)],
        "latency": [
            ("prometheus.service_latency", {"service": name, **window}),
            ("loki.error_logs", {"service": name, **window}),
            ("kubernetes.rollout_history", which),
            ("kubernetes.problems", space),
        ],
        "errors": [("loki.error_logs", ({"service": name} if name else space) | window)],
        "logs": [("loki.search_logs", {"selector": name or f"namespace={namespace}", **window})],
        "alerts": [("prometheus.firing_alerts", {})],
        "problems": [("kubernetes.problems", space)],
        "events": [("kubernetes.events", space)],
        "history": [("kubernetes.rollout_history", which)],
        "capacity": [("capacity.forecast_capacity", {})],
        "knowledge": [("knowledge.search_kb", {"question": name})],
        "restart": [("kubernetes.rollout_restart", which)],
        "scale": [("kubernetes.scale_deployment", {**which, "replicas": intent.number})],
        "rollback": [("kubernetes.rollback_deployment", which)],
    }
    return _known(catalogue, recipes.get(intent.kind, []))


def _known(catalogue: Catalogue, wanted: list[tuple[str, dict[str, Any]]]) -> tuple[Step, ...]:
    found = []
    for action, arguments in wanted:
        if action in catalogue:
            found.append(Step(action, _fitting(arguments, catalogue[action].schema())))
    return tuple(found)


def _fitting(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Only the arguments that the action takes."""
    return {name: value for name, value in arguments.items() if name in schema.get("properties", {})}
