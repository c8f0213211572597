"""Give a container more, or less, CPU and memory."""

from collections.abc import Mapping
from typing import Any

from skills.errors import BadArguments
from skills.kubernetes.changes.set_image import container_named
from skills.kubernetes.changes.template import TemplateChange
from skills.kubernetes.cluster import Cluster, Thing
from skills.kubernetes.kinds import Kind
from skills.words import told


class SetResources(TemplateChange):
    """Requests and limits of one container of one workload; what is not named stays."""

    def __init__(
        self,
        cluster: Cluster,
        kind: Kind,
        namespace: str,
        name: str,
        *,
        container: str,
        requests: Mapping[str, str],
        limits: Mapping[str, str],
    ) -> None:
        super().__init__(cluster, kind, namespace, name)
        self._container = container
        self._wanted = {
            part: {resource: amount for resource, amount in amounts.items() if amount}
            for part, amounts in (("requests", requests), ("limits", limits))
        }

    @property
    def done(self) -> str:
        """What was done."""
        return told(
            f"{self.namespace}/{self.name} is being given other resources",
            f"正在调整 {self.namespace}/{self.name} 的资源",
        )

    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """What is named, and nothing else."""
        wanted = {part: amounts for part, amounts in self._wanted.items() if amounts}
        if not wanted:
            raise BadArguments("no_resources", name=self.name)
        container = container_named(thing, self._container)
        patch = [{"name": container["name"], "resources": wanted}]
        return {"spec": {"template": {"spec": {"containers": patch}}}}
