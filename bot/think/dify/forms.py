"""Dify's Human Input forms: shown as text, answered by a word in the thread, and never leave to change anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.message import Language
from bot.errors import BotError
from bot.think.sentences import say


@dataclass(frozen=True, slots=True)
class Form:
    """What a chatflow waits for."""

    token: str
    """Whoever has it may answer: it is not told to people."""
    run: str
    text: str
    choices: tuple[tuple[str, str], ...]
    """Id and title of each."""
    fields: tuple[tuple[str, str], ...]
    """Name and default of each."""

    def chosen(self, written: str) -> str:
        """The id of the choice that somebody wrote; empty when it is none."""
        word = written.strip().casefold()
        return next((name for name, title in self.choices if word in {name.casefold(), title.casefold()}), "")

    def filled(self, who: str) -> dict[str, str]:
        """The fields, with who answered where nothing is given."""
        return {name: default or f"by {who}" for name, default in self.fields}

    def shown(self, language: Language) -> str:
        """For people. A plan that stands in it is only quoted."""
        choices = " · ".join(title for _, title in self.choices)
        text = self.text.replace("```aiops-plan", "```json")
        for name, _ in self.fields:
            text = text.replace("{{#$output." + name + "#}}", "…")
        return f"{text}\n\n{say(BotError('dify_form_choices', choices=choices), language)}"


def read_form(told: Mapping[str, Any], run: str) -> Form | None:
    """From what the stream says; None when there is nothing that we could answer."""
    token, text = told.get("form_token"), told.get("form_content")
    choices = tuple((each["id"], each["title"]) for each in _dicts(told.get("actions")) if _texts(each, "id", "title"))
    if not (isinstance(token, str) and token and isinstance(text, str) and choices):
        return None
    fields = []
    for each in _dicts(told.get("inputs")):
        default = each.get("default")
        value = default.get("value") if isinstance(default, Mapping) else ""
        if _texts(each, "output_variable_name"):
            fields.append((each["output_variable_name"], value if isinstance(value, str) else ""))
    return Form(token, run, text, choices, tuple(fields))


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _texts(value: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(value.get(name), str) and value[name] for name in names)
