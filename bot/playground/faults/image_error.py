"""A typing error in a tag: cart-service is to run an image that nobody built."""

from dataclasses import dataclass

from bot.playground.shop.services import BY_NAME
from bot.playground.shop.shop import Shop

TAG = "v1.7.0-rcl"


@dataclass(slots=True)
class ImageError:
    """The image of cart-service does not exist; the old pods go on serving, with less to spare."""

    name: str = "image_error"
    alert: str = "KubePodImagePullFailing"
    story: str = "cart-service is being rolled out with an image that cannot be pulled."
    repair: str = "set the image of cart-service to one that exists, or roll it back"

    def start(self, shop: Shop) -> None:
        """Roll it out."""
        shop.set_image("cart-service", TAG, f"release {TAG}")

    def stop(self, shop: Shop) -> None:
        """Go back."""
        image = shop.deployment("cart-service")["spec"]["template"]["spec"]["containers"][0]["image"]
        if image.endswith(f":{TAG}"):
            shop.set_image("cart-service", BY_NAME["cart-service"].current, "rollback")


def make() -> ImageError:
    """The fault."""
    return ImageError()
