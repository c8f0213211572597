"""A ledger on disk, and the book of visits that writes into it."""

from datetime import UTC, datetime

import pytest

from bot.act.ledger.file import FileLedger
from bot.act.ledger.reading import records
from bot.talk.visits import Visits

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path):
    return FileLedger(tmp_path / "audit.jsonl")


@pytest.fixture
def visits(ledger):
    return Visits(ledger.append, lambda: NOON)


@pytest.fixture
def told(ledger):
    """What the ledger tells: rows of what was done, by whom, to what."""
    return lambda: [(each.did, each.who, each.to) for _, each in records(ledger.path)]
