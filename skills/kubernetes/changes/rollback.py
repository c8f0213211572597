"""Put a deployment back to the pod template of an earlier revision of its own."""

from collections.abc import Mapping
from typing import Any, ClassVar

from skills.errors import BadArguments, NotFound
from skills.kubernetes.changes.template import TemplateChange
from skills.kubernetes.cluster import JSON_PATCH, Cluster, Thing
from skills.kubernetes.history import revision_of, revisions, template_of
from skills.kubernetes.kinds import DEPLOYMENT
from skills.words import told


class Rollback(TemplateChange):
    """As kubectl rollout undo does it."""

    how: ClassVar[str] = JSON_PATCH

    def __init__(self, cluster: Cluster, namespace: str, deployment: str, revision: int) -> None:
        super().__init__(cluster, DEPLOYMENT, namespace, deployment)
        self._revision = revision

    @property
    def done(self) -> str:
        """What was done."""
        name = f"{self.namespace}/{self.name}"
        if self._revision:
            return told(
                f"{name} is being put back to revision {self._revision}", f"正在把 {name} 回滚到版本 {self._revision}"
            )
        return told(f"{name} is being put back to the revision before", f"正在把 {name} 回滚到上一个版本")

    async def aside(self, thing: Thing) -> Mapping[str, Any]:
        """The template to go back to: once it runs again, its revision has another number."""
        kept = {revision_of(each): each for each in await revisions(self.cluster, thing)}
        now = revision_of(thing)
        number = self._revision or max((each for each in kept if each < now), default=0)
        if number not in kept and not self._revision:
            raise NotFound("no_earlier_revision", name=self.name)
        if number not in kept:
            known = ", ".join(str(each) for each in sorted(kept)) or "-"
            raise BadArguments("no_such_revision", name=self.name, revision=number, known=known)
        return {"template": template_of(kept[number])}

    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """That template, whole."""
        return [{"op": "replace", "path": "/spec/template", "value": before["template"]}]
