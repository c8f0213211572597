"""Change how many pods a workload runs."""

from collections.abc import Mapping
from typing import Any, ClassVar

from skills.change import Preview, Snapshot, Verification
from skills.kubernetes.changes.patched import Patched
from skills.kubernetes.cluster import Cluster, Thing
from skills.kubernetes.kinds import HPA, Kind
from skills.kubernetes.rollouts import judge_rollout
from skills.kubernetes.surroundings import budgets_in_the_way, pods_of
from skills.words import told


class Scale(Patched):
    """More or fewer replicas."""

    keeps: ClassVar[tuple[str, ...]] = ("/spec/replicas",)

    def __init__(self, cluster: Cluster, kind: Kind, namespace: str, name: str, replicas: int) -> None:
        super().__init__(cluster, kind, namespace, name)
        self._replicas = replicas

    @property
    def done(self) -> str:
        """What was done."""
        return told(
            f"{self.namespace}/{self.name} is being scaled to {self._replicas}",
            f"正在把 {self.namespace}/{self.name} 调整为 {self._replicas} 个副本",
        )

    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """The number."""
        return {"spec": {"replicas": self._replicas}}

    async def surroundings(self, thing: Thing, after: Thing) -> Preview:
        """How many pods go, and whether an autoscaler will have its own mind."""
        had = int(thing["spec"].get("replicas", 1))
        going = max(0, had - self._replicas)
        pods = await pods_of(self.cluster, thing) if going else ()
        notes = []
        for each in (await self.cluster.list(HPA, self.namespace)).things:
            aim = each.get("spec", {}).get("scaleTargetRef", {})
            if (aim.get("kind"), aim.get("name")) == (self.kind.name, self.name):
                spec = each["spec"]
                notes.append(
                    f"The autoscaler {each['metadata']['name']} ({spec.get('minReplicas', 1)} to"
                    f" {spec.get('maxReplicas')}) will set its own number; change its bounds instead."
                )
        if going:
            notes.append(told(f"{going} of {had} pods will go.", f"{had} 个 Pod 中有 {going} 个会停止。"))
        if going and not self._replicas:
            notes.append(told("All traffic stops.", "所有流量都会中断。"))
        return Preview(
            fraction=going / had if had else 0.0,
            budgets=await budgets_in_the_way(self.cluster, pods) if going else (),
            notes=tuple(notes),
            figures={"pods": float(going), "replicas": float(self._replicas)},
        )

    async def judge(self, thing: Thing, snapshot: Snapshot) -> Verification:
        """All wanted pods are ready, and no more."""
        if int(thing["spec"].get("replicas", 1)) != self._replicas:
            number = thing["spec"].get("replicas", 1)
            return Verification(
                True,
                False,
                told(
                    f"{self.name}: something else set it to {number} replicas",
                    f"{self.name}：被别处改为 {number} 个副本",
                ),
            )
        return await judge_rollout(self.cluster, thing)
