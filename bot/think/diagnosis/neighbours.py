"""Who calls whom: names in logs, environment, arguments and call metrics, resolved to what was gathered."""

from bot.domain.finding import Subject
from bot.think.diagnosis.sight import Sight

KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def resolve(sight: Sight, host: str, namespace: str) -> tuple[Subject, ...]:
    """'postgres.shop.svc:5432', seen from a namespace -> the workloads behind that name."""
    parts = host.split(".")
    name, space = parts[0], parts[1] if len(parts) > 1 and "svc" in parts[2:3] else namespace
    found = [Subject(kind, space, name) for kind in KINDS if sight.cluster.find(kind, space, name)]
    service = sight.cluster.find("Service", space, name)
    if service is not None and not found:
        selector = service.get("spec", "selector") or {}
        pods = sight.cluster.matching(space, selector) if selector else []
        found = list(dict.fromkeys(sight.cluster.owner(pod.subject) for pod in pods)) or [service.subject]
    if not found:
        found = [owner for owner in _logging(sight) if owner.name == name and owner.namespace == space][:1]
    return tuple(found)


def _logging(sight: Sight) -> tuple[Subject, ...]:
    """Workloads that are known only because their pods log."""
    pods = {(line.labels.get("namespace", ""), line.labels["pod"]) for line in sight.lines if "pod" in line.labels}
    return tuple(sight.cluster.owner(Subject("Pod", space, pod)) for space, pod in sorted(pods))
