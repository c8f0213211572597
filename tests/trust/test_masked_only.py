"""What leaves the house has the type of what was masked, and mypy refuses all else: these hints must stay."""

import typing

import pytest

from bot.act.ledger.file import FileLedger
from bot.domain.card import RedactedCard
from bot.redaction import Redacted
from bot.talk.cards.masked import masked
from bot.talk.channels import Channel, Delivery
from bot.think import prompts
from bot.think.brains.dify import Dify

WANTED = [
    (Delivery, "card", RedactedCard),
    (Channel.whisper, "card", RedactedCard),
    (masked, "return", RedactedCard),
    (FileLedger._write, "bodies", list[Redacted]),
    (prompts.query_of, "return", Redacted),
    (prompts.inputs_of, "return", dict[str, Redacted]),
    (Dify._turn, "query", Redacted | None),
]


@pytest.mark.parametrize(("where", "name", "kind"), WANTED, ids=lambda each: getattr(each, "__qualname__", str(each)))
def test_only_what_is_masked(where, name, kind):
    assert typing.get_type_hints(where)[name] == kind
