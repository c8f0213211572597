"""Adds nodes by Karpenter: its NodePool is allowed to grow, and placeholder pods make it do so."""

from dataclasses import dataclass
from typing import Any

from skills.capacity.cluster import Cluster, quantity
from skills.capacity.nodes import placeholder
from skills.capacity.settings import CapacitySettings
from skills.change import Preview, Snapshot, Target, Verification
from skills.errors import BadArguments, NotFound
from skills.evidence import Evidence

POOLS = "/apis/karpenter.sh/v1/nodepools"


@dataclass(frozen=True, slots=True)
class Pool:
    """Limits for so many more nodes, and the pods that need them."""

    cluster: Cluster
    name: str
    places: placeholder.Placeholders

    @property
    def target(self) -> Target:
        """The pool."""
        return Target("NodePool", self.name)

    async def preview(self) -> Preview:
        """The limits before and after, and what the placeholder pods would be."""
        snapshot = await self.observe()
        before, after = _before(snapshot)["limits"], await self._raised(snapshot)
        if after:
            await self.cluster.write("PATCH", f"{POOLS}/{self.name}", {"spec": {"limits": after}}, dry=True)
        told = await self.places.preview()
        limits = tuple(f"spec.limits.{key}: {before[key]} -> {value}" for key, value in after.items())
        return Preview(diff=(*limits, *told.diff), notes=told.notes, figures=told.figures)

    async def observe(self) -> Snapshot:
        """The pool's limits, and the places held now."""
        try:
            found = await self.cluster.read(f"{POOLS}/{self.name}")
        except NotFound as error:
            why = f"there is no NodePool {self.name}"
            raise BadArguments("nodes_elsewhere", source="Karpenter", why=why) from error
        meta = found["metadata"]
        before = {
            "limits": found.get("spec", {}).get("limits") or {},
            "used": found.get("status", {}).get("resources") or {},
            "places": (await self.places.observe()).to_json(),
        }
        return Snapshot(str(meta["uid"]), str(meta["resourceVersion"]), int(meta.get("generation", 0)), before)

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Raise the limits where they are in the way, then hold the places."""
        if raised := await self._raised(snapshot):
            seen = {"resourceVersion": snapshot.resource_version}
            await self.cluster.write("PATCH", f"{POOLS}/{self.name}", {"metadata": seen, "spec": {"limits": raised}})
        return await self.places.run(_places(snapshot))

    async def verify(self, snapshot: Snapshot) -> Verification:
        """Every place is held on a ready node."""
        return await self.places.verify(_places(snapshot))

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """The places and the limits as before."""
        told = await self.places.undo(_places(snapshot))
        if limits := _before(snapshot)["limits"]:
            await self.cluster.write("PATCH", f"{POOLS}/{self.name}", {"spec": {"limits": limits}})
        return told

    async def _raised(self, snapshot: Snapshot) -> dict[str, str]:
        """The limits that would stop it, as they must be."""
        fleet = await self.cluster.fleet()
        before = _before(snapshot)
        raised = {}
        for key, each in (("cpu", fleet.cpu), ("memory", fleet.memory)):
            wanted = quantity(before["used"].get(key, "0")) + each * self.places.count
            if key in before["limits"] and wanted > quantity(before["limits"][key]):
                raised[key] = f"{-(-wanted // 1):.0f}"
        return raised


def make(cluster: Cluster, settings: CapacitySettings, count: int) -> Pool:
    """The deed for so many."""
    if not settings.node_group or "/" in settings.node_group:
        raise BadArguments("nodes_elsewhere", source="Karpenter", why="CAPACITY_NODE_GROUP must be the NodePool's name")
    return Pool(cluster, settings.node_group, placeholder.make(cluster, settings, count))


def _before(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.before if isinstance(snapshot.before, dict) else {}


def _places(snapshot: Snapshot) -> Snapshot:
    return Snapshot.from_json(_before(snapshot)["places"])
