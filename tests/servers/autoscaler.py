"""What a cluster autoscaler does, over simulated nodes: a node for each pod that finds no room.

The scheduler that says so is real, and so is the API server; only the cloud is not.
"""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers.kube_cluster import KubeCluster


class Autoscaler:
    """Looks again and again, as the real one does every ten seconds."""

    def __init__(self, kube: KubeCluster, prefix: str, most: int, every: float = 0.5) -> None:
        self._kube = kube
        self._most = most
        self._every = every
        self._names = (f"{prefix}-{number}" for number in itertools.count(1))
        self._answered: set[str] = set()
        self._ended = threading.Event()
        self.added: list[str] = []

    def watch(self) -> None:
        """Until it is ended."""
        while not self._ended.wait(self._every):
            for pod in self._kube.list("/api/v1/pods", fieldSelector="status.phase=Pending"):
                if finds_no_room(pod) and len(self.added) < self._most and pod["metadata"]["uid"] not in self._answered:
                    self._answered.add(pod["metadata"]["uid"])
                    self.added.append(next(self._names))
                    self._kube.add_node(self.added[-1])

    def end(self) -> None:
        """No more nodes; those that it added go."""
        self._ended.set()

    def clear(self) -> None:
        for name in self.added:
            self._kube.client.delete(f"/api/v1/nodes/{name}")


def finds_no_room(pod: dict[str, Any]) -> bool:
    """As the scheduler tells it."""
    conditions = pod.get("status", {}).get("conditions") or ()
    return not pod["spec"].get("nodeName") and any(
        each["type"] == "PodScheduled" and each.get("reason") == "Unschedulable" for each in conditions
    )


@contextmanager
def autoscaling(kube: KubeCluster, prefix: str, most: int = 5) -> Iterator[Autoscaler]:
    """While the block lasts."""
    scaler = Autoscaler(kube, prefix, most)
    watching = threading.Thread(target=scaler.watch, daemon=True)
    watching.start()
    try:
        yield scaler
    finally:
        scaler.end()
        watching.join(90)
        scaler.clear()
