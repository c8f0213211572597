"""The demo speaks as the terminal does, unless it is told otherwise."""

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.commands import demo


@pytest.fixture
def spoken(monkeypatch):
    async def told(_port, _browser, language, *_):
        heard.append(language)

    heard = []
    monkeypatch.setattr(demo, "_demo", told)
    return heard


@pytest.mark.parametrize(
    ("told", "asked", "language"),
    [
        ({}, [], "en"),
        ({"LANG": "C.UTF-8"}, [], "en"),
        ({"LANG": "zh_CN.UTF-8"}, [], "zh"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW.UTF-8"}, [], "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, [], "en"),
        ({"LANG": "fr_FR.UTF-8"}, [], "en"),
        ({"LANG": "en_US.UTF-8"}, ["--language", "zh"], "zh"),
        ({"LANG": "zh_CN.UTF-8"}, ["--language", "en"], "en"),
    ],
)
def test_it_speaks_as_the_terminal_does(spoken, told, asked, language):
    env = {"LC_ALL": None, "LC_MESSAGES": None, "LANG": None} | told
    done = CliRunner().invoke(app, ["demo", *asked], env=env)
    assert done.exit_code == 0, done.output
    assert spoken == [language]


def test_another_language_is_refused_in_one_sentence(spoken):
    done = CliRunner().invoke(app, ["demo", "--language", "fr"])
    assert done.exit_code == 1
    assert "en or zh" in done.output
    assert spoken == []
