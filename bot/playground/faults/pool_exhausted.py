"""A pool run dry: a report job left transactions open, and order-service waits for database connections."""

from dataclasses import dataclass, field

from bot.playground.shop.phrases import of_fault
from bot.playground.shop.shop import Shop
from bot.playground.shop.weather import Effect

ENOUGH_PODS = 6


@dataclass(slots=True)
class PoolExhausted:
    """Every connection of order-service's pools is held by transactions that nobody ends."""

    name: str = "pool_exhausted"
    alert: str = "HighLatency"
    story: str = (
        "order-service became slow all at once: its requests wait for database connections that are never given back."
    )
    repair: str = "restart order-service, or scale it to six pods so that there are connections to spare"
    effects: list[Effect] = field(default_factory=list)

    def start(self, shop: Shop) -> None:
        """The connections are taken."""
        effect = Effect(
            lambda life: life.app == "order-service",
            shop.world.now,
            errors=0.06,
            slow=42.0,
            cpu=0.7,
            pool=1.0,
            relief=ENOUGH_PODS,
            until_restart=True,
            lines=of_fault("pool_exhausted"),
        )
        self.effects = [shop.feel(effect)]

    def stop(self, shop: Shop) -> None:
        """The transactions end."""
        shop.end(self.effects)


def make() -> PoolExhausted:
    """The fault."""
    return PoolExhausted()
