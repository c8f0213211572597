"""A release with a bug: the new version of order-service answers a third of its requests with errors."""

from dataclasses import dataclass, field

from bot.playground.shop.phrases import of_fault
from bot.playground.shop.services import BY_NAME
from bot.playground.shop.shop import Shop
from bot.playground.shop.weather import Effect

TAG = "v2.5.0"


@dataclass(slots=True)
class BadRelease:
    """order-service v2.5.0 has a bug in its discounts."""

    name: str = "bad_release"
    alert: str = "HighErrorRate"
    story: str = "order-service was released as v2.5.0 a moment ago, and a third of its requests fail since."
    repair: str = "roll order-service back to the version before"
    effects: list[Effect] = field(default_factory=list)

    def start(self, shop: Shop) -> None:
        """Release it."""
        image = BY_NAME["order-service"].tagged(TAG)
        shop.world.built.add(image)
        effect = Effect(
            lambda life: life.app == "order-service" and life.image == image,
            shop.world.now,
            errors=0.34,
            slow=1.3,
            lines=of_fault("bad_release"),
        )
        self.effects = [shop.feel(effect)]
        shop.set_image("order-service", TAG, f"release {TAG}")

    def stop(self, shop: Shop) -> None:
        """Go back."""
        if shop.deployment("order-service")["spec"]["template"]["spec"]["containers"][0]["image"].endswith(f":{TAG}"):
            shop.set_image(
                "order-service", BY_NAME["order-service"].current, f"release {BY_NAME['order-service'].current}"
            )
        shop.end(self.effects)


def make() -> BadRelease:
    """The fault."""
    return BadRelease()
