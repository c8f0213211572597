"""A node's disk that fills with old logs of containers, until the kubelet reports disk pressure."""

from dataclasses import dataclass, field

from bot.playground.kube.cluster import stamp
from bot.playground.kube.kinds import Manifest
from bot.playground.shop.nodes import Spill
from bot.playground.shop.services import NODE_DISK
from bot.playground.shop.shop import Shop
from bot.playground.world.conduct import Conduct, Rule
from bot.playground.world.lives import Life

TAINT = {"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"}


@dataclass(slots=True)
class NodeDisk:
    """The disk of node-3 is nearly full; a job that removes old files there heals it."""

    name: str = "node_disk"
    alert: str = "NodeDiskPressure"
    story: str = "The disk of node-3 is nearly full of old container logs."
    repair: str = "clean the disk of node-3"
    node: str = "node-3"
    spills: list[Spill] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    began: float = 0.0

    def start(self, shop: Shop) -> None:
        """The logs are there, and grow."""
        self.began = shop.world.now
        spill = Spill(self.node, self.began - 1800, 2e6, at_once=NODE_DISK * 0.5)
        self.spills = [spill]
        shop.grounds.disk.append(spill)

        def rule(life: Life, now: float) -> Conduct | None:
            if life.node != self.node or not _cleans(life):
                return None
            size = int(NODE_DISK * 0.5 + (now - spill.start) * spill.per_second)
            return Conduct("complete", now + 3, "Completed", 0, f"files 418 bytes {size}")

        self.rules = [rule]
        shop.world.kubelet.rules.insert(0, rule)
        self._condition(shop, "True")
        shop.world.agenda.after(3, lambda: self._look(shop))

    def stop(self, shop: Shop) -> None:
        """The old logs are gone."""
        if not self.rules:
            return
        for spill in self.spills:
            spill.end = shop.world.now
        for rule in self.rules:
            shop.world.kubelet.rules.remove(rule)
        self.rules = []
        self._condition(shop, "False")

    def _look(self, shop: Shop) -> None:
        done = any(
            life.node == self.node and life.created >= self.began and life.phase == "Succeeded" and _removes(life)
            for life in shop.world.kubelet.lives.values()
        )
        if done:
            self.stop(shop)
        elif self.rules:
            shop.world.agenda.after(3, lambda: self._look(shop))

    def _condition(self, shop: Shop, value: str) -> None:
        node = shop.world.cluster.find("nodes", "", self.node)
        assert node is not None
        word = "KubeletHasDiskPressure" if value == "True" else "KubeletHasNoDiskPressure"

        def how(manifest: Manifest) -> None:
            taints = [each for each in manifest["spec"].get("taints", ()) if each["key"] != TAINT["key"]]
            manifest["spec"]["taints"] = [*taints, dict(TAINT)] if value == "True" else taints
            for condition in manifest["status"]["conditions"]:
                if condition["type"] == "DiskPressure":
                    condition.update(status=value, reason=word, lastTransitionTime=stamp(shop.world.now))

        event = "NodeHasDiskPressure" if value == "True" else "NodeHasNoDiskPressure"
        kind = "Warning" if value == "True" else "Normal"
        shop.world.reporter.tell(node, kind, event, f"Node {self.node} status is now: {event}")
        shop.change(node, how)


def _script(life: Life) -> str:
    return " ".join(life.containers[0].get("command", ()))


def _cleans(life: Life) -> bool:
    """Whether the pod looks through a folder of its node."""
    return "find " in _script(life) and any(each.get("hostPath") for each in life.spec.get("volumes", ()))


def _removes(life: Life) -> bool:
    return _cleans(life) and "rm -f" in _script(life)


def make() -> NodeDisk:
    """The fault."""
    return NodeDisk()
