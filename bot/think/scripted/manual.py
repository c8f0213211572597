"""What /help says: every command there is, with what follows it."""

from bot.domain.command import LOOKS, commands
from bot.domain.message import Language
from bot.think.scripted.phrases import say
from skills import Catalogue

MOST_NAMED = 3


def manual(language: Language, catalogue: Catalogue) -> str:
    """As Markdown."""
    lines: dict[str, list[str]] = {"looks": [], "changes": [], "orders": [], "named": []}
    for each in commands(catalogue):
        action = each.action
        if "." in each.name:
            continue  # another action has its short name
        if not each.short:
            kind = "named"
        elif action is None:
            kind = "looks" if each.name in LOOKS else "orders"
        else:
            kind = "looks" if action.change is None else "changes"
        lines[kind].append(f"`{each.line}`" if each.short else f"`/{each.name}`")
    told = {kind: " · ".join(found) or "—" for kind, found in lines.items()}
    told["named"] = " · ".join([*lines["named"][:MOST_NAMED], "…"])
    return say(language, "help", **told)
