"""Empty a node: close it, then evict its pods as budgets allow, until none is left or time is up."""

import asyncio
import time
from typing import Any, cast

from skills.change import Preview, Snapshot, Target, Verification
from skills.errors import BadArguments, SkillError
from skills.evidence import JSON, Evidence
from skills.kubernetes.changes.cordon import Cordon
from skills.kubernetes.changes.eviction import evict
from skills.kubernetes.cluster import Cluster, Thing
from skills.kubernetes.kinds import NODE, POD
from skills.kubernetes.surroundings import budgets_in_the_way, controller_of, full_name
from skills.words import counted, told

MIRROR = "kubernetes.io/config.mirror"
PAUSE = 2.0
"""Seconds between two looks at what is left."""


class Drain:
    """One node."""

    def __init__(self, cluster: Cluster, node: str, timeout: float, *, lose_files: bool = False) -> None:
        self._cluster, self._node, self._timeout, self._lose_files = cluster, node, timeout, lose_files
        self._cordon = Cordon(cluster, node, closed=True)

    @property
    def target(self) -> Target:
        """The node."""
        return Target("Node", self._node)

    async def preview(self) -> Preview:
        """Who goes, and which budgets will slow it down."""
        node = await self._cluster.get(NODE, "", self._node)
        on_it = await self._on_it()
        pods = tuple(pod for pod in on_it if _leaves(pod))
        self._refuse(pods)
        staying = sum(controller_of(pod).startswith("DaemonSet/") for pod in on_it)
        notes = [
            told(
                f"{counted(len(pods), 'pod')} will go; {counted(staying, 'pod')} of daemon sets will stay.",
                f"将驱逐 {len(pods)} 个 Pod；DaemonSet 的 {staying} 个 Pod 保留。",
            )
        ]
        if losing := [full_name(pod) for pod in pods if _keeps_files(pod)]:
            names = _some(losing)
            notes.append(
                told(
                    f"What these keep in emptyDir volumes is lost: {names}", f"以下 Pod 的 emptyDir 内容会丢失：{names}"
                )
            )
        closed = bool(node.get("spec", {}).get("unschedulable"))
        return Preview(
            diff=() if closed else ("spec.unschedulable: (none) -> True",),
            pods=tuple(full_name(pod) for pod in pods),
            nodes=(self._node,),
            budgets=await budgets_in_the_way(self._cluster, pods),
            notes=tuple(notes),
            figures={"pods": float(len(pods)), "nodes": 1.0},
        )

    async def observe(self) -> Snapshot:
        """Whether it was closed already, and who was on it."""
        snapshot = await self._cordon.observe()
        before = cast("dict[str, JSON]", snapshot.before)
        leaving = await self._leaving()
        on_it: list[JSON] = [full_name(pod) for pod in leaving]
        owners: list[JSON] = [*sorted({uid for pod in leaving if (uid := _owner(pod))})]
        kept = {**before, "pods": on_it, "owners": owners}
        return Snapshot(snapshot.uid, snapshot.resource_version, snapshot.generation, kept, snapshot.labels)

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Close it, and evict. What a budget holds is tried again until time is up, never forced."""
        pods = await self._leaving()
        self._refuse(pods)
        await self._cordon.run(snapshot)
        until = time.monotonic() + self._timeout
        gone: list[str] = []
        held: dict[str, str] = {}
        while pods:
            held = {}
            for pod in pods:
                if pod["metadata"].get("deletionTimestamp"):
                    continue
                try:
                    await evict(self._cluster, pod)
                    gone.append(full_name(pod))
                except SkillError as error:  # the node is closed by now: what is left is told, and checked
                    held[full_name(pod)] = str(error.values.get("why") or error)
            pods = await self._leaving()
            if not pods or time.monotonic() >= until:
                break
            await asyncio.sleep(min(PAUSE, max(0.0, until - time.monotonic())))
        left = tuple(f"{full_name(pod)} is still there. {held.get(full_name(pod), '')}".strip() for pod in pods)
        return Evidence(
            summary=told(f"{self._node} is empty", f"{self._node} 已清空")
            if not left
            else told(
                f"{self._node}: {counted(len(left), 'pod')} still there", f"{self._node}：还有 {len(left)} 个 Pod"
            ),
            query=f"kubectl drain {self._node} --ignore-daemonsets",
            lines=tuple(f"evicted {name}" for name in dict.fromkeys(gone)),
            facts={"evicted": [*dict.fromkeys(gone)], "left": [full_name(pod) for pod in pods]},
            gaps=left,
        )

    async def took(self, snapshot: Snapshot) -> bool:
        """It is closed, or somebody who was on it is gone."""
        was = set(cast("dict[str, Any]", snapshot.before or {}).get("pods", []))
        return await self._cordon.took(snapshot) or bool(was - {full_name(pod) for pod in await self._leaving()})

    async def verify(self, snapshot: Snapshot) -> Verification:
        """Nobody is left on it, and its pods have found other places; whoever else waits for a place is no concern."""
        owners = cast("dict[str, Any]", snapshot.before or {}).get("owners", [])
        pods = await self._leaving()
        if pods:
            return Verification(
                False,
                None,
                told(f"{counted(len(pods), 'pod')} still on {self._node}", f"{self._node} 上还有 {len(pods)} 个 Pod"),
            )
        waiting = [
            pod
            for pod in (await self._cluster.list(POD, fields="status.phase=Pending")).things
            if not pod["spec"].get("nodeName") and _owner(pod) in owners
        ]
        if waiting:
            return Verification(
                False,
                None,
                told(
                    f"{self._node} is empty; {counted(len(waiting), 'pod')} waiting for another node",
                    f"{self._node} 已清空；{len(waiting)} 个 Pod 在等待其他节点",
                ),
            )
        return Verification(
            True,
            True,
            told(f"{self._node} is empty, and no pod waits for a place", f"{self._node} 已清空，没有 Pod 在等待"),
        )

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """Open it again; the pods stay where they went."""
        return await self._cordon.undo(snapshot)

    async def _on_it(self) -> tuple[Thing, ...]:
        return (await self._cluster.list(POD, fields=f"spec.nodeName={self._node}")).things

    async def _leaving(self) -> tuple[Thing, ...]:
        return tuple(pod for pod in await self._on_it() if _leaves(pod))

    def _refuse(self, pods: tuple[Thing, ...]) -> None:
        """What would not come back: pods that nobody makes anew, and files, unless they are given up by name."""
        if lone := [full_name(pod) for pod in pods if not controller_of(pod)]:
            raise BadArguments("lone_pods_on_node", node=self._node, pods=_some(lone))
        if not self._lose_files and (losing := [full_name(pod) for pod in pods if _keeps_files(pod)]):
            raise BadArguments("files_on_node", node=self._node, pods=_some(losing))


def _some(names: list[str]) -> str:
    """The first of them, and how many more."""
    more = f" … (+{len(names) - 5})" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _leaves(pod: Thing) -> bool:
    """Pods of daemon sets and of the node itself stay; what has ended is no longer there."""
    if MIRROR in (pod["metadata"].get("annotations") or {}):
        return False
    if controller_of(pod).startswith("DaemonSet/"):
        return False
    return pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}


def _keeps_files(pod: Thing) -> bool:
    volumes: list[dict[str, Any]] = pod.get("spec", {}).get("volumes") or []
    return any("emptyDir" in each for each in volumes)


def _owner(pod: Thing) -> str:
    """The uid of what makes this pod anew; empty: nothing does."""
    owners = pod["metadata"].get("ownerReferences") or []
    return next((str(each.get("uid", "")) for each in owners if each.get("controller")), "")
