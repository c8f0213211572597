"""The newest state of every card arrives, once, in place, and a restart goes on with it."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from bot.database import Database
from bot.domain.card import Card, Markdown
from bot.domain.message import Thread
from bot.errors import CardRefused, ChannelError, TryLater
from bot.talk.channels import Pace, Placed
from bot.talk.outbox import Outbox
from bot.talk.threads import Threads, our_thread

HERE = Thread("wall", "t1")


@dataclass
class Wall:
    """The far end: a channel's platform."""

    name: str = "wall"
    pace: Pace = field(default_factory=lambda: Pace(live=0.01))
    shown: list = field(default_factory=list)
    trouble: list = field(default_factory=list)

    async def show(self, delivery):
        await asyncio.sleep(0)
        if self.trouble:
            raise self.trouble.pop(0)
        self.shown.append(delivery)
        thread = delivery.thread if delivery.thread.id else replace(delivery.thread, id=f"ts-{delivery.slot}")
        return Placed(delivery.ref or f"ref-{delivery.slot}", thread)


def card(text):
    return Card(text, (Markdown(text),))


@pytest.fixture
async def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await made.open()
    yield made
    await made.close()


async def test_a_slot_is_posted_once_and_then_updated_in_place(database):
    wall = Wall()
    outbox = Outbox(database, {"wall": wall}, Threads(database))
    for text in ("one", "two"):
        await outbox.show("s", HERE, card(text))
        await outbox.settled("s")
    assert [(each.card.title, each.ref) for each in wall.shown] == [("one", ""), ("two", "ref-s")]
    again = Outbox(database, {"wall": wall}, Threads(database))
    assert await again.adopt() == 0
    await again.show("s", HERE, card("three"))
    await again.settled("s")
    assert wall.shown[-1].ref == "ref-s"


async def test_live_states_may_be_skipped_but_the_final_one_never(database):
    wall = Wall()
    outbox = Outbox(database, {"wall": wall}, Threads(database))
    for number in range(200):
        await outbox.live("s", HERE, lambda number=number: card(f"live {number}"))
    await outbox.show("s", HERE, card("final"))
    await outbox.settled("s")
    assert wall.shown[-1].card.title == "final"
    assert len(wall.shown) < 20


async def test_what_was_not_accepted_before_the_end_is_sent_after_a_restart(database):
    silent = Wall(trouble=[TryLater(3600)])
    before = Outbox(database, {"wall": silent}, Threads(database))
    await before.show("s", HERE, card("kept"))
    await before.stop(patience=0.05)
    wall = Wall()
    after = Outbox(database, {"wall": wall}, Threads(database))
    assert await after.adopt() == 1
    await after.settled("s")
    assert [each.card.title for each in wall.shown] == ["kept"]


async def test_what_may_have_been_posted_is_doubted_until_its_place_is_known(database):
    await kept_only(database, ["s"])
    wall, threads = Wall(), Threads(database)
    after = Outbox(database, {"wall": wall}, threads)
    await after.adopt()
    await after.settled("s")
    await after.show("fresh", HERE, card("x"))
    await after.settled("fresh")
    threads.doubt(HERE)
    await after.live("answer", HERE, lambda: card("y"))
    await after.settled("answer")
    await after.show("s", HERE, card("newer"))
    await after.settled("s")
    assert [(each.slot, each.doubted) for each in wall.shown] == [
        ("s", True),
        ("fresh", False),
        ("answer", True),
        ("s", False),
    ]


class Counting(Wall):
    """How many cards are on their way at once."""

    def __init__(self, stuck=""):
        super().__init__()
        self.now, self.most, self.stuck = 0, 0, stuck

    async def show(self, delivery):
        if delivery.slot == self.stuck:
            await asyncio.sleep(3600)
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        return await super().show(delivery)


async def kept_only(database, slots):
    before = Outbox(database, {"wall": Wall(trouble=[TryLater(3600)] * len(slots))}, Threads(database))
    for slot in slots:
        await before.show(slot, HERE, card(slot))
    await before.stop(patience=0.05)


async def test_what_may_have_been_posted_before_the_end_is_sent_one_by_one(database):
    slots = [f"s{number}" for number in range(8)]
    await kept_only(database, slots)
    wall = Counting()
    after = Outbox(database, {"wall": wall}, Threads(database))
    assert await after.adopt() == 8
    await asyncio.gather(*(after.settled(slot) for slot in slots))
    assert sorted(each.slot for each in wall.shown) == slots
    assert wall.most == 1


async def test_one_that_is_stuck_does_not_hold_up_the_others(database, monkeypatch):
    monkeypatch.setattr("bot.talk.outbox.NEXT_AFTER", 0.05)
    await kept_only(database, ["a", "b", "c"])
    wall = Counting(stuck="a")
    after = Outbox(database, {"wall": wall}, Threads(database))
    await after.adopt()
    await asyncio.gather(after.settled("b"), after.settled("c"))
    assert [each.slot for each in wall.shown] == ["b", "c"]
    await after.stop(patience=0.01)


async def test_it_waits_as_told_and_tries_again_after_faults(database):
    pauses = []

    async def at_once(seconds):
        pauses.append(seconds)

    wall = Wall(trouble=[TryLater(7), ChannelError(), ChannelError()])
    outbox = Outbox(database, {"wall": wall}, Threads(database), sleep=at_once)
    await outbox.show("s", HERE, card("x"))
    await outbox.settled("s")
    assert pauses[0] == 7
    assert 0.5 <= pauses[1] <= 1 <= pauses[2] <= 2
    assert len(wall.shown) == 1


async def test_a_card_that_no_one_takes_is_given_up_and_said_so(database):
    outbox = Outbox(database, {"wall": Wall(trouble=[CardRefused()])}, Threads(database))
    await outbox.show("s", HERE, card("x"))
    await outbox.settled("s")
    assert await Outbox(database, {"wall": Wall()}, Threads(database)).adopt() == 0


async def test_secrets_do_not_leave(database):
    wall = Wall()
    outbox = Outbox(database, {"wall": wall}, Threads(database))
    await outbox.show("s", HERE, card("password=hunter2hunter2"))
    await outbox.settled("s")
    assert "hunter2" not in str(wall.shown[0].card)


async def test_the_first_card_opens_a_thread_of_ours_and_the_others_go_into_it(database):
    wall, threads = Wall(), Threads(database)
    outbox = Outbox(database, {"wall": wall}, threads)
    home = our_thread("wall", "C1", "incident:7")
    await asyncio.gather(*(outbox.show(f"s{number}", home, card(str(number))) for number in range(5)))
    for number in range(5):
        await outbox.settled(f"s{number}")
    first, *rest = (each.thread for each in wall.shown)
    assert first.id == ""
    assert {each.id for each in rest} == {f"ts-{wall.shown[0].slot}"}
    again = Threads(database)
    await again.start()
    assert again.ours(rest[0]) == home
    assert again.theirs(home) == rest[0]


async def test_a_card_that_was_only_live_before_the_end_is_updated_and_not_posted_again(database):
    wall = Wall()
    before = Outbox(database, {"wall": wall}, Threads(database))
    await before.live("s", HERE, lambda: card("thinking"))
    await before.settled("s")
    after = Outbox(database, {"wall": wall}, Threads(database))
    await after.show("s", HERE, card("done"))
    await after.settled("s")
    assert [(each.card.title, each.ref) for each in wall.shown] == [("thinking", ""), ("done", "ref-s")]
