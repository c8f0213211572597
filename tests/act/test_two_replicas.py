"""Two replicas over one PostgreSQL: whoever clicks, wherever, it is settled once and done once."""

import asyncio

import pytest

from bot.database.replicas import Replicas
from bot.domain.approval import ApprovalState
from bot.domain.message import Person
from tests.act.lamps import SWITCH, Killed, Room

pytestmark = pytest.mark.servers
APPROVERS = [Person("approver", "Chen"), *(Person(f"a{n}", f"A{n}", roles=frozenset({"approver"})) for n in range(7))]


@pytest.fixture
async def room(tmp_path, postgres):
    made = await Room(tmp_path, postgres.new_database()).open()
    there = Replicas(made.database)
    await there.join()
    yield made
    await there.leave()
    await made.database.close()


async def test_eight_approvers_at_once_on_two_replicas(room):
    room.by_the_wall = True
    replicas = room.gate, room.replica()
    for number in range(5):
        asked = (await room.ask((SWITCH, {"name": f"l{number}"}))).asked
        clicks = [room.say(asked, who, gate=replicas[place % 2]) for place, who in enumerate(APPROVERS)]
        settled = await asyncio.gather(*clicks)
        assert sum(each.counted for each in settled) == 1
        done = await asyncio.gather(*(room.carry_out(asked, gate) for gate in replicas * 2))
        assert [each.state for each in done if each] == [ApprovalState.EXECUTED]
        assert room.world.done.count(f"l{number}") == 1


@pytest.mark.parametrize("where", ["before run", "after run", "verify"])
async def test_what_one_replica_died_on_the_other_ends(room, where):
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(asked)
    room.world.kill = where
    with pytest.raises(Killed):
        await room.carry_out(asked)
    assert (await room.carry_out(asked, room.replica())).state is ApprovalState.EXECUTED
    assert room.world.done == ["a"]
