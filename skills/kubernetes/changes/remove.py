"""Remove what has ended: evicted pods, failed jobs. What was removed does not come back."""

from abc import ABC, abstractmethod
from typing import Any, cast

from skills.change import Preview, Snapshot, Target, Verification
from skills.errors import BadArguments, Conflict, NotFound, SkillError
from skills.evidence import JSON, Evidence
from skills.kubernetes.cluster import Cluster, Thing, path_of
from skills.kubernetes.kinds import JOB, NAMESPACE, POD, Kind
from skills.kubernetes.surroundings import full_name, owner_of
from skills.words import counted, told


class Remove(ABC):
    """Things of one kind, exactly those that were seen."""

    kind: Kind

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace

    @property
    @abstractmethod
    def target(self) -> Target:
        """What it is about."""

    @abstractmethod
    async def doomed(self) -> tuple[Thing, ...]:
        """What would be removed; an error where there is nothing."""

    async def identity(self, doomed: tuple[Thing, ...]) -> Thing:
        """The metadata of what leave is bound to."""
        return cast("Thing", doomed[0]["metadata"])

    async def preview(self) -> Preview:
        """Each one, dry run by the server."""
        doomed = await self.doomed()
        for thing in doomed[:20]:
            name = thing["metadata"]["name"]
            await self.cluster.delete(self.kind, self.namespace, name, uid=thing["metadata"]["uid"], dry_run=True)
        return Preview(
            diff=tuple(f"{self.kind.name} {full_name(thing)} -> removed" for thing in doomed[:20]),
            pods=tuple(full_name(thing) for thing in doomed) if self.kind is POD else (),
            owner=owner_of(doomed[0]),
            notes=(
                told(
                    f"{len(doomed)} ended already; nothing that runs is touched. They do not come back.",
                    f"{len(doomed)} 个都已结束；不会影响运行中的。删除后无法恢复。",
                ),
            ),
            figures={"removed": float(len(doomed)), "pods": 0.0},
        )

    async def observe(self) -> Snapshot:
        """Exactly which."""
        doomed = await self.doomed()
        meta = await self.identity(doomed)
        kept = {thing["metadata"]["name"]: thing["metadata"]["uid"] for thing in doomed}
        version = str(meta.get("resourceVersion", ""))
        return Snapshot(str(meta["uid"]), version, 0, cast("JSON", {"doomed": kept}), meta.get("labels") or {})

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Those that were seen, if they are still the same."""
        gone, gaps = [], []
        for name, uid in _doomed(snapshot).items():
            try:
                await self.cluster.delete(self.kind, self.namespace, name, uid=uid)
                gone.append(name)
            except NotFound:
                gone.append(name)
            except Conflict:
                gaps.append(told(f"{name} is another one by now, and was left.", f"{name} 已被重新创建，予以保留。"))
            except SkillError as error:
                if not gone:
                    raise
                gaps.append(told(f"{name} was left: {error}", f"{name} 未删除：{error}"))
        return Evidence(
            summary=told(
                f"{counted(len(gone), self.kind.plural.removesuffix('s'))} of {self.namespace} removed",
                f"已删除 {self.namespace} 的 {len(gone)} 个 {self.kind.name}",
            ),
            query=f"DELETE {path_of(self.kind, self.namespace)}",
            lines=tuple(gone),
            facts={"removed": cast("JSON", gone)},
            gaps=tuple(gaps),
        )

    async def took(self, snapshot: Snapshot) -> bool:
        """One of them is gone."""
        return await self._left(snapshot) < len(_doomed(snapshot))

    async def verify(self, snapshot: Snapshot) -> Verification:
        """None of them is left."""
        left = await self._left(snapshot)
        return Verification(not left, None if left else True, told(f"{left} left", f"还剩 {left} 个"))

    async def _left(self, snapshot: Snapshot) -> int:
        listing = await self.cluster.list(self.kind, self.namespace)
        uids = {thing["metadata"]["uid"] for thing in listing.things}
        return sum(uid in uids for uid in _doomed(snapshot).values())

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """Not possible."""
        raise BadArguments("cannot_be_undone", what=f"removing {self.kind.plural}")


class DeleteEvictedPods(Remove):
    """The remains of pods that a node threw out."""

    kind = POD

    @property
    def target(self) -> Target:
        """The namespace."""
        return Target("Namespace", self.namespace, self.namespace)

    async def identity(self, doomed: tuple[Thing, ...]) -> Thing:
        """The namespace's: which pods, is in the snapshot."""
        meta: Thing = (await self.cluster.get(NAMESPACE, "", self.namespace))["metadata"]
        return {"uid": str(meta.get("uid", "")), "labels": meta.get("labels") or {}}

    async def doomed(self) -> tuple[Thing, ...]:
        """Failed, and for that reason."""
        listing = await self.cluster.list(POD, self.namespace, fields="status.phase=Failed")
        found = tuple(pod for pod in listing.things if pod.get("status", {}).get("reason") == "Evicted")
        if not found:
            raise NotFound("no_evicted_pods", namespace=self.namespace)
        return found


class DeleteFailedJob(Remove):
    """One job that has failed, with its pods."""

    kind = JOB

    def __init__(self, cluster: Cluster, namespace: str, job: str) -> None:
        super().__init__(cluster, namespace)
        self._job = job

    @property
    def target(self) -> Target:
        """The job."""
        return Target("Job", self._job, self.namespace)

    async def doomed(self) -> tuple[Thing, ...]:
        """Only if it has failed for good."""
        job = await self.cluster.get(JOB, self.namespace, self._job)
        states: list[dict[str, Any]] = job.get("status", {}).get("conditions") or []
        if not any(each.get("type") == "Failed" and each.get("status") == "True" for each in states):
            raise BadArguments("job_not_failed", job=self._job)
        return (job,)


def _doomed(snapshot: Snapshot) -> dict[str, str]:
    return dict(cast("dict[str, dict[str, str]]", snapshot.before)["doomed"])
