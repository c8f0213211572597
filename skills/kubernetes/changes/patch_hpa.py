"""Move the bounds of an autoscaler."""

from collections.abc import Mapping
from typing import Any, ClassVar

from skills.change import Preview, Snapshot, Verification
from skills.errors import BadArguments
from skills.kubernetes.changes.patched import Patched
from skills.kubernetes.cluster import MERGE, Cluster, Thing
from skills.kubernetes.kinds import HPA
from skills.words import told


class PatchHpa(Patched):
    """Least and most replicas."""

    keeps: ClassVar[tuple[str, ...]] = ("/spec/minReplicas", "/spec/maxReplicas")
    how: ClassVar[str] = MERGE

    def __init__(self, cluster: Cluster, namespace: str, hpa: str, least: int, most: int) -> None:
        super().__init__(cluster, HPA, namespace, hpa)
        self._least, self._most = least, most

    @property
    def done(self) -> str:
        """What was done."""
        return told(
            f"{self.namespace}/{self.name} may now run {self._least} to {self._most} replicas",
            f"{self.namespace}/{self.name} 的副本数范围改为 {self._least} 到 {self._most}",
        )

    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """Both bounds."""
        if self._least > self._most:
            raise BadArguments("least_above_most", least=self._least, most=self._most)
        return {"spec": {"minReplicas": self._least, "maxReplicas": self._most}}

    async def surroundings(self, thing: Thing, after: Thing) -> Preview:
        """Whether it will scale at once."""
        now = int(thing.get("status", {}).get("currentReplicas", 0))
        soon = min(max(now, self._least), self._most)
        notes = (told(f"It runs {now} replicas now; {soon} after.", f"现在 {now} 个副本，之后 {soon} 个。"),)
        going = float(max(0, now - soon))
        return Preview(notes=notes, fraction=going / now if now else 0.0, figures={"pods": going})

    async def judge(self, thing: Thing, snapshot: Snapshot) -> Verification:
        """The number of replicas lies within, and is what it wants."""
        if (thing["spec"].get("minReplicas", 1), thing["spec"].get("maxReplicas")) != (self._least, self._most):
            return Verification(
                True, False, told(f"{self.name}: something else set other bounds", f"{self.name}：范围被别处改动")
            )
        status = thing.get("status", {})
        now, wanted = int(status.get("currentReplicas", 0)), int(status.get("desiredReplicas", 0))
        within = self._least <= now <= self._most
        state = told(f"{self.name}: {now} replicas, wants {wanted}", f"{self.name}：{now} 个副本，期望 {wanted} 个")
        return Verification(within and now == wanted, True if within and now == wanted else None, state)
