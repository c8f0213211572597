"""Every card in every channel and language stands here as it is sent.

`python -m tests.talk.channels.contract.test_goldens` writes them anew; the difference is to be read.
"""

import json
from pathlib import Path

import orjson
import pytest

from bot.talk.channels.feishu.cards import render as feishu
from bot.talk.channels.slack.blocks import render as slack
from tests.fakes import feishu_rules, slack_rules
from tests.talk.channels.contract.cards import PLAINS, cards
from tests.talk.channels.contract.house_cards import house_cards

FOLDER = Path(__file__).parent / "goldens"
CHANNELS = ("slack", "feishu", "web")
LANGUAGES = ("zh", "en")


def every_card(language):
    neutral = {f"block {name}": card for name, card in cards(language).items() if name in {*PLAINS, "fold", "all"}}
    return house_cards(language) | neutral


def rendered(channel, card):
    match channel:
        case "slack":
            told = slack(card)
            assert slack_rules.wrong(told.blocks, told.text) == []
            return {"text": told.text, "blocks": told.blocks}
        case "feishu":
            told = feishu(card, root="om_1")
            assert feishu_rules.wrong(told) == []
            return json.loads(told)
        case _:
            return orjson.loads(orjson.dumps(card))


def golden(channel, language):
    return FOLDER / f"{channel}.{language}.json"


def now(channel, language):
    return {name: rendered(channel, card) for name, card in every_card(language).items()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_sent_is_what_was_looked_at(channel, language):
    kept = json.loads(golden(channel, language).read_text(encoding="utf-8"))
    made = now(channel, language)
    assert set(made) == set(kept)
    for name, card in made.items():
        assert card == kept[name], name


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for channel in CHANNELS:
        for language in LANGUAGES:
            told = json.dumps(now(channel, language), ensure_ascii=False, indent=1)
            golden(channel, language).write_text(f"{told}\n", encoding="utf-8")
