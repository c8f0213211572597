"""What the rules say, by key and language, from prompts/scripted.*.toml."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bot.domain.message import Language

FOLDER = Path(__file__).resolve().parents[3] / "prompts"


@cache
def phrases(language: Language) -> Mapping[str, str]:
    """All of them, by key."""
    return tomllib.loads((FOLDER / f"scripted.{language}.toml").read_text(encoding="utf-8"))


def say(language: Language, key: str, **values: object) -> str:
    """One phrase with its values filled in."""
    return phrases(language)[key].format(**values)
