"""Two replicas on one PostgreSQL show states of the same card: one message, and the newest state stays."""

import asyncio
from dataclasses import replace

import pytest

from bot.database import Database
from bot.database.replicas import Replicas
from bot.talk.channels import Placed
from bot.talk.channels.web import make
from bot.talk.channels.web.hub import Reader
from bot.talk.outbox import Outbox
from bot.talk.threads import Threads
from tests.talk.test_outbox import HERE, Wall, card

pytestmark = pytest.mark.servers


@pytest.fixture
async def two(postgres):
    url = postgres.new_database()
    databases = Database(url), Database(url)
    for each in databases:
        await each.open()
    there = [Replicas(each) for each in databases]
    for each in there:
        await each.join()
    yield databases
    for each in there:
        await each.leave()
    for each in databases:
        await each.close()


class Slow(Wall):
    """Takes a card only when it is told to."""

    async def show(self, delivery):
        await self.free.wait()
        self.shown.append(delivery)
        return Placed(delivery.ref or f"ref-{delivery.slot}", replace(delivery.thread, id="ts"))


async def test_while_one_sends_the_other_leaves_its_state_to_it(two):
    slow, quick = Slow(), Wall()
    slow.free = asyncio.Event()
    one = Outbox(two[0], {"wall": slow}, Threads(two[0]))
    other = Outbox(two[1], {"wall": quick}, Threads(two[1]))
    await one.show("s", HERE, card("one"))
    await other.show("s", HERE, card("two"))
    slow.free.set()
    await one.settled("s")
    assert [(each.card.title, each.ref) for each in slow.shown] == [("one", ""), ("two", "ref-s")]
    await other.show("s", HERE, card("three"))
    await other.settled("s")
    assert [(each.card.title, each.ref) for each in quick.shown] == [("three", "ref-s")]


async def test_a_page_open_here_sees_what_another_replica_shows(two):
    pages = [make(each, host="127.0.0.1") for each in two]
    outbox = Outbox(two[0], {"web": pages[0]}, Threads(two[0]))
    thread = replace(HERE, channel="web")
    reader = Reader()
    pages[1].hub.join(reader, f"thread:{thread.id}")
    after = pages[1].next_seq() - 10_000_000
    await outbox.show("s", thread, card("seen everywhere"))
    await outbox.settled("s")
    await pages[1].elsewhere.look(after)
    assert b"seen everywhere" in await anext(reader.batches(30))
