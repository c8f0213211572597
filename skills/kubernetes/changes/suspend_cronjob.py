"""Stop a cron job from starting, or let it start again."""

from collections.abc import Mapping
from typing import Any, ClassVar

from skills.change import Preview, Snapshot, Verification
from skills.kubernetes.changes.patched import Patched
from skills.kubernetes.cluster import MERGE, Cluster, Thing
from skills.kubernetes.kinds import CRON_JOB
from skills.words import counted, told


class SuspendCronJob(Patched):
    """Both ways."""

    keeps: ClassVar[tuple[str, ...]] = ("/spec/suspend",)
    how: ClassVar[str] = MERGE

    def __init__(self, cluster: Cluster, namespace: str, cronjob: str, suspended: bool) -> None:
        super().__init__(cluster, CRON_JOB, namespace, cronjob)
        self._suspended = suspended

    @property
    def done(self) -> str:
        """What was done."""
        name = f"{self.namespace}/{self.name}"
        if self._suspended:
            return told(f"{name} is suspended", f"{name} 已暂停")
        return told(f"{name} runs again", f"{name} 已恢复")

    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """The mark."""
        return {"spec": {"suspend": self._suspended}}

    async def surroundings(self, thing: Thing, after: Thing) -> Preview:
        """What runs now goes on."""
        running = len(thing.get("status", {}).get("active") or ())
        return Preview(
            notes=(
                told(
                    f"{counted(running, 'job')} of it running now, and going on.",
                    f"正在运行的 {running} 个任务会继续。",
                ),
            )
            if running
            else ()
        )

    async def judge(self, thing: Thing, snapshot: Snapshot) -> Verification:
        """The mark is as wanted."""
        suspended = bool(thing["spec"].get("suspend"))
        return Verification(
            True,
            suspended == self._suspended,
            told(f"{self.name}: suspended is {suspended}", f"{self.name}：暂停状态为 {suspended}"),
        )
