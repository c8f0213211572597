"""The slash commands that every channel offers: in the page's composer, in Slack's manifest, in Feishu's panel."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.message import Language
from bot.talk.cards.words import Words

USAGES = {
    "top": "[cpu|memory] [1h]",
    "why": "<service> [9:00-10:00]",
    "errors": "<service> [1h]",
    "logs": "<service> [1h]",
    "alerts": "",
    "status": "<service>",
    "changes": "<service> [2h]",
    "services": "",
    "pods": "<service>",
    "problems": "[namespace=…]",
    "events": "[namespace=…]",
    "nodes": "[1h]",
    "history": "<service>",
    "capacity": "[cluster|node|namespace|volume|report] [name] [3]",
    "kb": "<question>",
    "restart": "<service>",
    "scale": "<service> <replicas>",
    "rollback": "<service>",
    "cordon": "<node>",
    "uncordon": "<node>",
    "drain": "<node>",
    "approve": "",
    "ack": "[incident]",
    "take": "[incident]",
    "handover": "[incident] <who>",
    "silence": "[incident]",
    "catchup": "[incident]",
    "home": "",
    "breaker": "reset [target]",
    "link": "[code]",
    "help": "",
}


@dataclass(frozen=True, slots=True)
class Hint:
    """One slash command, as the composer offers it."""

    command: str
    """Without arguments, e.g. `/restart`."""
    usage: str
    about: str


def usual(language: Language) -> Sequence[Hint]:
    """What people use most comes first."""
    words = Words(language)
    return [Hint(f"/{name}", f"/{name} {usage}".strip(), words(f"hint_{name}")) for name, usage in USAGES.items()]
