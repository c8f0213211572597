"""The cards word a brain's errors as the brain itself does."""

import tomllib
from pathlib import Path

import pytest

from bot.think.sentences import SENTENCES

WORDING = Path(__file__).parents[2] / "bot" / "talk" / "cards" / "wording"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_cards_say_the_same(language):
    told = tomllib.loads((WORDING / f"brains.{language}.toml").read_text(encoding="utf-8"))
    assert told == {key: sentence[language] for key, sentence in SENTENCES.items()}
