"""Every card becomes something Feishu takes, on every step of the ladder, and never loses its buttons."""

import pytest
from hypothesis import HealthCheck, given, settings

from bot.domain.card import Buttons
from bot.talk.channels.feishu.cards import BARE, FULL, render
from bot.talk.pictures import digest
from tests.fakes.feishu_rules import buttons, wrong
from tests.talk.channels.contract.cards import CHART, any_card, cards


def accepted(card, pictures=None):
    wanted = [(b.act, b.target, b.digest) for block in card.blocks if isinstance(block, Buttons) for b in block.buttons]
    for step in range(FULL, BARE + 1):
        content = render(card, step, pictures, "om_1")
        assert wrong(content) == []
        assert [(value["a"], value["t"], value["d"]) for value in buttons(content)] == wanted
        assert all(value["r"] == "om_1" for value in buttons(content))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", cards("en"))
def test_every_kind(kind, language):
    accepted(cards(language)[kind], {digest(CHART): "img_1", "img-1": "img_2"})


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_card)
def test_any_card_at_all(card):
    accepted(card)


def test_markdown_keeps_what_it_says():
    content = render(cards("en")["markdown"])
    assert "#### Title\\n**支付**延迟 &#42;as it is&#42;" in content
