"""Take a node out of scheduling, or back into it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from skills.change import Preview, Snapshot, Verification
from skills.kubernetes.changes.patched import Patched
from skills.kubernetes.cluster import MERGE, Cluster, Thing
from skills.kubernetes.kinds import NODE
from skills.kubernetes.rows import is_ready
from skills.words import counted, told


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
        return _told(self.name, self._closed)

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
        notes = (
            (told(f"{counted(len(others), 'other node')} left to take pods.", f"还有 {len(others)} 个节点可以调度。"),)
            if self._closed
            else ()
        )
        return Preview(nodes=(self.name,), notes=notes, figures={"nodes": 1.0})

    async def judge(self, thing: Thing, snapshot: Snapshot) -> Verification:
        """The mark is as wanted."""
        closed = bool(thing.get("spec", {}).get("unschedulable"))
        return Verification(True, closed == self._closed, _told(self.name, closed))


def _told(node: str, closed: bool) -> str:
    if closed:
        return told(f"{node} takes no new pods", f"{node} 已停止调度")
    return told(f"{node} takes pods", f"{node} 可以调度")
