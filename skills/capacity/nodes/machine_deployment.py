"""Adds nodes by Cluster API: the group of machines is told to be larger."""

from dataclasses import dataclass
from typing import Any

from skills.capacity.cluster import Cluster
from skills.capacity.settings import CapacitySettings
from skills.change import Preview, Snapshot, Target, Verification
from skills.errors import BadArguments, Conflict
from skills.evidence import JSON, Evidence

GROUP = "/apis/cluster.x-k8s.io"
SOURCE = "a MachineDeployment"


@dataclass(frozen=True, slots=True)
class Machines:
    """So many more machines in one MachineDeployment."""

    cluster: Cluster
    namespace: str
    name: str
    count: int

    @property
    def target(self) -> Target:
        """The group."""
        return Target("MachineDeployment", self.name, self.namespace)

    async def preview(self) -> Preview:
        """The server itself says whether the new size would be taken."""
        snapshot = await self.observe()
        before = _before(snapshot)
        await self._resize(snapshot, before["replicas"] + self.count, dry=True)
        return Preview(
            diff=(f"spec.replicas: {before['replicas']} -> {before['replicas'] + self.count}",),
            figures={"nodes": float(before["replicas"]), "nodes_after": float(before["replicas"] + self.count)},
        )

    async def observe(self) -> Snapshot:
        """Its size now."""
        served = await self.cluster.look(GROUP)
        if served is None:
            raise BadArguments("nodes_elsewhere", source=SOURCE, why="Cluster API is not served by this cluster")
        version = str(served["preferredVersion"]["groupVersion"])
        found = await self.cluster.read(self._where(version))
        meta = found["metadata"]
        replicas = int(found.get("spec", {}).get("replicas") or 0)
        before: JSON = {"replicas": replicas, "version": version}
        return Snapshot(str(meta["uid"]), str(meta["resourceVersion"]), int(meta.get("generation", 0)), before)

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Make it larger, if it is still as it was seen."""
        wanted = _before(snapshot)["replicas"] + self.count
        await self._resize(snapshot, wanted, dry=False)
        return Evidence(
            f"{self.target}: {wanted} machines asked for.",
            f"kubectl -n {self.namespace} get machinedeployment {self.name}",
            facts={"replicas": wanted},
        )

    async def verify(self, snapshot: Snapshot) -> Verification:
        """Whether so many of its machines are ready nodes."""
        before = _before(snapshot)
        found = await self.cluster.read(self._where(before["version"]))
        ready = int(found.get("status", {}).get("readyReplicas") or 0)
        wanted = before["replicas"] + self.count
        return Verification(ready >= wanted, True if ready >= wanted else None, f"{ready} of {wanted} nodes are ready")

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """Its size before, unless somebody changed it meanwhile."""
        before = _before(snapshot)
        found = await self.cluster.read(self._where(before["version"]))
        now = int(found.get("spec", {}).get("replicas") or 0)
        if now != before["replicas"] + self.count:
            raise Conflict("changed_meanwhile", system="Kubernetes", why=f"it has {now} replicas now")
        await self.cluster.write("PATCH", self._where(before["version"]), {"spec": {"replicas": before["replicas"]}})
        return Evidence(
            f"{self.target}: {before['replicas']} machines again.",
            f"kubectl -n {self.namespace} get machinedeployment {self.name}",
        )

    def _where(self, version: str) -> str:
        return f"/apis/{version}/namespaces/{self.namespace}/machinedeployments/{self.name}"

    async def _resize(self, snapshot: Snapshot, replicas: int, *, dry: bool) -> None:
        seen = {"resourceVersion": snapshot.resource_version}
        body = {"metadata": seen, "spec": {"replicas": replicas}}
        await self.cluster.write("PATCH", self._where(_before(snapshot)["version"]), body, dry=dry)


def make(cluster: Cluster, settings: CapacitySettings, count: int) -> Machines:
    """The deed for so many."""
    namespace, _, name = settings.node_group.rpartition("/")
    if not (namespace and name):
        why = "CAPACITY_NODE_GROUP must be NAMESPACE/NAME of it"
        raise BadArguments("nodes_elsewhere", source=SOURCE, why=why)
    return Machines(cluster, namespace, name, count)


def _before(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.before if isinstance(snapshot.before, dict) else {}
