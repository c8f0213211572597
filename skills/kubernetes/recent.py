"""What changed lately: rollouts, edits by hand, scaling and nodes, newest first."""

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from skills.evidence import JSON
from skills.kubernetes.cluster import Thing, seen_at
from skills.kubernetes.history import owned_by, revision_of, what_changed
from skills.kubernetes.quantities import moment
from skills.kubernetes.rows import images

TELLING = frozenset(
    {
        "ScalingReplicaSet",
        "SuccessfulRescale",
        "DeploymentRollback",
        "NodeNotReady",
        "NodeReady",
        "NodeNotSchedulable",
        "NodeSchedulable",
        "RegisteredNode",
        "RemovingNode",
        "TriggeredScaleUp",
        "ScaleDown",
        "ScaledUpGroup",
    }
)
"""Reasons of events that tell of a change, not of its consequences."""
AUTOMATA = ("kube-controller-manager", "kubelet", "kube-scheduler", "cloud-controller-manager")
SETTLING = 120.0
"""Seconds after its birth in which a thing is still being made, not changed."""
MOST_FIELDS = 4


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was done to the cluster."""

    at: datetime
    kind: str
    namespace: str
    name: str
    what: str
    by: str = ""


def fact(change: Change) -> dict[str, JSON]:
    """As a brain reads it."""
    return {**dataclasses.asdict(change), "at": change.at.isoformat()}


def rollouts(deployments: tuple[Thing, ...], sets: tuple[Thing, ...]) -> Iterator[Change]:
    """Each revision after the first, with what it changed; one that was gone back to counts from when it came again."""
    for deployment in deployments:
        owned = sorted((each for each in sets if owned_by(each, deployment)), key=revision_of)
        for before, after in itertools.pairwise(owned):
            at, older = _born(after), _born(before)
            if at and older and at < older:
                at = _rolled(deployment)
            if at is not None:
                changed = "; ".join(what_changed(before, after))[:300] or images(after)
                yield _change(deployment, at, f"revision {revision_of(after)}: {changed}")


def edits(things: tuple[Thing, ...]) -> Iterator[Change]:
    """Who last wrote which fields, as the API server keeps it; controllers that only keep house are left out."""
    for thing in things:
        born = _born(thing)
        for entry in thing["metadata"].get("managedFields") or ():
            at, who = moment(entry.get("time") or ""), str(entry.get("manager") or "")
            if at is None or entry.get("subresource") == "status" or who.startswith(AUTOMATA):
                continue
            fields = ", ".join(_fields(entry.get("fieldsV1") or {}))
            made = born is not None and (at - born).total_seconds() < SETTLING
            yield _change(thing, at, "made" if made else fields or str(entry.get("operation") or "edit").lower(), who)


def happenings(events: tuple[Thing, ...]) -> Iterator[Change]:
    """What the controllers say that they did."""
    for event in events:
        at, about = moment(seen_at(event)), event.get("involvedObject") or {}
        if at is not None and event.get("reason") in TELLING:
            source = event.get("reportingComponent") or (event.get("source") or {}).get("component") or ""
            message = " ".join(str(event.get("message") or event["reason"]).split())[:300]
            yield Change(
                at,
                str(about.get("kind") or ""),
                str(about.get("namespace") or ""),
                str(about.get("name") or ""),
                message,
                str(source),
            )


def _change(thing: Thing, at: datetime, what: str, by: str = "") -> Change:
    meta = thing["metadata"]
    return Change(at, str(thing.get("kind") or ""), str(meta.get("namespace") or ""), str(meta["name"]), what, by)


def _born(thing: Thing) -> datetime | None:
    return moment(thing["metadata"].get("creationTimestamp") or "")


def _rolled(deployment: Thing) -> datetime | None:
    """When its last rollout began to show."""
    for condition in (deployment.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Progressing":
            return moment(condition.get("lastUpdateTime") or "")
    return None


def _fields(owned: dict[str, Any], path: str = "") -> list[str]:
    """The written fields by their paths, no deeper than tells: `spec.replicas`, `data.app.yaml`."""
    found: list[str] = []
    for key, below in owned.items():
        if not key.startswith("f:") or key in {"f:status", "f:managedFields"}:
            continue
        here = f"{path}.{key[2:]}" if path else key[2:]
        deeper = _fields(below, here) if isinstance(below, dict) and here.count(".") < 4 else []
        found += deeper or [here]
    if not path and len(found) > MOST_FIELDS:
        found = [*found[:MOST_FIELDS], f"+{len(found) - MOST_FIELDS}"]
    return found
