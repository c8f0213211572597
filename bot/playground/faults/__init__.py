"""Every file here is one fault: what breaks, what is seen of it, and which repair heals it."""

import pkgutil
from importlib import import_module
from typing import Protocol

from bot.playground.shop.shop import Shop


class Fault(Protocol):
    """Something that can go wrong in the shop, and be put right."""

    name: str
    alert: str
    story: str
    repair: str

    def start(self, shop: Shop) -> None:
        """It goes wrong."""
        ...

    def stop(self, shop: Shop) -> None:
        """It is as it was before."""
        ...


def all_faults() -> dict[str, Fault]:
    """One of each."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    made: list[Fault] = [import_module(f"{__name__}.{name}").make() for name in names]
    return {fault.name: fault for fault in made}
