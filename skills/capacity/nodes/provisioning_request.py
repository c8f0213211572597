"""Adds nodes by a ProvisioningRequest: the Cluster Autoscaler brings room for a set of pods, all or nothing."""

from dataclasses import dataclass
from typing import Any

from skills.capacity.cluster import Cluster
from skills.capacity.nodes.placeholder import pod_template
from skills.capacity.settings import CapacitySettings
from skills.change import Preview, Snapshot, Target, Verification
from skills.errors import BadArguments
from skills.evidence import JSON, Evidence

CLASS = "best-effort-atomic-scale-up.autoscaling.x-k8s.io"
GROUP = "/apis/autoscaling.x-k8s.io"


@dataclass(frozen=True, slots=True)
class Provisioning:
    """Room for so many node-sized pods."""

    cluster: Cluster
    settings: CapacitySettings
    count: int

    @property
    def target(self) -> Target:
        """The namespace's requests."""
        return Target("ProvisioningRequest", "dutybot-capacity", self.settings.namespace)

    async def preview(self) -> Preview:
        """The server itself says whether the request would be taken."""
        snapshot = await self.observe()
        await self._create(snapshot, dry=True)
        ready = _before(snapshot)["ready_nodes"]
        return Preview(
            diff=(f"room for {self.count} node-sized pods, by the Cluster Autoscaler",),
            notes=("room that nobody uses is taken away again after about ten minutes",),
            figures={"nodes": float(ready), "nodes_after": float(ready + self.count)},
        )

    async def observe(self) -> Snapshot:
        """The served version, and a name that is the same for the same state of the nodes."""
        served = await self.cluster.look(GROUP)
        if served is None:
            why = "ProvisioningRequest is not served here; set CAPACITY_NODE_SOURCE=placeholder"
            raise BadArguments("nodes_elsewhere", source="ProvisioningRequest", why=why)
        version = str(served["preferredVersion"]["groupVersion"])
        nodes = await self.cluster.read("/api/v1/nodes?limit=1")
        mark = str(nodes.get("metadata", {}).get("resourceVersion", "0"))
        fleet = await self.cluster.fleet()
        before: JSON = {"version": version, "name": f"dutybot-capacity-{mark}", "ready_nodes": fleet.ready}
        return Snapshot("", mark, 0, before)

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Ask for the room."""
        await self._create(snapshot, dry=False)
        name = _before(snapshot)["name"]
        return Evidence(
            f"Room for {self.count} node-sized pod(s) asked for as {name}.",
            f"kubectl -n {self.settings.namespace} get provisioningrequest {name}",
            facts={"name": name},
        )

    async def verify(self, snapshot: Snapshot) -> Verification:
        """What the autoscaler says of it."""
        before = _before(snapshot)
        found = await self.cluster.look(f"{self._requests(before)}/{before['name']}")
        if found is None:
            return Verification(True, False, "the request is gone")
        fleet = await self.cluster.fleet()
        told = {each["type"]: each for each in found.get("status", {}).get("conditions") or []}
        count = f"{fleet.ready} nodes are ready, {before['ready_nodes']} were before"
        if _true(told, "Provisioned"):
            return Verification(True, True, f"the room is there; {count}")
        if _true(told, "Failed"):
            return Verification(True, False, str(told["Failed"].get("message") or "the autoscaler could not"))
        return Verification(False, None, f"the autoscaler has not answered yet; {count}")

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """Take the request back; the autoscaler removes what stays empty."""
        before = _before(snapshot)
        await self.cluster.write("DELETE", f"{self._requests(before)}/{before['name']}", {})
        await self.cluster.write("DELETE", f"{self._templates}/{before['name']}", {})
        return Evidence(
            f"{before['name']} taken back.", f"kubectl -n {self.settings.namespace} get provisioningrequests"
        )

    @property
    def _templates(self) -> str:
        return f"/api/v1/namespaces/{self.settings.namespace}/podtemplates"

    def _requests(self, before: dict[str, Any]) -> str:
        return f"/apis/{before['version']}/namespaces/{self.settings.namespace}/provisioningrequests"

    async def _create(self, snapshot: Snapshot, *, dry: bool) -> None:
        before = _before(snapshot)
        fleet = await self.cluster.fleet()
        named = {"name": before["name"], "labels": {"app.kubernetes.io/managed-by": "dutybot"}}
        template = {
            "apiVersion": "v1",
            "kind": "PodTemplate",
            "metadata": named,
            "template": pod_template(self.settings, fleet, priority=False),
        }
        asked = {
            "apiVersion": before["version"],
            "kind": "ProvisioningRequest",
            "metadata": named,
            "spec": {
                "provisioningClassName": CLASS,
                "podSets": [{"count": self.count, "podTemplateRef": {"name": before["name"]}}],
            },
        }
        await self.cluster.write("POST", self._templates, template, dry=dry)
        await self.cluster.write("POST", self._requests(before), asked, dry=dry)


def make(cluster: Cluster, settings: CapacitySettings, count: int) -> Provisioning:
    """The deed for so many."""
    return Provisioning(cluster, settings, count)


def _before(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.before if isinstance(snapshot.before, dict) else {}


def _true(conditions: dict[str, Any], name: str) -> bool:
    return name in conditions and conditions[name].get("status") == "True"
