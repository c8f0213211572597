"""Quotas: whether a namespace has room for one more pod, and how much of each quota is used."""

from functools import partial

from bot.playground.kube.cluster import Cluster
from bot.playground.kube.kinds import Manifest
from bot.playground.world.lives import quantity


def _needs(spec: Manifest) -> dict[str, float]:
    needs = {"pods": 1.0}
    for sort in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            total = sum(
                quantity(c.get("resources", {}).get(sort, {}).get(resource)) for c in spec.get("containers", ())
            )
            needs[f"{sort}.{resource}"] = total
    return needs | {"cpu": needs["requests.cpu"], "memory": needs["requests.memory"]}


def used(cluster: Cluster, namespace: str) -> dict[str, float]:
    """What the living pods of a namespace use of each thing that a quota can limit."""
    total: dict[str, float] = {}
    for pod in cluster.every("pods", namespace=namespace):
        if pod.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
            for name, amount in _needs(pod["spec"]).items():
                total[name] = total.get(name, 0.0) + amount
    return total


def over_quota(cluster: Cluster, namespace: str, spec: Manifest) -> str:
    """Why the pod may not be made, or nothing."""
    for quota in cluster.every("resourcequotas", namespace=namespace):
        have, needs = used(cluster, namespace), _needs(spec)
        over = [
            name
            for name, limit in quota["spec"].get("hard", {}).items()
            if name in needs and have.get(name, 0.0) + needs[name] > quantity(limit) + 1e-9
        ]
        if over:
            hard = quota["spec"]["hard"]
            asked = ",".join(f"{name}={shown(name, needs[name])}" for name in over)
            spent = ",".join(f"{name}={shown(name, have.get(name, 0.0))}" for name in over)
            limit = ",".join(f"{name}={hard[name]}" for name in over)
            return f"exceeded quota: {quota['metadata']['name']}, requested: {asked}, used: {spent}, limited: {limit}"
    return ""


def report(cluster: Cluster) -> None:
    """Write into each quota what is used of it."""
    for quota in list(cluster.every("resourcequotas")):
        have = used(cluster, quota["metadata"]["namespace"])
        hard = dict(quota["spec"].get("hard", {}))
        told = {"hard": hard, "used": {name: shown(name, have.get(name, 0.0)) for name in hard}}
        cluster.edit(quota, partial(_tell, told))


def _tell(told: Manifest, manifest: Manifest) -> None:
    manifest["status"] = told


def shown(name: str, amount: float) -> str:
    """An amount as Kubernetes writes it."""
    if "memory" in name or "storage" in name:
        return f"{int(amount / 2**20)}Mi" if amount % 2**20 == 0 else str(int(amount))
    return str(int(amount)) if amount == int(amount) else f"{round(amount * 1000)}m"
