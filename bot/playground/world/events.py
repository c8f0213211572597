"""Events: what controllers and nodes say happened, counted when it happens again, gone after an hour."""

from dataclasses import dataclass, field

from bot.playground.kube.cluster import Cluster, stamp
from bot.playground.kube.kinds import Manifest

KEPT_SECONDS = 3600.0


@dataclass(slots=True)
class Reporter:
    """Writes events into the store."""

    cluster: Cluster
    seen: dict[tuple[str, str, str], tuple[str, str, float]] = field(default_factory=dict)

    def tell(self, about: Manifest, kind: str, reason: str, message: str, component: str = "kubelet") -> None:
        """An event about a manifest; `kind` is Normal or Warning."""
        meta, now = about["metadata"], self.cluster.now()
        key = (meta["uid"], reason, message)
        namespace = meta.get("namespace") or "default"
        if key in self.seen:
            old = self.cluster.find("events", self.seen[key][0], self.seen[key][1])
            if old is not None:
                self.cluster.edit(old, lambda event: _again(event, now))
                self.seen[key] = (*self.seen[key][:2], now)
                return
        name = f"{meta['name']}.{self.cluster.uid()[:16].replace('-', '')}"
        self.seen[key] = (namespace, name, now)
        reference = {
            "kind": about["kind"],
            "name": meta["name"],
            "uid": meta["uid"],
            "apiVersion": about["apiVersion"],
            "resourceVersion": meta.get("resourceVersion", ""),
        }
        if meta.get("namespace"):
            reference["namespace"] = meta["namespace"]
        self.cluster.create(
            self.cluster.kind("events"),
            namespace,
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": reference,
                "reason": reason,
                "message": message,
                "type": kind,
                "source": {"component": component},
                "reportingComponent": component,
                "reportingInstance": "",
                "firstTimestamp": stamp(now),
                "lastTimestamp": stamp(now),
                "eventTime": None,
                "count": 1,
            },
        )

    def forget(self) -> None:
        """Drop what is older than an hour."""
        before = self.cluster.now() - KEPT_SECONDS
        for key, (namespace, name, last) in list(self.seen.items()):
            if last < before:
                del self.seen[key]
                if self.cluster.find("events", namespace, name):
                    self.cluster.delete(self.cluster.kind("events"), namespace, name)


def _again(event: Manifest, now: float) -> None:
    event["count"] = event.get("count", 1) + 1
    event["lastTimestamp"] = stamp(now)
