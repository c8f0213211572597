"""Which action of ours would help a cause, if any; and if none, why a person is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.finding import Category, Finding, Subject
from bot.think.diagnosis.changes import new_revision_fails
from bot.think.diagnosis.clock import amount, moment
from bot.think.diagnosis.cluster import containers
from bot.think.diagnosis.looks.references import needs
from bot.think.diagnosis.owners import managed_elsewhere
from bot.think.diagnosis.pace import last_with
from bot.think.diagnosis.sight import Sight


@dataclass(frozen=True, slots=True)
class Repair:
    """An action with its arguments, or the reason why there is none."""

    action: str | None
    args: Mapping[str, str | int] = field(default_factory=dict)
    why: str = ""


ROLLED_BACK = {Category.RELEASE, Category.CONFIG, Category.IMAGE, Category.PROBE}
RESTARTED = ("Deployment", "StatefulSet", "DaemonSet")
LEAST_MEMORY = 128 * 2**20
LEAST_CPU = 0.1


def repair(sight: Sight, about: Subject, lead: Finding, found: list[Finding]) -> Repair:
    """The least that would help, on the object that can be changed."""
    if managed_elsewhere(sight, about):
        return Repair(None, why="managed_elsewhere")
    revised = about.kind == "Deployment" and new_revision_fails(sight, about)
    if lead.category in ROLLED_BACK and revised and not _edited_in_place(sight, about, found):
        return Repair("rollback_deployment", {"namespace": about.namespace, "deployment": about.name})
    if lead.category in ROLLED_BACK:
        return Repair(None, why="no_action_helps")
    named = next((one for one in (lead, *found) if one.action and one.category == lead.category), None)
    if named is not None:
        args = _args(sight, about, named)
        if args is not None:
            return Repair(named.action, args)
    return Repair(None, why="no_action_helps")


def _args(sight: Sight, about: Subject, finding: Finding) -> dict[str, str | int] | None:
    """The arguments as the action's own schema names them; None where the action does not fit this kind."""
    place: dict[str, str | int] = {"namespace": about.namespace}
    match finding.action:
        case "set_resources":
            return {**place, **_resources(sight, about, finding)}
        case "rollout_restart" if about.kind in RESTARTED:
            return {**place, "name": about.name, "kind": about.kind}
        case "scale_deployment" if about.kind == "Deployment":
            return {**place, "deployment": about.name, **finding.args}
        case "patch_hpa":
            scaler = sight.cluster.find(finding.about.kind, finding.about.namespace, finding.about.name)
            least = (scaler.number("spec", "minReplicas") if scaler else None) or 1
            return {**place, "hpa": finding.about.name, "min_replicas": least, **finding.args}
        case "expand_pvc" if finding.about.kind == "PersistentVolumeClaim":
            return {**place, "pvc": finding.about.name, **_bigger(sight, finding.about)}
        case "clean_disk" | "drain_node":
            return {"node": finding.about.name}
    return None


def _resources(sight: Sight, about: Subject, finding: Finding) -> dict[str, str | int]:
    """Twice what the container may use now."""
    container = str(finding.values.get("container", "")).strip("*")
    what = "cpu" if finding.key in ("throttled", "cpu_limit_tight") else "memory"
    limit = None
    for thing, spec in sight.cluster.templates():
        if thing.subject == about or sight.cluster.owner(thing.subject) == about:
            for one in containers(spec):
                if not container or one.get("name") == container:
                    limit = amount(((one.get("resources") or {}).get("limits") or {}).get(what)) or limit
    found: dict[str, str | int] = {"name": about.name, "container": container}
    if about.kind in RESTARTED:
        found["kind"] = about.kind
    if what == "memory":
        found["memory_limit"] = f"{max((limit or 0) * 2, LEAST_MEMORY) / 2**20:.0f}Mi"
    else:
        found["cpu_limit"] = f"{max((limit or 0) * 2, LEAST_CPU) * 1000:.0f}m"
    return found


def _bigger(sight: Sight, claim: Subject) -> dict[str, str | int]:
    known = sight.cluster.find(claim.kind, claim.namespace, claim.name)
    told = known.get("spec", "resources", "requests", "storage") if known else None
    size = amount(told)
    size = size or last_with(sight, ("kubelet_volume_stats_capacity_bytes",), {"persistentvolumeclaim": claim.name})
    return {"size": f"{size * 2 / 2**20:.0f}Mi"} if size else {}


def _edited_in_place(sight: Sight, about: Subject, found: list[Finding]) -> bool:
    """The bad value is in a config map that the older revision uses too: going back would not help."""
    named = {target for one in found for target in one.points_to if target.kind == "ConfigMap"}
    if not named and any(one.key == "log_config" for one in found) and _mounts_unseen(sight, about):
        return True
    workload = sight.cluster.find(about.kind, about.namespace, about.name)
    born = moment(workload.get("metadata", "creationTimestamp")) if workload else None
    for target in named:
        config = sight.cluster.find(target.kind, target.namespace, target.name)
        made = moment(config.get("metadata", "creationTimestamp")) if config else None
        if made is None or born is None or made <= born:
            return True
    return False


def _mounts_unseen(sight: Sight, about: Subject) -> bool:
    """It reads config maps that were not gathered: the bad value may be there, and going back may not help."""
    for thing, spec in sight.cluster.templates():
        if thing.subject == about:
            wanted = [need.name for need in needs(spec) if need.kind == "ConfigMap"]
            return any(not sight.cluster.find("ConfigMap", about.namespace, name) for name in wanted)
    return False
