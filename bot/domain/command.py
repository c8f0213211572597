"""What people type after a slash: every action of the catalogue, and the few commands that are no actions."""

from collections.abc import Mapping
from dataclasses import dataclass

from skills import Action, Catalogue

LOOKS: Mapping[str, str] = {"status": "<service>"}
"""Several actions at once."""
ORDERS: Mapping[str, str] = {
    "approve": "",
    "ack": "[incident]",
    "take": "[incident]",
    "handover": "[incident] <who>",
    "silence": "[incident]",
    "catchup": "[incident]",
    "merge": "<incident>",
    "split": "<alert>",
    "home": "",
    "audit": "[name] [1d]",
    "breaker": "reset [target]",
    "break-glass": "<reason>",
    "autonomy": "",
    "link": "[code]",
    "help": "",
}
"""Obeyed at once: no brain is asked, and no action stands behind them. Each is told by `hint_NAME` in the wording."""


@dataclass(frozen=True, slots=True)
class Command:
    """One of them."""

    name: str
    """Without the slash."""
    usage: str
    """What follows it."""
    action: Action | None = None

    @property
    def short(self) -> bool:
        """Meant to be typed; other actions are called by their whole names."""
        return self.action is None or self.action.short

    @property
    def line(self) -> str:
        """As it is typed."""
        return f"/{self.name} {self.usage}".strip()


def commands(catalogue: Catalogue) -> tuple[Command, ...]:
    """What is meant to be typed comes first: looks, changes, orders; then the actions by their names."""
    actions = [Command(name, each.usage, each) for name, each in catalogue.commands.items()]
    looks = [Command(*each) for each in LOOKS.items()]
    orders = [Command(*each) for each in ORDERS.items() if each[0] not in catalogue.commands]
    return (
        *sorted((*looks, *(each for each in actions if each.short)), key=_looks_first),
        *orders,
        *(each for each in actions if not each.short),
    )


def _looks_first(each: Command) -> tuple[bool, str]:
    return (each.action is not None and each.action.change is not None, each.name)
