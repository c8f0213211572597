"""Dify's Human Input forms: shown on a card, filled in there or by words, and never leave to change anything."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.card import Ask
from bot.domain.message import Language
from bot.errors import BotError, Declined
from bot.redaction import mask
from bot.think.sentences import say

MOST_FIELDS = 10
MOST_OPTIONS = 40
LONGEST_SHOWN = 300
"""Characters of a default that stand in the card's form; a longer one counts where nothing else is written."""
FILES = {"file", "file-list", "file_list"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody answers: the id of the choice, and what they wrote into the fields."""

    choice: str
    values: Mapping[str, str] = field(default_factory=dict)


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
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the name of a field: what may be picked there."""
    lines: tuple[str, ...] = ()
    """The fields that take more than one line."""
    files: tuple[str, ...] = ()
    """The fields that want a file, which nobody can give in a chat."""
    until: float = 0.0
    """Unix seconds after which Dify no longer waits; 0: it did not say."""

    @property
    def mark(self) -> str:
        """Tells this form from any other, and no more: it stands in cards."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:12]

    @property
    def asks(self) -> tuple[Ask, ...]:
        """Its fields, for a card."""
        return tuple(
            Ask(name, name[:60], self._shown(default), self.options.get(name, ()), name in self.lines)
            for name, default in self.fields
        )

    def written(self, said: str) -> Reply | None:
        """What somebody wrote in the thread; None when it does not answer this form.

        `Approve` alone, `Approve: words` where there is one field, or below it one line `field: words` for each.
        """
        first, _, rest = said.strip().partition("\n")
        if choice := self._chosen(first):
            return Reply(choice, self._lines(rest)) if self._fits(rest) else None
        if len(self.fields) != 1:
            return None
        name = self.fields[0][0]
        for sign in (":", "：", ",", "，"):
            head, found, told = said.strip().partition(sign)
            if found and told.strip() and (choice := self._chosen(head)):
                return Reply(choice, {name: told.strip()})
        asks = said.rstrip().endswith(("?", "？")) or said.lstrip().startswith("/")
        return Reply(self.choices[0][0], {name: said.strip()}) if len(self.choices) == 1 and not asks else None

    def filled(self, reply: Reply, who: str) -> dict[str, str]:
        """All fields as Dify wants them; who answered where nothing is given. Raises Declined for what cannot be."""
        if self.files:
            raise Declined("dify_form_file", field=self.files[0])
        told = {}
        for name, default in self.fields:
            given = mask(reply.values.get(name, "").strip())
            options = self.options.get(name, ())
            known = {each.casefold(): each for each in options}
            value = known.get(given.casefold(), given) or default or ("" if options else f"by {who}")
            if options and value not in options:
                raise Declined("dify_form_pick", field=name, options=" · ".join(options))
            told[name] = value
        return told

    def shown(self, language: Language) -> str:
        """For people. A plan that stands in it is only quoted."""
        text = self.text.replace("```aiops-plan", "```json")
        for name in (*(name for name, _ in self.fields), *self.files):
            text = text.replace("{{#$output." + name + "#}}", "…")
        titles = tuple(title for _, title in self.choices)
        names = tuple(
            f"{name} ({' · '.join(self.options[name])})" if name in self.options else name for name, _ in self.fields
        )
        values = {"choices": " · ".join(titles), "first": titles[0], "fields": ", ".join(names)}
        if self.files:
            key, values = "dify_form_file", {"field": self.files[0]}
        elif len(names) > 1:
            key = "dify_form_fields"
        elif names:
            key = "dify_form_field" if len(titles) > 1 else "dify_form_words"
        else:
            key = "dify_form_choices"
        return f"{text}\n\n{say(BotError(key, **values), language)}"

    def _chosen(self, written: str) -> str:
        """The id of the choice that somebody wrote; empty when it is none."""
        word = written.strip().casefold()
        return next((name for name, title in self.choices if word in {name.casefold(), title.casefold()}), "")

    def _fits(self, rest: str) -> bool:
        lines = [line for line in rest.splitlines() if line.strip()]
        return len(self._lines(rest)) == len(lines)

    def _lines(self, rest: str) -> dict[str, str]:
        told = {}
        for line in rest.splitlines():
            head, _, value = line.replace("：", ":", 1).partition(":")
            name = next((name for name, _ in self.fields if name.casefold() == head.strip().casefold()), "")
            if name:
                told[name] = value.strip()
        return told

    def _shown(self, default: str) -> str:
        return default if len(default) <= LONGEST_SHOWN and mask(default) == default else ""


def read_form(told: Mapping[str, Any], run: str) -> Form | None:
    """From what the stream says; None when there is nothing that we could answer."""
    token, text = told.get("form_token"), told.get("form_content")
    choices = tuple((each["id"], each["title"]) for each in _dicts(told.get("actions")) if _texts(each, "id", "title"))
    if not (isinstance(token, str) and token and isinstance(text, str) and choices):
        return None
    resolved = told.get("resolved_default_values")
    fields, options, lines, files = [], {}, [], []
    for each in _dicts(told.get("inputs"))[: MOST_FIELDS + 1]:
        if not _texts(each, "output_variable_name"):
            continue
        name, kind = each["output_variable_name"], str(each.get("type"))
        if kind in FILES:
            files.append(name)
            continue
        fields.append((name, _default(each, resolved)))
        if found := _options(each):
            options[name] = found
        if kind == "paragraph":
            lines.append(name)
    if len(fields) > MOST_FIELDS:
        return None
    until = told.get("expiration_time")
    ends = float(until) if isinstance(until, int | float) and 0 < until < 1e11 else 0.0
    return Form(token, run, text, choices, tuple(fields), options, tuple(lines), tuple(files), ends)


def _default(told: Mapping[str, Any], resolved: Any) -> str:
    """What a field holds already: a constant, or what Dify found for it."""
    found = resolved.get(told["output_variable_name"]) if isinstance(resolved, Mapping) else None
    if isinstance(found, str) and found:
        return found
    default = told.get("default")
    value = default.get("value") if isinstance(default, Mapping) else default
    return value if isinstance(value, str) else ""


def _options(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a field where one picks; each once."""
    source = told.get("option_source")
    listed = source.get("value") if isinstance(source, Mapping) else told.get("options")
    found = [each for each in listed if isinstance(each, str) and each] if isinstance(listed, list) else []
    return tuple(dict.fromkeys(found))[:MOST_OPTIONS]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _texts(value: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(value.get(name), str) and value[name] for name in names)
