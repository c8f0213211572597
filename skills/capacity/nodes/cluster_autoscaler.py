"""Adds nodes by the Cluster Autoscaler: a ProvisioningRequest where the cluster serves it, else placeholder pods."""

from dataclasses import dataclass
from typing import Any

from skills.capacity.cluster import Cluster
from skills.capacity.nodes import placeholder, provisioning_request
from skills.capacity.nodes.placeholder import Placeholders
from skills.capacity.nodes.provisioning_request import GROUP, Provisioning
from skills.capacity.settings import CapacitySettings
from skills.change import Preview, Snapshot, Target, Verification
from skills.evidence import JSON, Evidence


@dataclass(frozen=True, slots=True)
class Served:
    """Which of the two is asked of the cluster when it is observed, and kept."""

    cluster: Cluster
    namespace: str
    request: Provisioning
    places: Placeholders

    @property
    def target(self) -> Target:
        """The room that we hold, whichever way."""
        return Target("Nodes", "dutybot-capacity", self.namespace)

    async def preview(self) -> Preview:
        """That of the way that the cluster serves."""
        return await (await self._way()).preview()

    async def observe(self) -> Snapshot:
        """Which way, and what it saw."""
        way = await self._way()
        seen = await way.observe()
        before: JSON = {"by_request": way is self.request, "seen": seen.to_json()}
        return Snapshot(seen.uid, seen.resource_version, seen.generation, before)

    async def run(self, snapshot: Snapshot) -> Evidence:
        """By the way that was seen."""
        return await self._of(snapshot).run(_seen(snapshot))

    async def verify(self, snapshot: Snapshot) -> Verification:
        """As that way verifies."""
        return await self._of(snapshot).verify(_seen(snapshot))

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """As that way puts back."""
        return await self._of(snapshot).undo(_seen(snapshot))

    async def _way(self) -> Provisioning | Placeholders:
        return self.places if await self.cluster.look(GROUP) is None else self.request

    def _of(self, snapshot: Snapshot) -> Provisioning | Placeholders:
        return self.request if _before(snapshot)["by_request"] else self.places


def make(cluster: Cluster, settings: CapacitySettings, count: int) -> Served:
    """The deed for so many."""
    request = provisioning_request.make(cluster, settings, count)
    return Served(cluster, settings.namespace, request, placeholder.make(cluster, settings, count))


def _before(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.before if isinstance(snapshot.before, dict) else {}


def _seen(snapshot: Snapshot) -> Snapshot:
    return Snapshot.from_json(_before(snapshot)["seen"])
