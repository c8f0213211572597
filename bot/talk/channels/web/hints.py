"""The slash commands that the composer offers, unless the house hands in its own."""

from collections.abc import Sequence

from bot.domain.message import Language
from bot.talk.cards.words import Words
from bot.talk.channels.web.stage import Hint

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
    "help": "",
}


def usual(language: Language) -> Sequence[Hint]:
    """What people use most comes first."""
    words = Words(language)
    return [Hint(f"/{name}", f"/{name} {usage}".strip(), words(f"hint_{name}")) for name, usage in USAGES.items()]
