"""Hypotheses that the evidence speaks against: what people would ask next, answered before they ask."""

from collections.abc import Iterable, Iterator

from bot.domain.finding import Finding
from bot.think.diagnosis.changes import changes_before, rolled_recently
from bot.think.diagnosis.cluster import statuses
from bot.think.diagnosis.sight import Sight


def ruled_out(sight: Sight, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Wording keys; only of what was really looked at."""
    return tuple(_against(sight, {finding.key for finding in findings if not finding.settled}))


def _against(sight: Sight, found: set[str]) -> Iterator[str]:
    cluster = sight.cluster
    pods = [pod for pod in cluster.all("Pod") if any(statuses(pod))]
    if pods and not {"oom_killed", "memory_full", "memory_grows", "log_memory"} & found:
        yield "memory_kill"
    seen = any(node.each("status", "conditions") for node in cluster.all("Node"))
    if seen and not any(key.startswith("node_") for key in found):
        yield "node_trouble"
    workloads = list(cluster.all("Deployment"))
    if workloads and not changes_before(sight) and not any(rolled_recently(sight, one.subject) for one in workloads):
        yield "recent_change"
    if pods and not any(key.startswith("image_") for key in found):
        yield "image"
    placed = {"no_volume", "no_room", "tainted", "no_match", "cordoned", "port_taken", "unschedulable", "asks_too_much"}
    if pods and not placed & found:
        yield "scheduling"
