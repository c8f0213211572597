"""The card that asks for leave."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.approval import Approval, Signal
from bot.domain.card import Markdown
from bot.domain.message import Person, Thread
from bot.domain.plan import Step
from bot.talk.cards.approval import approval_card
from bot.talk.cards.words import Words

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STEP = Step("kubernetes.rollout_restart", {"name": "web", "namespace": "shop"})
ASKED = Approval("a1", Thread("web", "t1"), (STEP,), Person("lin", "Lin"), NOW, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "alert PodKilled no longer fires"), ("zh", "告警 PodKilled 不再触发")]
)
def test_an_alert_of_two_pods_is_named_once(language, sentence):
    signals = (Signal("alert", "PodKilled", {"pod": "web-1"}), Signal("alert", "PodKilled", {"pod": "web-2"}))
    card = approval_card(replace(ASKED, signals=signals), Words(language))
    told = "\n".join(block.text for block in card.blocks if isinstance(block, Markdown))
    assert told.count(sentence) == 1
