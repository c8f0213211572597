"""Stop a cron job from starting, or let it start again."""

from collections.abc import Mapping
from typing import Any, ClassVar

from skills.change import Preview, Snapshot, Verification
from skills.kubernetes.changes.patched import Patched
from skills.kubernetes.cluster import MERGE, Cluster, Thing
from skills.kubernetes.kinds import CRON_JOB


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
        return f"{self.namespace}/{self.name} {'is suspended' if self._suspended else 'runs again'}"

    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """The mark."""
        return {"spec": {"suspend": self._suspended}}

    async def surroundings(self, thing: Thing, after: Thing) -> Preview:
        """What runs now goes on."""
        running = len(thing.get("status", {}).get("active") or ())
        return Preview(notes=(f"{running} jobs of it run now, and go on.",) if running else ())

    async def judge(self, thing: Thing, snapshot: Snapshot) -> Verification:
        """The mark is as wanted."""
        suspended = bool(thing["spec"].get("suspend"))
        return Verification(True, suspended == self._suspended, f"{self.name}: suspended is {suspended}")
