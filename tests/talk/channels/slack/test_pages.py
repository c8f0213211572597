"""Slack's own places: the Home tab, suggested prompts, thumbs, and names of those who are mentioned."""

import json

import pytest
from pydantic import SecretStr

from bot.commands.manifest import slack as manifest
from bot.domain.card import Button, Buttons, Card, Grid, Markdown
from bot.domain.message import HOME_PAGE, Decision, PressKind, Thread
from bot.settings import DutyBotSettings
from bot.talk.channels import Delivery
from bot.talk.channels.slack import make
from bot.talk.hints import hints
from skills import discover
from tests.fakes.slack_server import buttons, clicked, clicked_at_home, said
from tests.talk.channels.contract.cards import cards

HERE = Thread("slack", "5.1", "C1", "T1")


def opened(tab):
    return said("", kind="app_home_opened", tab=tab, channel="D1")


async def test_whoever_opens_the_home_tab_is_heard_and_shown_it_in_place(channel, slack, ears):
    await slack.push("events_api", opened("home"))
    (press,) = await ears.wait()
    assert (press.kind, press.thread, press.person.language) == (
        PressKind.HOME,
        Thread("slack", HOME_PAGE, "U1", "T1"),
        "zh",
    )
    yes = Button("Yes", "approve", "ap-1", "dig")
    card = Card("On duty", (Grid(("a",), (("b",),)), Markdown("**x**"), Buttons((yes,))))
    placed = await channel.show(Delivery("home:U1", press.thread, card, 1))
    await channel.show(Delivery("home:U1", press.thread, card, 2, placed.ref))
    assert slack.messages == {}
    assert {block["type"] for block in slack.homes["U1"]} <= {"header", "section", "rich_text", "actions", "context"}
    await slack.push("interactive", clicked_at_home(slack.homes["U1"], buttons({"blocks": slack.homes["U1"]})[0], "U1"))
    decision = (await ears.wait(2))[1]
    assert isinstance(decision, Decision)
    assert (decision.approval_id, decision.thread) == ("ap-1", press.thread)


async def test_every_card_fits_a_home_tab(channel, slack):
    for number, card in enumerate(cards("zh").values()):
        channel.client._buckets.clear()
        await channel.show(Delivery(f"home:{number}", Thread("slack", HOME_PAGE, f"U{number}", "T1"), card, 1))
    assert len(slack.homes) == len(cards("zh"))


async def test_whoever_opens_the_conversation_is_offered_questions_in_their_language(channel, slack, ears):
    await slack.push("events_api", opened("messages"))
    (told,) = slack.prompts
    assert told["channel_id"] == "D1"
    assert "查询过去1小时高CPU的Pod" in [each["message"] for each in told["prompts"]]
    slack.trouble["assistant.threads.setSuggestedPrompts"] = [(200, {"ok": False, "error": "no"}, {})]
    assert (await slack.push("events_api", opened("messages")))[0] < 3
    assert ears.heard == []


async def test_helpful_or_not_are_slacks_own_thumbs(channel, slack, ears):
    thumbs = Buttons((Button("Helpful", "up", "a-1"), Button("Not helpful", "down", "a-1"), Button("More", "ask", "x")))
    placed = await channel.show(Delivery("s", HERE, Card("Answer", (thumbs,)), 1))
    message = slack.messages["C1", placed.ref.partition(":")[2]]
    assert [block["type"] for block in message["blocks"]] == ["header", "context_actions", "actions"]
    down = next(each for each in buttons(message) if json.loads(each["value"])["a"] == "down")
    await slack.push("interactive", clicked(message, down))
    (press,) = await ears.wait()
    assert (press.kind, press.target) == (PressKind.DOWN, "a-1")
    slack.trouble["chat.postMessage"] = [(200, {"ok": False, "error": "invalid_blocks"}, {})]
    placed = await channel.show(Delivery("s2", HERE, Card("Answer", (thumbs,)), 1))
    message = slack.messages["C1", placed.ref.partition(":")[2]]
    assert [block["type"] for block in message["blocks"]] == ["header", "actions"]
    assert len(buttons(message)) == 3


async def test_who_is_mentioned_is_told_by_name(channel, slack, ears):
    await slack.push("events_api", said("<@UBOT> hand over to <@U2>", ts="5.1"))
    (message,) = await ears.wait()
    assert message.text == "hand over to @chen"


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda told: told["settings"]["event_subscriptions"]["bot_events"].remove("app_mention"), "app_mention"),
        (lambda told: told["settings"].update(interactivity={"is_enabled": False}), "Interactivity & Shortcuts"),
        (lambda told: told["settings"].update(socket_mode_enabled=False), "Socket Mode"),
        (lambda told: told["features"].update(app_home={}), "App Home"),
        (lambda told: told["features"].pop("slash_commands"), "dutybot manifest slack"),
        (lambda told: told["features"]["slash_commands"].pop(), "lacks the slash commands /"),
        (lambda _: None, ""),
    ],
)
async def test_the_doctor_compares_the_app_with_its_manifest(database, settings, slack, change, wanted):
    slack.manifest = manifest()
    change(slack.manifest)
    given = settings.model_copy(update={"config_token": SecretStr("xoxe-1")})
    told = await make(database, given, hints=hints(discover(DutyBotSettings().skills))).health()
    assert wanted in told
    assert bool(told) is bool(wanted)


async def test_the_doctor_tries_the_socket(database, settings, slack):
    slack.trouble["apps.connections.open"] = [(200, {"ok": False, "error": "invalid_auth"}, {})]
    told = await make(database, settings).health()
    assert "SLACK_APP_TOKEN" in told
    assert "connections:write" in told
