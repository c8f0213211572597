"""Make a volume larger. It can never be made smaller again."""

from collections.abc import Mapping
from typing import Any, ClassVar

from skills.change import Preview, Snapshot, Verification
from skills.errors import BadArguments
from skills.evidence import Evidence
from skills.kubernetes.changes.patched import Patched
from skills.kubernetes.cluster import MERGE, Cluster, Thing
from skills.kubernetes.kinds import PVC, STORAGE_CLASS
from skills.kubernetes.quantities import amount
from skills.words import told


class ExpandPvc(Patched):
    """One claim."""

    keeps: ClassVar[tuple[str, ...]] = ("/spec/resources/requests/storage",)
    how: ClassVar[str] = MERGE

    def __init__(self, cluster: Cluster, namespace: str, pvc: str, size: str) -> None:
        super().__init__(cluster, PVC, namespace, pvc)
        self._size = size

    @property
    def done(self) -> str:
        """What was done."""
        return told(
            f"{self.namespace}/{self.name} is being grown to {self._size}",
            f"正在把 {self.namespace}/{self.name} 扩容到 {self._size}",
        )

    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """The size."""
        had = thing["spec"]["resources"]["requests"]["storage"]
        if amount(self._size) < amount(had):
            raise BadArguments("volumes_only_grow", pvc=self.name, size=had)
        return {"spec": {"resources": {"requests": {"storage": self._size}}}}

    async def surroundings(self, thing: Thing, after: Thing) -> Preview:
        """Whether its class can grow at all."""
        name = thing["spec"].get("storageClassName") or ""
        kept = await self.cluster.find(STORAGE_CLASS, "", name) if name else None
        if not (kept or {}).get("allowVolumeExpansion"):
            raise BadArguments("class_cannot_grow", pvc=self.name, storage_class=name or "-")
        return Preview(notes=(told("It cannot be made smaller again.", "扩容后无法再缩小。"),))

    async def judge(self, thing: Thing, snapshot: Snapshot) -> Verification:
        """The volume has the size."""
        status = thing.get("status", {})
        has = (status.get("capacity") or {}).get("storage", "0")
        if amount(has) >= amount(self._size):
            return Verification(True, True, told(f"{self.name} has {has}", f"{self.name} 现有 {has}"))
        failed = [each for each in status.get("conditions") or () if "Error" in each.get("type", "")]
        if failed:
            return Verification(True, False, f"{self.name}: {failed[0].get('message', failed[0]['type'])}")
        return Verification(
            False, None, told(f"{self.name} has {has} of {self._size}", f"{self.name} 现有 {has}，目标 {self._size}")
        )

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """Not possible."""
        raise BadArguments("cannot_be_undone", what=f"growing {self.name}")
