"""Every error has its sentence, in both languages, with the same blanks."""

import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

import skills
from skills.errors import BadArguments
from skills.sentences import SENTENCES

ROOT = Path(skills.__file__).parent
WORDING = ROOT.parent / "bot/talk/cards/wording"


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_hall_words_every_key(language):
    worded = tomllib.loads((WORDING / f"skills.{language}.toml").read_text(encoding="utf-8"))
    assert worded.keys() == SENTENCES.keys()
    for key, sentence in worded.items():
        assert blanks(sentence) <= blanks(SENTENCES[key]), key
    if language == "en":
        assert worded == SENTENCES


def test_every_key_raised_has_a_sentence():
    kinds = "BadArguments|Unreachable|Forbidden|NotFound|Conflict"
    source = "".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py"))
    raised = set(re.findall(rf'(?:{kinds})\(\s*"(\w+)"', source))
    assert raised <= SENTENCES.keys()


def test_a_missing_value_does_not_break_the_telling():
    assert str(BadArguments("bad_time_range")).startswith("I do not understand the time “-”")
    assert str(BadArguments("no_such_key", a=1)) == "no_such_key, a=1"
