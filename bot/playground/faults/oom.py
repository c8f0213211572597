"""A leak: inventory-service keeps every reservation in memory until its container is killed."""

from dataclasses import dataclass, field

from bot.playground.shop.machines import MIB
from bot.playground.shop.phrases import of_fault
from bot.playground.shop.services import BY_NAME
from bot.playground.shop.shop import Shop
from bot.playground.shop.weather import Effect
from bot.playground.world.conduct import Conduct, Rule
from bot.playground.world.lives import Life, quantity

LEAK = 3.2 * MIB
PLATEAU = 420 * MIB


@dataclass(slots=True)
class OutOfMemory:
    """A cache that grows until the memory limit; it would stop at about 560 MiB, and the limit is 384 MiB."""

    name: str = "oom"
    alert: str = "ContainerOOMKilled"
    story: str = "inventory-service uses more and more memory and is killed at its limit of 384 MiB, again and again."
    repair: str = "raise the memory limit of inventory-service to 640Mi or more; a restart helps for a few minutes"
    effects: list[Effect] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def start(self, shop: Shop) -> None:
        """The cache begins to grow."""
        effect = Effect(
            lambda life: life.app == "inventory-service",
            shop.world.now,
            leak=LEAK,
            leak_limit=PLATEAU,
            slow=1.6,
            lines=of_fault("oom"),
            line_level="warn",
        )
        level = BY_NAME["inventory-service"].memory_mib * MIB

        def rule(life: Life, now: float) -> Conduct | None:
            if life.app != "inventory-service" or effect.end is not None:
                return None
            room = quantity(life.containers[0].get("resources", {}).get("limits", {}).get("memory")) - level
            if room > PLATEAU:
                return None
            began = max(life.runs[-1].start if life.runs else now, effect.start)
            return Conduct("exit", max(now, began + room / LEAK), "OOMKilled", 137)

        self.effects, self.rules = [shop.feel(effect)], [rule]
        shop.world.kubelet.rules.insert(0, rule)
        shop.world.rethink()

    def stop(self, shop: Shop) -> None:
        """The cache is bounded again."""
        shop.end(self.effects)
        for rule in self.rules:
            shop.world.kubelet.rules.remove(rule)
        self.rules = []
        shop.world.rethink()


def make() -> OutOfMemory:
    """The fault."""
    return OutOfMemory()
