"""The scheduler: which node a new pod goes to, or why none will do."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.playground.kube.cluster import Cluster
from bot.playground.kube.kinds import Manifest
from bot.playground.world.lives import Life, quantity


@dataclass(frozen=True, slots=True)
class Choice:
    """A node, or the reason why there is none."""

    node: str
    why: str = ""


def requests(spec: Manifest, resource: str) -> float:
    """How much of a resource a pod asks for."""
    return sum(
        quantity(each.get("resources", {}).get("requests", {}).get(resource)) for each in spec.get("containers", ())
    )


def choose_node(cluster: Cluster, lives: Iterable[Life], life: Life) -> Choice:
    """The least loaded node that has room and tolerates the pod."""
    living = [each for each in lives if each.node and not each.over]
    refusals: Counter[str] = Counter()
    fitting: list[tuple[int, float, str]] = []
    nodes = list(cluster.every("nodes"))
    for node in nodes:
        name = node["metadata"]["name"]
        here = [each for each in living if each.node == name]
        why = _refusal(node, here, life)
        if why:
            refusals[why] += 1
            continue
        twins = sum(1 for each in here if each.app == life.app)
        fitting.append((twins, sum(requests(each.spec, "cpu") for each in here), name))
    if fitting:
        return Choice(min(fitting)[2])
    reasons = ", ".join(f"{count} {why}" for why, count in sorted(refusals.items()))
    return Choice(
        "",
        f"0/{len(nodes)} nodes are available: {reasons}. preemption: 0/{len(nodes)} nodes are available: "
        f"{len(nodes)} No preemption victims found for incoming pod.",
    )


def _refusal(node: Manifest, here: list[Life], life: Life) -> str:
    if life.spec.get("nodeName"):
        return (
            "" if life.spec["nodeName"] == node["metadata"]["name"] else "node(s) didn't match the requested node name"
        )
    if node["spec"].get("unschedulable"):
        return "node(s) were unschedulable"
    for key, value in life.spec.get("nodeSelector", {}).items():
        if node["metadata"].get("labels", {}).get(key) != value:
            return "node(s) didn't match Pod's node affinity/selector"
    for taint in node["spec"].get("taints", ()):
        if taint["effect"] in ("NoSchedule", "NoExecute") and not _tolerates(life.spec, taint):
            shown = f"{taint['key']}: {taint.get('value', '')}"
            return f"node(s) had untolerated taint {{{shown}}}"
    room = node["status"]["allocatable"]
    for resource, told in (("cpu", "Insufficient cpu"), ("memory", "Insufficient memory")):
        used = sum(requests(each.spec, resource) for each in here)
        if used + requests(life.spec, resource) > quantity(room[resource]):
            return told
    return "Too many pods" if len(here) >= quantity(room.get("pods", 110)) else ""


def _tolerates(spec: Manifest, taint: Manifest) -> bool:
    for toleration in spec.get("tolerations", ()):
        if toleration.get("effect") not in (None, "", taint["effect"]):
            continue
        if toleration.get("operator") == "Exists" and toleration.get("key") in (None, "", taint["key"]):
            return True
        if toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""):
            return True
    return False
