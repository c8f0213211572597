"""How calls, gaps and events are told."""

import json
from datetime import UTC, datetime

from skills.errors import SkillError
from skills.evidence import JSON
from skills.kubernetes.cluster import Cluster, Listing, Thing, seen_at
from skills.kubernetes.history import selector_of
from skills.kubernetes.kinds import POD
from skills.kubernetes.rows import row
from skills.words import told as said


async def pods_of(cluster: Cluster, thing: Thing, gaps: list[str]) -> tuple[Thing, ...]:
    """The pods of a workload; why not, goes to the gaps."""
    if thing["kind"] not in {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}:
        return ()
    try:
        found = await cluster.list(POD, thing["metadata"]["namespace"], selector=selector_of(thing), most=200)
    except SkillError as error:
        gaps.append(str(error))
        return ()
    return found.things


def call(path: str, **params: object) -> str:
    """As kubectl get --raw takes it."""
    asked = "&".join(f"{key}={value}" for key, value in params.items() if value not in {"", None})
    return f"kubectl get --raw {json.dumps(path + ('?' + asked if asked else ''))}"


def left_out(listing: Listing, shown: int) -> tuple[str, ...]:
    """The gap that a reader must know of."""
    more = len(listing.things) - shown + listing.left_out
    return (said(f"{more} more are not shown.", f"还有 {more} 个未显示。"),) if more > 0 else ()


def event_line(event: Thing) -> str:
    """One event on one line."""
    told = row(event, datetime.now(UTC))
    count = int(event.get("count") or (event.get("series") or {}).get("count") or 1)
    return f"{seen_at(event)} {told['type']} {told['reason']} {told['about']} x{count}: {told['message']}"


def event_fact(event: Thing) -> dict[str, JSON]:
    """One event for the brain."""
    about = event.get("involvedObject") or {}
    return {
        "at": seen_at(event),
        "type": event.get("type", ""),
        "reason": event.get("reason", ""),
        "kind": about.get("kind", ""),
        "name": about.get("name", ""),
        "namespace": about.get("namespace", ""),
        "message": str(event.get("message") or "")[:500],
        "count": int(event.get("count") or 1),
    }
