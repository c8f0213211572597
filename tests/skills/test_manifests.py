"""Every skill's SKILL.md, and every action it declares."""

import re
from pathlib import Path

import pytest
import yaml

import skills
from skills.catalogue import discover, known_skills
from skills.change import Change

ROOT = Path(skills.__file__).parent
NAMES = sorted(known_skills())
FRONT = {"name", "summary", "owner", "settings", "quality"}


@pytest.mark.parametrize("name", NAMES)
def test_the_front_matter_is_whole(name):
    _, front, prose = (ROOT / name / "SKILL.md").read_text(encoding="utf-8").split("---\n", 2)
    told = yaml.safe_load(front)
    assert told.keys() == FRONT
    assert told["name"] == name
    assert told["settings"] == f"{name.upper()}_*"
    assert re.match(r"done$|todo$|exempt: .+", told["quality"])
    assert prose.strip()


@pytest.mark.parametrize("name", NAMES)
def test_the_actions_are_whole(name):
    catalogue = discover([name])
    assert catalogue
    for each in catalogue.values():
        assert each.schema()["additionalProperties"] is False
        assert each.summary.endswith(".")
        assert (each.change is None) == (each.risk is skills.Risk.READ)
        for right in each.needs:
            assert re.fullmatch(r"([a-z0-9.-]+/)?[a-z*]+(/[a-z]+)?:[a-z]+", right), right
        if each.change:
            assert isinstance(each.change, Change)
            assert each.verify
            assert each.needs or name != "kubernetes"


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(LookupError, match="no such skill: nosuch; there are: "):
        discover(["nosuch"])
