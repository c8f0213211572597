"""Take a node out of scheduling, or back into it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from skills.change import Preview, Snapshot, Verification
from skills.kubernetes.changes.patched import Patched
from skills.kubernetes.cluster import MERGE, Cluster, Thing
from skills.kubernetes.kinds import NODE
from skills.kubernetes.rows import is_ready


class Cordon(Patched):
    """Both ways."""

    keeps: ClassVar[tuple[str, ...]] = ("/spec/unschedulable",)
    how: ClassVar[str] = MERGE

    def __init__(self, cluster: Cluster, node: str, closed: bool) -> None:
        super().__init__(cluster, NODE, "", node)
        self._closed = closed

    @property
    def done(self) -> str:
        """What was done."""
        return f"{self.name} takes no new pods" if self._closed else f"{self.name} takes pods again"

    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """The mark; taken away, not set to false, as the API server itself keeps it."""
        return {"spec": {"unschedulable": True if self._closed else None}}

    async def surroundings(self, thing: Thing, after: Thing) -> Preview:
        """How many nodes are left to take pods."""
        others = [
            each["metadata"]["name"]
            for each in (await self.cluster.list(NODE)).things
            if each["metadata"]["name"] != self.name
            and is_ready(each)
            and not each.get("spec", {}).get("unschedulable")
        ]
        notes = (f"{len(others)} other nodes take pods.",) if self._closed else ()
        return Preview(nodes=(self.name,), notes=notes, figures={"nodes": 1.0})

    async def judge(self, thing: Thing, snapshot: Snapshot) -> Verification:
        """The mark is as wanted."""
        closed = bool(thing.get("spec", {}).get("unschedulable"))
        told = f"{self.name} {'takes no new pods' if closed else 'takes pods'}"
        return Verification(True, closed == self._closed, told)
