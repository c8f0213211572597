"""The slash commands that every channel offers, from the catalogue: on the page, in Slack and in Feishu's panel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.command import Command, commands
from bot.domain.message import Language
from bot.talk.cards.words import Words
from skills import Catalogue


@dataclass(frozen=True, slots=True)
class Hint:
    """One slash command, as the composer offers it."""

    command: str
    """Without arguments, e.g. `/restart`."""
    usage: str
    about: str


Hints = Callable[[Language], Sequence[Hint]]


def hints(catalogue: Catalogue) -> Hints:
    """All that may be typed with these skills, in a reader's language; what is meant to be typed comes first."""

    def told(language: Language) -> Sequence[Hint]:
        words = Words(language)
        return [Hint(f"/{each.name}", each.line, about(each, words)) for each in commands(catalogue)]

    return told


def none(_: Language) -> Sequence[Hint]:
    """Where nothing was handed in."""
    return ()


def about(command: Command, words: Words) -> str:
    """What it does: in words made for it, else as the action is called on cards."""
    action, key = command.action, f"hint_{command.name}"
    if action is None or (action.short and words.knows(key)):
        return words(key)
    called = f"action_{action.name.partition('.')[2]}"
    title = words(called) if words.knows(called) else action.summary
    return title if action.change is None else words("hint_with_leave", what=title)
