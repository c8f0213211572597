"""Slash commands as Slack takes them: at most fifty, and none by a name that is Slack's own."""

from collections.abc import Sequence
from typing import Any

from bot.talk.hints import Hint

MOST = 50
_OWN = """
archive away call collapse dm dnd expand feed help invite join kick leave me msg mute open prefs pro remind remove
rename search shortcuts shrug star status topic unarchive who
"""
OWN = frozenset(_OWN.split())
"""Slack refuses a whole manifest for one of these."""
OURS = "duty-"
"""Stands before those of ours that would be called so."""
ASK = "/aiops"


def slash_commands(hints: Sequence[Hint], ask: str, way_in: str = "") -> list[dict[str, Any]]:
    """For the manifest. The last of them are left out where there are too many: after a mention all are understood."""
    asked = Hint(ASK, f"{ASK} why is checkout slow?", ask)
    fitting = [each for each in hints if "." not in each.command]
    return [
        {
            "command": registered(each.command),
            "description": each.about[:140],
            **({"usage_hint": usage} if (usage := each.usage.removeprefix(each.command).strip()) else {}),
            "should_escape": True,
            **({"url": way_in} if way_in else {}),
        }
        for each in (asked, *fitting)
    ][:MOST]


def registered(command: str) -> str:
    """How ours is called in Slack: `/status` is `/duty-status`, `/list_silences` is `/list-silences`."""
    name = command.removeprefix("/").replace("_", "-")
    return f"/{OURS}{name}"[:32] if name in OWN else f"/{name}"[:32]


def meant(command: str) -> str:
    """And the other way round."""
    name = command.removeprefix(f"/{OURS}")
    return f"/{name}" if name in OWN else command
