"""Each thing that can be found has its sentence in Chinese and in English, with the same blanks."""

import ast
import re
from pathlib import Path

import pytest

from bot.domain.finding import Category
from bot.think.diagnosis import wording
from bot.think.diagnosis.families import families
from bot.think.diagnosis.looks import all_looks, log_errors
from tests.think.diagnosis.kube import sight

LOOKS = Path(wording.__file__).parent / "looks"


@pytest.mark.parametrize("section", ["report", "gap", "category", "ruled_out", "finding", "sign"])
def test_both_languages_say_the_same_things(section):
    zh, en = wording.table("zh")[section], wording.table("en")[section]
    assert set(zh) == set(en)
    for key in zh:
        assert wording.places(zh[key]) == wording.places(en[key]), key


def test_every_family_and_category_has_words():
    for language in wording.LANGUAGES:
        known = wording.table(language)
        assert {family.key for family in families()} <= set(known["finding"])
        assert {str(category) for category in Category} <= set(known["category"])


def test_every_finding_made_in_a_look_has_words():
    known = set(wording.table("en")["finding"])
    for path in LOOKS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name == "Finding" and isinstance(node.args[1], ast.Constant):
                assert node.args[1].value in known, (path.name, node.args[1].value)


def test_every_sign_against_a_service_has_words():
    known = set(wording.table("en")["sign"])
    told = "".join(path.read_text() for path in (LOOKS.parent / "suspects").glob("*.py"))
    assert set(re.findall(r'Sign\(f?"(\w+)"', told)) <= known
    assert known >= {"own_latency", "own_availability"}


def test_a_place_may_hold_another_sentence():
    said = wording.say("finding", "service_suspect", "en", {"name": "cart", "sign": "wire", "delay": "1.50"})
    assert said == "cart: calls to it wait 1.50 s longer than it takes"


def test_a_value_is_shown_and_never_formatted():
    said = wording.say("finding", "log_fatal", "en", {"name": "a{line}", "count": "1", "line": "{name} %s {0}"})
    assert "a{line}" in said
    assert "{name} %s {0}" in said


def test_every_look_is_found():
    assert len(all_looks()) >= 20


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_a_sentence_within_a_sentence_is_looked_for_where_there_are_some(language):
    known = wording.table(language)
    inner = {place for table in known.values() for said in table.values() for place in re.findall(r"{\w+:(\w+)}", said)}
    assert inner <= set(known)


@pytest.mark.parametrize("target", ["", "orders-db:5432"])
@pytest.mark.parametrize("line", ["dial tcp {}: connect: connection refused", "context deadline exceeded {}"])
def test_what_is_waited_for_is_named_or_said_to_be_unnamed(line, target):
    (found,) = [one for one in log_errors.look(sight(logs={"web-1": [line.format(target)]})) if one.symptom]
    for language in wording.LANGUAGES:
        said = wording.say("finding", found.key, language, found.values)
        assert "log goal" not in said
        assert "{" not in said
        assert ("orders-db" in said) == bool(target)
