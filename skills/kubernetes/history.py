"""The revisions of a deployment: what ran before, since when, and what each changed."""

from skills.kubernetes.cluster import Cluster, Thing
from skills.kubernetes.diff import changes
from skills.kubernetes.kinds import REPLICA_SET

REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"
HASH = "pod-template-hash"


def owned_by(thing: Thing, owner: Thing) -> bool:
    """Whether its controller is this owner."""
    uid = owner["metadata"].get("uid")
    return any(each.get("uid") == uid for each in thing["metadata"].get("ownerReferences") or ())


def selector_of(workload: Thing) -> str:
    """As the list call wants it."""
    chosen = workload.get("spec", {}).get("selector") or {}
    parts = [f"{key}={value}" for key, value in (chosen.get("matchLabels") or {}).items()]
    for rule in chosen.get("matchExpressions") or ():
        values = ",".join(rule.get("values") or ())
        match rule.get("operator"):
            case "In":
                parts.append(f"{rule['key']} in ({values})")
            case "NotIn":
                parts.append(f"{rule['key']} notin ({values})")
            case "Exists":
                parts.append(rule["key"])
            case _:
                parts.append(f"!{rule['key']}")
    return ",".join(parts)


def revision_of(thing: Thing) -> int:
    """0 where it has none yet."""
    return int((thing["metadata"].get("annotations") or {}).get(REVISION, 0))


async def revisions(cluster: Cluster, deployment: Thing) -> tuple[Thing, ...]:
    """Its replica sets, oldest first."""
    meta = deployment["metadata"]
    listing = await cluster.list(REPLICA_SET, meta["namespace"], selector=selector_of(deployment))
    owned = [thing for thing in listing.things if owned_by(thing, deployment)]
    return tuple(sorted(owned, key=revision_of))


def template_of(thing: Thing) -> Thing:
    """The pod template, without the hash that the controller adds."""
    template: Thing = thing.get("spec", {}).get("template", {})
    meta = dict(template.get("metadata") or {})
    meta["labels"] = {key: value for key, value in (meta.get("labels") or {}).items() if key != HASH}
    return {**template, "metadata": meta}


def what_changed(before: Thing, after: Thing) -> tuple[str, ...]:
    """From one revision to the next."""
    return changes(template_of(before), template_of(after))
