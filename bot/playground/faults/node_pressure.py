"""A node short of memory: a process of the host eats it, the node's pods are slow, and some are thrown out."""

from dataclasses import dataclass, field

from bot.playground.kube.cluster import stamp
from bot.playground.kube.kinds import Manifest
from bot.playground.shop.nodes import Spill
from bot.playground.shop.phrases import of_fault
from bot.playground.shop.services import BY_NAME, NODE_MEMORY
from bot.playground.shop.shop import Shop
from bot.playground.shop.weather import Effect

FEW = 1


@dataclass(slots=True)
class NodePressure:
    """While more than one pod of the shop is on the node there is pressure; without them the node can breathe."""

    name: str = "node_pressure"
    alert: str = "NodeMemoryPressure"
    story: str = "node-1 is short of memory: its pods are slow, and the kubelet evicts them."
    repair: str = "cordon and drain node-1"
    node: str = "node-1"
    effects: list[Effect] = field(default_factory=list)
    spills: list[Spill] = field(default_factory=list)
    running: bool = False

    def start(self, shop: Shop) -> None:
        """The process begins to eat."""
        self.running = True
        self._press(shop)
        shop.world.agenda.after(20, lambda: self._look(shop))

    def stop(self, shop: Shop) -> None:
        """The process is gone."""
        self.running = False
        self._ease(shop)

    def _here(self, shop: Shop) -> list[str]:
        return [life.uid for app in BY_NAME for life in shop.lives(app) if life.node == self.node]

    def _press(self, shop: Shop) -> None:
        if self.effects:
            return
        effect = Effect(
            lambda life: life.node == self.node and life.app in BY_NAME,
            shop.world.now,
            errors=0.03,
            slow=9.0,
            lines=of_fault("node_pressure"),
            line_level="warn",
        )
        self.effects = [shop.feel(effect)]
        self.spills.append(Spill(self.node, shop.world.now, 6e6, at_once=NODE_MEMORY * 0.55))
        shop.grounds.memory.append(self.spills[-1])
        self._condition(shop, "True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available")

    def _ease(self, shop: Shop) -> None:
        if not self.effects:
            return
        shop.end(self.effects)
        self.effects = []
        for spill in self.spills:
            spill.end = spill.end or shop.world.now
        self._condition(shop, "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available")

    def _condition(self, shop: Shop, value: str, reason: str, message: str) -> None:
        node = shop.world.cluster.find("nodes", "", self.node)
        assert node is not None

        def how(manifest: Manifest) -> None:
            for condition in manifest["status"]["conditions"]:
                if condition["type"] == "MemoryPressure":
                    condition.update(
                        status=value, reason=reason, message=message, lastTransitionTime=stamp(shop.world.now)
                    )

        word = "NodeHasInsufficientMemory" if value == "True" else "NodeHasSufficientMemory"
        shop.world.reporter.tell(
            node, "Warning" if value == "True" else "Normal", word, f"Node {self.node} status is now: {word}"
        )
        shop.change(node, how)

    def _look(self, shop: Shop) -> None:
        """Every while: throw a pod out while there is pressure; breathe when few are left, until they return."""
        if not self.running:
            return
        here = self._here(shop)
        if len(here) <= FEW:
            self._ease(shop)
        else:
            self._press(shop)
            life = shop.world.kubelet.lives[max(here, key=lambda uid: shop.world.kubelet.lives[uid].created)]
            why = (
                "The node was low on resource: memory. Threshold quantity: 100Mi, available: 83Mi. "
                f"Container {life.containers[0]['name']} was using {int(BY_NAME[life.app].memory_mib)}Mi, request is "
                f"{BY_NAME[life.app].requests[1]}, has larger consumption of memory."
            )
            if shop.world.now % 3 < 1:
                shop.world.kubelet.evict(life, why)
        shop.world.agenda.after(20, lambda: self._look(shop))


def make() -> NodePressure:
    """The fault."""
    return NodePressure()
