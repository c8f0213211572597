"""Every card becomes something Slack takes, on every step of the ladder, and never loses its buttons."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from bot.domain.card import Buttons
from bot.errors import CardRefused
from bot.talk.channels.slack.blocks import render
from bot.talk.channels.slack.ladder import Ladder
from bot.talk.pictures import digest
from tests.fakes.slack_rules import walk, wrong, wrong_view
from tests.fakes.slack_server import buttons
from tests.talk.channels.contract.cards import CHART, any_card, cards

CALLS = ("<!", "<@", "<#", "<http://x")


def clicks(card):
    return [
        (each.act, each.target, each.digest)
        for block in card.blocks
        if isinstance(block, Buttons)
        for each in block.buttons
    ]


def shown(blocks):
    values = [json.loads(each["value"]) for each in buttons({"blocks": blocks})]
    return [(value["a"], value["t"], value["d"]) for value in values]


def accepted(card, pictures=None):
    ladder = Ladder(card, pictures or {})
    while True:
        rendered = ladder.rendered()
        assert wrong(rendered.blocks, rendered.text) == []
        assert sorted(shown(rendered.blocks)) == sorted(clicks(card))
        assert wrong_view({"type": "home", "blocks": rendered.blocks}) == []
        assert len(rendered.blocks) == len(rendered.origins)
        for each in walk(rendered.blocks):
            if each.get("type") in {"markdown", "mrkdwn"}:
                assert not any(call in each["text"] for call in CALLS)
        if not ladder.down(CardRefused(messages=[])):
            return


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", cards("en"))
def test_every_kind(kind, language):
    accepted(cards(language)[kind], {digest(CHART): "F1", "img-1": "F2"})


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_card)
def test_any_card_at_all(card):
    accepted(card)


def test_the_step_down_is_taken_where_slack_points():
    ladder = Ladder(cards("en")["all"], {})
    table = next(place for place, block in enumerate(ladder.rendered().blocks) if block["type"] == "table")
    assert ladder.down(CardRefused(messages=[f"no such thing [json-pointer:/blocks/{table}/rows]"]))
    kinds = [block["type"] for block in ladder.rendered().blocks]
    assert "table" not in kinds
    assert {"plan", "container"} <= set(kinds)


def test_a_picture_is_waited_for_and_then_told_in_words():
    ladder = Ladder(cards("en")["chart"], {digest(CHART): "F1"})
    place = next(n for n, block in enumerate(ladder.rendered().blocks) if block["type"] == "image")
    refused = CardRefused(messages=[f"invalid slack file [json-pointer:/blocks/{place}/slack_file]"])
    assert [ladder.down(refused) and ladder.waits_for_picture for _ in range(4)] == [True, True, True, False]
    assert not any(block["type"] == "image" for block in ladder.rendered().blocks)


def test_markdown_keeps_what_it_says():
    text = next(block["text"] for block in render(cards("en")["markdown"]).blocks if block["type"] == "markdown")
    assert text.startswith("# Title\n**支付**延迟")
