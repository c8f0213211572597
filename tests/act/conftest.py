"""A room with a gate in it."""

import pytest

from tests.act.lamps import Room


@pytest.fixture
async def room(tmp_path):
    made = await Room(tmp_path).open()
    yield made
    await made.database.close()
