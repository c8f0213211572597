"""What changed before the fault: rollouts, edits, scaling; and whether the new revision is what fails."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.finding import Subject
from bot.think.diagnosis.clock import moment
from bot.think.diagnosis.cluster import condition
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing


def new_revision_fails(sight: Sight, deployment: Subject) -> bool:
    """The last rollout put something in that fails, and there is an older revision to go back to."""
    thing = sight.cluster.find("Deployment", deployment.namespace, deployment.name)
    sets = [one for one in sight.cluster.all("ReplicaSet") if sight.cluster.owner(one.subject) == deployment]
    revisions = {one.annotations.get("deployment.kubernetes.io/revision") for one in sets} - {None}
    generation = (thing.number("metadata", "generation") or 1) if thing else 1
    revision = (thing.annotations.get("deployment.kubernetes.io/revision") if thing else None) or ""
    older = len(sets) > 1 or len(revisions) > 1 or (revision.isdigit() and int(revision) > 1) or generation > 1
    if thing is None or not older:
        return False
    return rolling(sight, deployment) or rolled_recently(sight, deployment)


def rolling(sight: Sight, deployment: Subject) -> bool:
    """A rollout is under way or stuck: not all replicas are of the new revision, or the new ones are not up."""
    thing = sight.cluster.find("Deployment", deployment.namespace, deployment.name)
    if thing is None:
        return False
    wanted = thing.number("spec", "replicas")
    updated = thing.number("status", "updatedReplicas") or 0
    total = thing.number("status", "replicas") or 0
    reason = str(condition(thing, "Progressing").get("reason") or "")
    return updated < (wanted if wanted is not None else 1) or total > updated or reason == "ProgressDeadlineExceeded"


def under_way(sight: Sight, deployment: Thing) -> bool:
    """A rollout that has only just begun, while all wanted replicas serve: nothing speaks against it yet."""
    progress = condition(deployment, "Progressing")
    at = moment(progress.get("lastUpdateTime"))
    wanted = deployment.number("spec", "replicas")
    serving = (deployment.number("status", "availableReplicas") or 0) >= (wanted if wanted is not None else 1)
    return progress.get("reason") == "ReplicaSetUpdated" and serving and at is not None and sight.now - at < JUST_BEGUN


def rolled_recently(sight: Sight, deployment: Subject) -> bool:
    """A rollout began within the hour before the fault."""
    thing = sight.cluster.find("Deployment", deployment.namespace, deployment.name)
    at = moment(condition(thing, "Progressing").get("lastUpdateTime")) if thing else None
    born = moment(thing.get("metadata", "creationTimestamp")) if thing else None
    again = (thing.number("metadata", "generation") or 1) > 1 if thing else False
    least = FIRST_ROLLOUT if not again else 10.0
    return at is not None and sight.start - 3600 <= at <= sight.now and (born is None or at - born > least)


JUST_BEGUN = 300.0
FIRST_ROLLOUT = 120.0
"""What is updated so soon after it was made is still its first rollout, unless its spec was changed."""
EDITED = ("ConfigMap", "Secret", "Deployment", "StatefulSet", "DaemonSet", "Ingress", "Service")


@dataclass(frozen=True, slots=True)
class Change:
    """Something that somebody or something changed."""

    about: Subject
    at: float
    what: str
    query: str


def changes_before(sight: Sight, reach: float = 3600.0) -> list[Change]:
    """Edits of configuration, rollouts and scaling from an hour before the fault until now, oldest first."""
    found = [*_edits(sight), *_events(sight)]
    return sorted((one for one in found if sight.start - reach <= one.at <= sight.now), key=lambda one: one.at)


def _edits(sight: Sight) -> Iterator[Change]:
    """Who last wrote what, from the managed fields."""
    for thing in sight.cluster.all(*EDITED):
        for field in thing.each("metadata", "managedFields"):
            at, who = moment(field.get("time")), str(field.get("manager") or "?")
            by_hand = field.get("subresource") != "status" and not who.startswith(("kube-controller", "kubelet"))
            if at is not None and by_hand:
                yield Change(thing.subject, at, f"{field.get('operation') or 'Update'} by {who}", thing.query)


def _events(sight: Sight) -> Iterator[Change]:
    for event in sight.cluster.happenings:
        if event.reason in ("ScalingReplicaSet", "SuccessfulRescale", "DeploymentRollback") and event.last is not None:
            yield Change(event.about, event.last, event.message, event.query)
