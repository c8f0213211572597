"""Replace all pods of a workload, a few at a time, with ones just like them."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, cast

from skills.change import Snapshot
from skills.clock import Clock
from skills.evidence import JSON
from skills.kubernetes.changes.template import TemplateChange
from skills.kubernetes.cluster import Cluster, Thing
from skills.kubernetes.kinds import Kind
from skills.words import told

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


class RolloutRestart(TemplateChange):
    """As kubectl rollout restart does it."""

    def __init__(self, cluster: Cluster, clock: Clock, kind: Kind, namespace: str, name: str) -> None:
        super().__init__(cluster, kind, namespace, name)
        self._clock = clock

    @property
    def done(self) -> str:
        """What was done."""
        return told(f"{self.namespace}/{self.name} is being restarted", f"正在滚动重启 {self.namespace}/{self.name}")

    async def aside(self, thing: Thing) -> Mapping[str, JSON]:
        """The time is fixed when it is observed: asked twice, it restarts once."""
        return {"at": f"{self._clock.now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}

    async def alike(self, thing: Thing, snapshot: Snapshot) -> bool:
        """Any restart since will do, whoever made it, and whenever."""
        before = cast("Mapping[str, Any]", snapshot.before)["kept"]["/spec/template"]
        return _restarted(thing["spec"]["template"]) != _restarted(before)

    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """The annotation that makes the pods differ."""
        return {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: before["at"]}}}}}


def _restarted(template: Mapping[str, Any]) -> str:
    annotations = template.get("metadata", {}).get("annotations") or {}
    return str(annotations.get(RESTARTED_AT, ""))
