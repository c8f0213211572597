"""All that people read, by key and language."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bot.domain.message import Language

FOLDER = Path(__file__).parent / "wording"


class _Dashes(dict[str, Any]):
    """A dash where a value is missing: a sentence must not fail while it is being told."""

    def __missing__(self, name: str) -> str:
        return "-"


@cache
def sentences(language: Language) -> Mapping[str, str]:
    """Every sentence of one language, by its key, from all files of that language."""
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob(f"*{language}.toml")):
        found |= tomllib.loads(path.read_text(encoding="utf-8"))
    return found


class Words:
    """Says a sentence in one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._sentences = sentences(language)

    def __call__(self, key: str, /, **values: Any) -> str:
        """The sentence with its values filled in; an unknown key is said as it is."""
        return self._sentences.get(key, key).format_map(_Dashes(values))

    def joined(self, clauses: Iterable[str]) -> str:
        """Clauses in one line, apart as this language parts them."""
        return ("；" if self.language == "zh" else "; ").join(clauses)

    def knows(self, key: str) -> bool:
        return key in self._sentences

    def of_error(self, key: str, values: Mapping[str, Any], plain: str) -> str:
        """An error in the reader's language, else in plain English."""
        return self(key, **values) if self.knows(key) else plain
