"""What is pasted into the consoles names all that the channels need."""

import pytest
import yaml
from typer.testing import CliRunner

from bot.__main__ import app
from bot.commands.manifest import slack
from bot.settings import DutyBotSettings
from bot.talk.channels.slack.commands import OWN, registered
from bot.talk.hints import hints
from skills import discover


@pytest.mark.parametrize("url", ["", "https://bot.example.com/"])
def test_slacks_manifest_is_within_its_limits(url):
    printed = CliRunner().invoke(app, ["manifest", "slack", "--url", url]).stdout
    told = yaml.safe_load(printed)
    assert told == slack(url.rstrip("/"))
    assert told["settings"]["socket_mode_enabled"] is not bool(url)
    assert len(told["display_information"]["name"]) <= 35
    assert len(told["display_information"]["description"]) <= 140
    assert len(told["features"]["agent_view"]["agent_description"]) <= 300
    commands = told["features"]["slash_commands"]
    assert len(commands) <= 50
    assert all(len(each["command"]) <= 32 and 0 < len(each["description"]) <= 140 for each in commands)
    typed = [registered(each.command) for each in hints(discover(DutyBotSettings().skills))("en")]
    assert [each["command"] for each in commands[1:]] == [each for each in typed if "." not in each][
        : len(commands) - 1
    ]
    assert not {each["command"].removeprefix("/") for each in commands} & OWN
    assert all(each.get("url", "") == ("https://bot.example.com/slack/events" if url else "") for each in commands)


def test_feishus_list_names_the_callback_that_is_most_often_forgotten():
    printed = CliRunner().invoke(app, ["manifest", "feishu"]).stdout
    assert "card.action.trigger" in printed
    assert "im.message.receive_v1" in printed
    assert "FEISHU_MODE=socket" in printed
    assert "/feishu/events" in CliRunner().invoke(app, ["manifest", "feishu", "--url", "https://x"]).stdout
