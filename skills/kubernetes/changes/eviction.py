"""Asking the API server to evict a pod: it refuses where a disruption budget would be broken, and we honour that."""

from skills.errors import NotFound, Unreachable
from skills.kubernetes.cluster import Cluster, Thing
from skills.kubernetes.kinds import POD


async def evict(cluster: Cluster, pod: Thing, dry_run: bool = False) -> None:
    """Evict exactly this pod.

    Raises:
        Unreachable: a budget does not allow it now; later it may.
    """
    meta = pod["metadata"]
    options: Thing = {"preconditions": {"uid": meta["uid"]}}
    if dry_run:
        options["dryRun"] = ["All"]
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
        "deleteOptions": options,
    }
    try:
        await cluster.create(POD, meta["namespace"], body, name=meta["name"], part="eviction", dry_run=dry_run)
    except NotFound:
        return
    except Unreachable as error:
        if error.values.get("status") == 429:
            why = error.values.get("why", "")
            raise Unreachable("budget_blocks", pod=meta["name"], why=why, status=429) from error
        raise
