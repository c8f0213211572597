"""What a change would touch besides its target: pods that go, budgets in the way, and who else writes the thing."""

from collections.abc import Iterable

from skills.change import Owner
from skills.errors import SkillError
from skills.kubernetes.cluster import Cluster, Thing
from skills.kubernetes.history import selector_of
from skills.kubernetes.kinds import PDB, POD
from skills.kubernetes.selectors import matches

_OWNERS = (
    ("argocd", "annotations", "argocd.argoproj.io/tracking-id"),
    ("argocd", "labels", "argocd.argoproj.io/instance"),
    ("flux", "labels", "kustomize.toolkit.fluxcd.io/name"),
    ("flux", "labels", "helm.toolkit.fluxcd.io/name"),
    ("helm", "annotations", "meta.helm.sh/release-name"),
    ("helm", "labels", "helm.sh/chart"),
)


def owner_of(thing: Thing) -> Owner | None:
    """The GitOps tool that would put a change by hand back, or be surprised by it."""
    for system, where, key in _OWNERS:
        if name := (thing["metadata"].get(where) or {}).get(key):
            return Owner(system, str(name).partition(":")[0])
    labels = thing["metadata"].get("labels") or {}
    if labels.get("app.kubernetes.io/managed-by") == "Helm":
        return Owner("helm", labels.get("app.kubernetes.io/instance", ""))
    return None


def controller_of(thing: Thing) -> str:
    """As "ReplicaSet/order-7d9"; empty for a thing that nobody would make anew."""
    for each in thing["metadata"].get("ownerReferences") or ():
        if each.get("controller", True):
            return f"{each['kind']}/{each['name']}"
    return ""


def full_name(pod: Thing) -> str:
    """namespace/name."""
    return f"{pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}"


async def pods_of(cluster: Cluster, workload: Thing) -> tuple[Thing, ...]:
    """The living pods of a workload."""
    listing = await cluster.list(POD, workload["metadata"]["namespace"], selector=selector_of(workload))
    return tuple(pod for pod in listing.things if pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"})


async def budgets_in_the_way(cluster: Cluster, pods: Iterable[Thing]) -> tuple[str, ...]:
    """Disruption budgets that would refuse the eviction of one of these pods now."""
    told: list[str] = []
    by_namespace: dict[str, list[Thing]] = {}
    for pod in pods:
        by_namespace.setdefault(pod["metadata"]["namespace"], []).append(pod)
    for namespace, members in by_namespace.items():
        try:
            budgets = (await cluster.list(PDB, namespace)).things
        except SkillError as error:
            told.append(f"The budgets of {namespace} cannot be seen: {error}")
            continue
        for budget in budgets:
            status = budget.get("status", {})
            chosen = budget.get("spec", {}).get("selector")
            held = [pod for pod in members if matches(chosen, pod["metadata"].get("labels") or {})]
            if held and int(status.get("disruptionsAllowed", 0)) < len(held):
                told.append(
                    f"{namespace}/{budget['metadata']['name']} allows {status.get('disruptionsAllowed', 0)}"
                    f" disruptions of {len(held)} pods at once"
                    f" ({status.get('currentHealthy', 0)} healthy, {status.get('desiredHealthy', 0)} wanted)."
                )
    return tuple(told)
