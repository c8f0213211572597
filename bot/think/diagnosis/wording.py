"""The sentences of findings, causes and reports, in Chinese and English, from one table for each language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def table(language: Language) -> Mapping[str, Mapping[str, str]]:
    """Section -> key -> sentence."""
    with (Path(__file__).parent / "wording" / f"{language}.toml").open("rb") as file:
        return tomllib.load(file)


def say(section: str, key: str, language: Language, values: Mapping[str, str] | None = None) -> str:
    """The sentence filled in; a value that is missing shows as '?'. Values are shown as they are, never formatted.

    A place such as {sign:sign} holds the key of a sentence of that section, filled in with the same values.
    """
    sentence = table(language).get(section, {}).get(key)
    if sentence is None:
        return key.replace("_", " ")
    known = values or {}
    said: list[str] = []
    for text, name, inner, _ in Formatter().parse(sentence):
        said.append(text)
        if name:
            value = known.get(name, "?")
            said.append(say(inner, value, language, known) if inner else value)
    return "".join(said)


def places(sentence: str) -> set[str]:
    """The names of the values a sentence asks for."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}
