"""A change of a workload's pod template: all its pods are replaced, a few at a time."""

from abc import ABC
from typing import ClassVar

from skills.change import Preview, Snapshot, Verification
from skills.kubernetes.changes.patched import Patched
from skills.kubernetes.cluster import Thing
from skills.kubernetes.rollouts import judge_rollout
from skills.kubernetes.surroundings import full_name, pods_of
from skills.words import told


class TemplateChange(Patched, ABC):
    """Judged by its rollout."""

    keeps: ClassVar[tuple[str, ...]] = ("/spec/template",)

    async def surroundings(self, thing: Thing, after: Thing) -> Preview:
        """Every pod goes, by and by."""
        pods = await pods_of(self.cluster, thing)
        strategy = (thing["spec"].get("strategy") or {}).get("type", "RollingUpdate")
        notes = (
            (
                told(
                    "All pods stop before new ones start (strategy Recreate).",
                    "所有 Pod 先停止再启动新的（Recreate 策略）。",
                ),
            )
            if strategy == "Recreate"
            else ()
        )
        if thing["spec"].get("paused"):
            notes = (
                *notes,
                told("The rollout is paused: nothing happens until it is resumed.", "发布已暂停：恢复之前不会生效。"),
            )
        return Preview(
            pods=tuple(full_name(pod) for pod in pods),
            fraction=1.0 if pods else 0.0,
            notes=notes,
            figures={"pods": float(len(pods))},
        )

    async def judge(self, thing: Thing, snapshot: Snapshot) -> Verification:
        """By its rollout."""
        return await judge_rollout(self.cluster, thing)
