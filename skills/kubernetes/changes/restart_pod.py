"""Evict one pod, so that its controller makes another: budgets hold."""

from typing import cast

from skills.change import Preview, Snapshot, Target, Verification
from skills.errors import BadArguments, NotFound, Unreachable
from skills.evidence import JSON, Evidence
from skills.kubernetes.changes.eviction import evict
from skills.kubernetes.cluster import Cluster, Thing, path_of
from skills.kubernetes.history import owned_by
from skills.kubernetes.kinds import DAEMON_SET, JOB, POD, REPLICA_SET, STATEFUL_SET
from skills.kubernetes.rows import is_ready, pod_state
from skills.kubernetes.surroundings import budgets_in_the_way, controller_of, full_name, owner_of
from skills.words import told

_CONTROLLERS = {kind.name: kind for kind in (REPLICA_SET, STATEFUL_SET, DAEMON_SET, JOB)}


class RestartPod:
    """One pod goes, another comes."""

    def __init__(self, cluster: Cluster, namespace: str, pod: str) -> None:
        self._cluster, self._namespace, self._pod = cluster, namespace, pod

    @property
    def target(self) -> Target:
        """The pod."""
        return Target("Pod", self._pod, self._namespace)

    async def preview(self) -> Preview:
        """The eviction's own dry run, and the budgets in its way."""
        pod = await self._look()
        await evict(self._cluster, pod, dry_run=True)
        count = len(await self._siblings(pod))
        notes = [told(f"{controller_of(pod)} will make another.", f"{controller_of(pod)} 会重建它。")]
        if any("emptyDir" in each for each in pod["spec"].get("volumes") or ()):
            notes.append(told("What it keeps in emptyDir volumes is lost.", "emptyDir 卷中的内容会丢失。"))
        return Preview(
            diff=(f"pod {self._namespace}/{self._pod}: {pod_state(pod)} -> evicted",),
            pods=(full_name(pod),),
            fraction=1 / max(1, count),
            budgets=await budgets_in_the_way(self._cluster, [pod]),
            owner=owner_of(pod),
            notes=tuple(notes),
            figures={"pods": 1.0},
        )

    async def observe(self) -> Snapshot:
        """Which pod exactly, and who will make another."""
        pod = await self._look()
        meta = pod["metadata"]
        kept = {"controller": controller_of(pod), "siblings": len(await self._siblings(pod)), "state": pod_state(pod)}
        return Snapshot(
            meta["uid"],
            str(meta.get("resourceVersion", "")),
            int(meta.get("generation", 0)),
            cast("JSON", kept),
            meta.get("labels") or {},
        )

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Evict it, if it is still the one; gone already is done already."""
        query = f"POST {path_of(POD, self._namespace, self._pod, 'eviction')}"
        pod = await self._cluster.find(POD, self._namespace, self._pod)
        if pod is None or pod["metadata"]["uid"] != snapshot.uid or pod["metadata"].get("deletionTimestamp"):
            return Evidence(told(f"Pod {self._pod} is gone already", f"Pod {self._pod} 已经不在"), query)
        await evict(self._cluster, pod)
        return Evidence(
            told(f"Pod {self._pod} was evicted", f"Pod {self._pod} 已被驱逐"), query, facts={"uid": snapshot.uid}
        )

    async def took(self, snapshot: Snapshot) -> bool:
        """It is gone, or going."""
        pod = await self._cluster.find(POD, self._namespace, self._pod)
        return pod is None or pod["metadata"]["uid"] != snapshot.uid or "deletionTimestamp" in pod["metadata"]

    async def verify(self, snapshot: Snapshot) -> Verification:
        """The old one is gone, and as many as before are ready."""
        pod = await self._cluster.find(POD, self._namespace, self._pod)
        if pod is not None and pod["metadata"]["uid"] == snapshot.uid:
            return Verification(False, None, told(f"{self._pod} is still going", f"{self._pod} 正在退出"))
        kept = cast("dict[str, str | int]", snapshot.before)
        kind, _, name = str(kept["controller"]).partition("/")
        controller = await self._cluster.find(_CONTROLLERS[kind], self._namespace, name)
        if controller is None:
            return Verification(
                True,
                None,
                told(f"{kind} {name}, which would make another, is gone itself", f"{kind} {name} 已不存在，无法重建"),
            )
        siblings = await self._of(controller)
        ready, wanted = sum(is_ready(each) for each in siblings), int(kept["siblings"])
        if ready >= wanted:
            return Verification(
                True, True, told(f"{ready} pods of {name} are ready", f"{name} 的 {ready} 个 Pod 已就绪")
            )
        bad = next((each for each in siblings if pod_state(each) in {"CrashLoopBackOff", "ImagePullBackOff"}), None)
        if bad:
            return Verification(
                True,
                False,
                told(
                    f"{bad['metadata']['name']} is in {pod_state(bad)}",
                    f"{bad['metadata']['name']} 处于 {pod_state(bad)}",
                ),
            )
        return Verification(
            False,
            None,
            told(f"{ready} of {wanted} pods of {name} are ready", f"{name} 的 {wanted} 个 Pod 中 {ready} 个已就绪"),
        )

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """There is nothing to put back."""
        return Evidence(
            told(
                "Nothing to put back: the pod's controller has made another just like it",
                "无需恢复：控制器已经重建了同样的 Pod",
            ),
            "nothing",
        )

    async def _look(self) -> Thing:
        pod = await self._cluster.get(POD, self._namespace, self._pod)
        kind, _, _ = controller_of(pod).partition("/")
        if kind not in _CONTROLLERS:
            raise BadArguments("pod_alone", pod=self._pod)
        return pod

    async def _siblings(self, pod: Thing) -> tuple[Thing, ...]:
        kind, _, name = controller_of(pod).partition("/")
        controller = await self._cluster.find(_CONTROLLERS[kind], self._namespace, name)
        return await self._of(controller) if controller else (pod,)

    async def _of(self, controller: Thing) -> tuple[Thing, ...]:
        try:
            listing = await self._cluster.list(POD, self._namespace)
        except (NotFound, Unreachable):
            return ()
        return tuple(
            pod
            for pod in listing.things
            if owned_by(pod, controller) and pod.get("status", {}).get("phase") not in {"Succeeded", "Failed"}
        )
