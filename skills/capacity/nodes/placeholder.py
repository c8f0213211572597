"""Adds nodes by node-sized pods of low priority: any autoscaler makes room for them, and real pods push them out."""

from dataclasses import dataclass
from typing import Any

from skills.capacity.cluster import Cluster, Fleet
from skills.capacity.settings import CapacitySettings
from skills.change import Preview, Snapshot, Target, Verification
from skills.errors import BadArguments, Conflict
from skills.evidence import Evidence

NAME = "dutybot-headroom"
PRIORITY = "dutybot-placeholder"
SHARE = 0.75
"""Of a node's allocatable: so large that only one fits, and small enough to leave room for daemon sets."""
PRIORITIES = "/apis/scheduling.k8s.io/v1/priorityclasses"


@dataclass(frozen=True, slots=True)
class Placeholders:
    """So many more placeholder pods."""

    cluster: Cluster
    settings: CapacitySettings
    count: int

    @property
    def target(self) -> Target:
        """The deployment that holds the places."""
        return Target("Deployment", NAME, self.settings.namespace)

    @property
    def _all(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.settings.namespace}/deployments"

    async def preview(self) -> Preview:
        """The server itself says whether the pods would be taken."""
        snapshot = await self.observe()
        fleet = await self.cluster.fleet()
        before = _replicas(snapshot)
        await self._write(snapshot, fleet, before + self.count, dry=True)
        room = _room(fleet)
        return Preview(
            diff=(f"{NAME}: {before} -> {before + self.count} placeholder pods",),
            notes=(
                f"each asks for {room['cpu']} CPU and {room['memory']} memory, about a whole node",
                "an autoscaler must be running: without one the pods stay pending and nothing is added",
            ),
            figures={"nodes": float(fleet.ready), "nodes_after": float(fleet.ready + self.count)},
        )

    async def observe(self) -> Snapshot:
        """How many places are held now, and how many nodes are ready."""
        found = await self.cluster.look(f"{self._all}/{NAME}")
        fleet = await self.cluster.fleet()
        meta = (found or {}).get("metadata", {})
        replicas = int((found or {}).get("spec", {}).get("replicas") or 0)
        return Snapshot(
            str(meta.get("uid", "")),
            str(meta.get("resourceVersion", "")),
            int(meta.get("generation", 0)),
            {"replicas": replicas, "ready_nodes": fleet.ready},
        )

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Hold the places."""
        fleet = await self.cluster.fleet()
        await self._ensure_priority()
        wanted = _replicas(snapshot) + self.count
        await self._write(snapshot, fleet, wanted, dry=False)
        return Evidence(
            f"{self.count} node-sized placeholder pod(s) asked for; {fleet.ready} nodes are ready now.",
            f"kubectl -n {self.settings.namespace} get deployment {NAME}",
            facts={"placeholders": wanted, "ready_nodes": fleet.ready},
        )

    async def verify(self, snapshot: Snapshot) -> Verification:
        """Every place is held on a ready node."""
        found = await self.cluster.look(f"{self._all}/{NAME}") or {}
        wanted = _replicas(snapshot) + self.count
        held = int(found.get("status", {}).get("readyReplicas") or 0)
        fleet = await self.cluster.fleet()
        was = _before(snapshot).get("ready_nodes", 0)
        why = f"{held} of {wanted} places are held; {fleet.ready} nodes are ready, {was} were before"
        return Verification(held >= wanted, True if held >= wanted else None, why)

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """As many places as before; the autoscaler then takes idle nodes away itself."""
        before = _replicas(snapshot)
        where = f"{self._all}/{NAME}"
        if snapshot.uid:
            await self.cluster.write("PATCH", where, {"spec": {"replicas": before}})
        else:
            await self.cluster.write("DELETE", where, {"propagationPolicy": "Background"})
        return Evidence(
            f"{before} placeholder pod(s) again.", f"kubectl -n {self.settings.namespace} get deployment {NAME}"
        )

    async def _ensure_priority(self) -> None:
        """Below everything else, and pushing nobody out."""
        wanted = {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": PRIORITY},
            "value": -10,
            "preemptionPolicy": "Never",
            "description": "Pods that hold room until real pods need it.",
        }
        if await self.cluster.look(f"{PRIORITIES}/{PRIORITY}") is None:
            try:
                await self.cluster.write("POST", PRIORITIES, wanted)
            except Conflict:
                return  # somebody else made it just now

    async def _write(self, snapshot: Snapshot, fleet: Fleet, replicas: int, *, dry: bool) -> None:
        if not fleet.ready:
            raise BadArguments("nodes_elsewhere", source="placeholder pods", why="no node is ready to take a size from")
        body = _deployment(self.settings, fleet, replicas)
        if snapshot.uid:
            body["metadata"]["resourceVersion"] = snapshot.resource_version
            await self.cluster.write("PATCH", f"{self._all}/{NAME}", body, dry=dry)
        else:
            await self.cluster.write("POST", self._all, body, dry=dry)


def make(cluster: Cluster, settings: CapacitySettings, count: int) -> Placeholders:
    """The deed for so many."""
    return Placeholders(cluster, settings, count)


def pod_template(settings: CapacitySettings, fleet: Fleet, *, priority: bool = True) -> dict[str, Any]:
    """A pod about as large as a node, no two on one."""
    spec: dict[str, Any] = {
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "affinity": {
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": NAME}}}
                ]
            }
        },
        "containers": [
            {
                "name": "placeholder",
                "image": settings.placeholder_image,
                "resources": {"requests": _room(fleet), "limits": {"memory": _room(fleet)["memory"]}},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "runAsNonRoot": True,
                    "runAsUser": 65534,
                    "capabilities": {"drop": ["ALL"]},
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
            }
        ],
    }
    if priority:
        spec["priorityClassName"] = PRIORITY
    return {"metadata": {"labels": {"app": NAME}}, "spec": spec}


def _deployment(settings: CapacitySettings, fleet: Fleet, replicas: int) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "labels": {"app": NAME, "app.kubernetes.io/managed-by": "dutybot"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": NAME}},
            "template": pod_template(settings, fleet),
        },
    }


def _room(fleet: Fleet) -> dict[str, str]:
    return {"cpu": f"{int(fleet.cpu * SHARE * 1000)}m", "memory": f"{int(fleet.memory * SHARE / 2**20)}Mi"}


def _before(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.before if isinstance(snapshot.before, dict) else {}


def _replicas(snapshot: Snapshot) -> int:
    return int(_before(snapshot).get("replicas") or 0)
