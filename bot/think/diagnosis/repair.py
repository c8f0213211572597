"""Which action of ours would help a cause, if any; and if none, why a person is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.finding import Category, Finding, Subject
from bot.think.diagnosis.changes import new_revision_fails
from bot.think.diagnosis.clock import moment
from bot.think.diagnosis.owners import managed_elsewhere
from bot.think.diagnosis.sight import Sight


@dataclass(frozen=True, slots=True)
class Repair:
    """An action with its arguments, or the reason why there is none."""

    action: str | None
    args: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


ROLLED_BACK = {Category.RELEASE, Category.CONFIG, Category.IMAGE, Category.PROBE}


def repair(sight: Sight, about: Subject, lead: Finding, found: list[Finding]) -> Repair:
    """The least that would help, on the object that can be changed."""
    if managed_elsewhere(sight, about):
        return Repair(None, why="managed_elsewhere")
    place = {"namespace": about.namespace, "name": about.name}
    named = next((one for one in (lead, *found) if one.action), None)
    revised = about.kind == "Deployment" and new_revision_fails(sight, about)
    if lead.category in ROLLED_BACK and revised and not _edited_in_place(sight, about, found):
        return Repair("rollback_deployment", place)
    if lead.category in ROLLED_BACK:
        return Repair(None, why="no_action_helps")
    if named is not None and (named is lead or lead.category == named.category):
        return Repair(named.action, {**place, **named.args})
    return Repair(None, why="no_action_helps")


def _edited_in_place(sight: Sight, about: Subject, found: list[Finding]) -> bool:
    """The bad value is in a config map that the older revision uses too: going back would not help."""
    named = {target for one in found for target in one.points_to if target.kind == "ConfigMap"}
    workload = sight.cluster.find(about.kind, about.namespace, about.name)
    born = moment(workload.get("metadata", "creationTimestamp")) if workload else None
    for target in named:
        config = sight.cluster.find(target.kind, target.namespace, target.name)
        made = moment(config.get("metadata", "creationTimestamp")) if config else None
        if made is None or born is None or made <= born:
            return True
    return False
