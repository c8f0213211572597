"""Free disk on a node by a job with a pinned image, which sees one folder of the node and nothing else.

The preview runs the same job with the folder mounted read-only: it counts what would go. No text from outside reaches
the job's command but a number of days.
"""

import time
from dataclasses import dataclass
from typing import cast

from skills.change import Preview, Since, Snapshot, Target, Verification
from skills.errors import BadArguments, Unreachable, not_found
from skills.evidence import JSON, Evidence
from skills.kubernetes.changes.node_job import NodeJob, name_of, pressed
from skills.kubernetes.cluster import Cluster, Thing, path_of
from skills.kubernetes.kinds import JOB, NODE
from skills.words import told


@dataclass(frozen=True, slots=True)
class Folder:
    """What may be cleaned of a node."""

    path: str
    chosen: str
    """Which of its files, as find takes it."""


FOLDERS = {
    "tmp": Folder("/tmp", "-type f"),  # noqa: S108
    "journal": Folder("/var/log/journal", "-type f -name *@*.journal*"),
    "container_logs": Folder("/var/log/pods", "-type f ( -name *.log.* -o -name *.gz )"),
}


class CleanDisk:
    """One folder of one node."""

    def __init__(self, cluster: Cluster, node: str, what: str, *, days: int, image: str, namespace: str) -> None:
        self._cluster, self._node, self._what, self._days = cluster, node, what, days
        self._place = NodeJob(cluster, node, namespace, image)

    @property
    def target(self) -> Target:
        """The node."""
        return Target("Node", self._node)

    async def preview(self) -> Preview:
        """How many bytes would go: counted on the node, read-only."""
        self._place.require_image()
        await self._cluster.get(NODE, "", self._node)
        files, size = await self._work("count", f"{time.time_ns()}")
        folder, image = FOLDERS[self._what], self._place.image.partition("@")[0]
        return Preview(
            diff=(f"{self._node}:{folder.path}: {files} files, {size} bytes -> removed",),
            nodes=(self._node,),
            notes=(
                told(
                    f"Only files that nobody has written for {self._days} days; they do not come back.",
                    f"只清理 {self._days} 天没有写入的文件；无法恢复。",
                ),
                told(
                    f"A job in {self._place.namespace} does it with {image}.",
                    f"由 {self._place.namespace} 中的任务用镜像 {image} 执行。",
                ),
                told(f"It sees {folder.path} of the node, and nothing else.", f"它只能看到节点的 {folder.path}。"),
            ),
            figures={"bytes": float(size), "files": float(files), "nodes": 1.0, "pods": 0.0},
        )

    async def observe(self) -> Snapshot:
        """The node, and whether its disk was under pressure."""
        self._place.require_image()
        node = await self._cluster.get(NODE, "", self._node)
        return Snapshot(
            node["metadata"]["uid"],
            "",
            0,
            cast("JSON", {"pressed": pressed(node), "asked_at": f"{time.time_ns()}"}),
            node["metadata"].get("labels") or {},
        )

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Once for this snapshot: the job's name is made from it."""
        node = await self._cluster.get(NODE, "", self._node)
        if node["metadata"]["uid"] != snapshot.uid:
            raise not_found("not_in_cluster", (), kind="Node", name=self._node)
        before = cast("dict[str, str]", snapshot.before)
        files, size = await self._work("remove", before["asked_at"])
        return Evidence(
            summary=told(
                f"{self._node}: {size} bytes in {files} files of {FOLDERS[self._what].path} were freed",
                f"{self._node}：从 {FOLDERS[self._what].path} 的 {files} 个文件释放了 {size} 字节",
            ),
            query=f"POST {path_of(JOB, self._place.namespace)}",
            facts={"bytes": size, "files": files, "node": self._node},
        )

    async def took(self, snapshot: Snapshot) -> bool:
        """Its job is there: what it says has still to be read."""
        asked_at = cast("dict[str, str]", snapshot.before)["asked_at"]
        return await self._place.there(name_of(f"{self._node} {self._what} remove {asked_at}"))

    async def verify(self, snapshot: Snapshot) -> Verification:
        """No pressure is left; where there was none, having run is enough."""
        node = await self._cluster.get(NODE, "", self._node)
        if pressed(node):
            return Verification(
                False, None, told(f"{self._node} still reports DiskPressure", f"{self._node} 仍然报告磁盘压力")
            )
        was = cast("dict[str, bool]", snapshot.before)["pressed"]
        return Verification(
            True,
            True,
            told(f"{self._node}: no DiskPressure", f"{self._node}：没有磁盘压力")
            if was
            else told(f"{self._node} is well", f"{self._node} 正常"),
        )

    async def since(self, snapshot: Snapshot) -> Since:
        """Whether its disk is no longer pressed, without us."""
        node = await self._cluster.get(NODE, "", self._node)
        eased = cast("dict[str, bool]", snapshot.before)["pressed"] and not pressed(node)
        return Since(same=eased, touched=eased, did=(await self.verify(snapshot)).why)

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """Not possible."""
        raise BadArguments("cannot_be_undone", what=f"cleaning {self._node}")

    async def _work(self, mode: str, seed: str) -> tuple[int, int]:
        """Run the job, and read its two numbers."""
        name = name_of(f"{self._node} {self._what} {mode} {seed}")
        return _numbers(await self._place.work(name, self.job(name, mode), 5), name)

    def job(self, name: str, mode: str) -> Thing:
        """The job as it is sent."""
        folder = FOLDERS[self._what]
        chosen = f"find /clean -xdev {_escaped(folder.chosen)} -mtime +{self._days}"
        count = (
            f"{chosen} -exec stat -c %s {{}} + | awk '{{n+=1; s+=$1}} END {{printf \"files %d bytes %d\\n\", n, s}}'"
        )
        script = count if mode == "count" else f"{count} && {chosen} -exec rm -f {{}} +"
        return self._place.job(
            name,
            ["/bin/sh", "-c", script],
            {"hostPath": {"path": folder.path, "type": "Directory"}},
            at="/clean",
            read_only=mode == "count",
            capabilities=("DAC_OVERRIDE", "FOWNER"),
        )


def _escaped(chosen: str) -> str:
    """The shell must see neither stars nor brackets of its own."""
    return chosen.replace("*", "\\*").replace("(", "\\(").replace(")", "\\)")


def _numbers(log: str, job: str) -> tuple[int, int]:
    for line in reversed(log.splitlines()):
        words = line.split()
        if words[-4:-3] == ["files"] and words[-2] == "bytes":
            return int(words[-3]), int(words[-1])
    raise Unreachable("clean_job_failed", job=job, why="it did not say what it found")
