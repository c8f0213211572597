"""A command that names any action of the catalogue: `/drain_node worker-3`, `/scale_statefulset shop db replicas=3`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.plan import Step
from skills import Action, Catalogue

FREE = ("query", "selector", "question")
"""Arguments in a language of their own, quotes and spaces and all: what is left of the line."""
WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")


@dataclass(frozen=True, slots=True)
class Order:
    """The step that was spelled out."""

    step: Step
    usage: str
    unread: tuple[str, ...] = ()
    """Words that fit no argument, and arguments that are missing."""

    @property
    def title(self) -> str:
        """The action and what it is given, as people would type it."""
        return " ".join([self.step.action, *(f"{name}={value}" for name, value in self.step.arguments.items())])


def read_order(text: str, catalogue: Catalogue) -> Order | None:
    """The action and its arguments, by name or in the order of the schema; None where it names no action."""
    if not text.startswith("/"):
        return None
    name, _, rest = text[1:].strip().partition(" ")
    action = _named(name.lower(), catalogue)
    if action is None:
        return None
    schema = action.schema()
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    required: Sequence[str] = schema.get("required", ())
    given, bare = _split(rest, properties)
    if (asked := next(iter((*required, *properties)), "")) in FREE and asked not in given and bare:
        given[asked], bare = " ".join(bare), []
    free = [each for each in dict.fromkeys((*required, *properties)) if each not in given]
    given |= dict(zip(free, map(_bare, bare), strict=False))
    left = tuple(bare[len(free) :])
    missing = tuple(each for each in required if each not in given)
    usage = " ".join(
        [
            f"/{name.lower()}",
            *(f"{each}=…" for each in required),
            *(f"[{each}=…]" for each in properties if each not in required),
        ]
    )
    return Order(Step(action.name, _typed(given, properties)), usage, (*left, *missing))


def _named(name: str, catalogue: Catalogue) -> Action | None:
    """By its command, or by its own name, which chat platforms may want with hyphens."""
    if name in catalogue.commands:
        return catalogue.commands[name]
    return catalogue.get(name.replace("-", "_"))


def _split(rest: str, properties: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """What was given by name, and the other words."""
    given: dict[str, str] = {}
    bare: list[str] = []
    for word in WORD.findall(rest) if _quoted(rest) else rest.split():
        name, equals, value = word.partition("=")
        if equals and name in properties:
            given[name] = _bare(value)
        else:
            bare.append(word)
    return given, bare


def _quoted(text: str) -> bool:
    """Whether every quote in it is closed."""
    return text.count('"') % 2 == 0 and text.count("'") % 2 == 0


def _bare(word: str) -> str:
    """Without the quotes around it."""
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word


def _typed(given: Mapping[str, str], properties: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Numbers and truths as such; what does not read as one is left for the action to refuse in its own words."""
    typed: dict[str, Any] = {}
    for name, value in given.items():
        match properties[name].get("type"):
            case "integer" if value.lstrip("-").isdigit():
                typed[name] = int(value)
            case "boolean" if value.lower() in {"true", "false", "yes", "no"}:
                typed[name] = value.lower() in {"true", "yes"}
            case _:
                typed[name] = value
    return typed
