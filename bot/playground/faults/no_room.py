"""No room: storefront was given so large a request for memory that no node can take its pods."""

from dataclasses import dataclass

from bot.playground.kube.kinds import Manifest
from bot.playground.shop.services import BY_NAME
from bot.playground.shop.shop import Shop


@dataclass(slots=True)
class NoRoom:
    """New pods of storefront find no node; the old ones go on serving."""

    name: str = "no_room"
    alert: str = "KubePodPending"
    story: str = "storefront now asks for 9Gi of memory for each pod, and no node has that much."
    repair: str = "roll storefront back, or lower its memory request"

    def start(self, shop: Shop) -> None:
        """Ask for too much."""
        self._resources(shop, "9Gi", "10Gi", "more memory for the sale")

    def stop(self, shop: Shop) -> None:
        """Ask for what is needed."""
        service = BY_NAME["storefront"]
        self._resources(shop, service.requests[1], service.limits[1], "less memory again")

    def _resources(self, shop: Shop, request: str, limit: str, cause: str) -> None:
        def how(manifest: Manifest) -> None:
            resources = manifest["spec"]["template"]["spec"]["containers"][0]["resources"]
            resources["requests"]["memory"], resources["limits"]["memory"] = request, limit
            manifest["metadata"].setdefault("annotations", {})["kubernetes.io/change-cause"] = cause

        shop.change(shop.deployment("storefront"), how)


def make() -> NoRoom:
    """The fault."""
    return NoRoom()
