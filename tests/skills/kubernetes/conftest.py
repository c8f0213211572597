"""A pretend clock for the looks."""

from datetime import UTC, datetime

import pytest


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
