"""Nothing that was acknowledged is lost, nothing is handled twice, and one lane keeps its order."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.database import Database
from bot.domain.alert import Alert
from bot.domain.event import Finished, Granted, Look
from bot.domain.message import Message, Person, Thread
from bot.errors import StoreDown
from bot.talk.inbox import LEAST_TIME, MOST_ATTEMPTS, RETURNING, Inbox
from bot.talk.threads import Threads

ANN = Person("U1", "Ann")


def message(key, thread="t1", text="hello"):
    return Message(key, Thread("web", thread), ANN, text, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
async def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await made.open()
    yield made
    await made.close()


async def test_what_is_heard_twice_is_handled_once(database):
    inbox, handled = Inbox(database, Threads(database)), []

    async def respond(event):
        handled.append(event.key)

    await inbox.start(respond)
    answers = await asyncio.gather(*(inbox.hear(message("m1")) for _ in range(20)))
    assert sorted(answers) == [False] * 19 + [True]
    await inbox.idle()
    assert handled == ["m1"]


async def test_one_thread_keeps_its_order_while_others_go_on(database):
    inbox, handled, gate = Inbox(database, Threads(database)), [], asyncio.Event()

    async def respond(event):
        if event.key == "a0":
            await gate.wait()
        handled.append(event.key)

    await inbox.start(respond)
    for number in range(5):
        await inbox.hear(message(f"a{number}", "a"))
    await inbox.hear(message("b0", "b"))
    while handled != ["b0"]:
        await asyncio.sleep(0.01)
    gate.set()
    await inbox.idle()
    assert handled == ["b0", "a0", "a1", "a2", "a3", "a4"]


async def test_what_was_kept_and_not_handled_is_handled_after_a_restart(database):
    before = Inbox(database, Threads(database))
    for number in range(3):
        await before.hear(message(f"m{number}"))
    after, handled = Inbox(database, Threads(database)), []

    async def respond(event):
        handled.append((event.key, event.text))

    assert await after.start(respond) == 3
    await after.idle()
    assert handled == [("m0", "hello"), ("m1", "hello"), ("m2", "hello")]
    assert await Inbox(database, Threads(database)).start(respond) == 0


async def test_while_the_store_is_down_the_event_is_tried_again(database):
    tries, pauses = [], []

    async def at_once(seconds):
        pauses.append(seconds)

    async def respond(event):
        tries.append(event.key)
        if len(tries) < 3:
            raise StoreDown(why="gone")

    inbox = Inbox(database, Threads(database), sleep=at_once)
    await inbox.start(respond)
    await inbox.hear(message("m1"))
    await inbox.idle()
    assert tries == ["m1"] * 3
    assert pauses == [0.5, 1]


async def test_an_event_that_kills_the_process_each_time_is_set_aside(database):
    began = datetime(2026, 1, 1, tzinfo=UTC)
    inbox = Inbox(database, Threads(database), lambda: began)
    await inbox.hear(message("poison"))
    late = began + LEAST_TIME
    for _ in range(MOST_ATTEMPTS):
        assert await Inbox(database, Threads(database), lambda: late).start(_never) == 1
    assert await Inbox(database, Threads(database), lambda: late).start(_never) == 0


async def test_who_kills_the_process_again_and_again_for_minutes_loses_no_event(database):
    began = datetime(2026, 1, 1, tzinfo=UTC)
    await Inbox(database, Threads(database), lambda: began).hear(message("innocent"))
    soon = began + LEAST_TIME - timedelta(seconds=1)
    for _ in range(MOST_ATTEMPTS * 3):
        assert await Inbox(database, Threads(database), lambda: soon).start(_never) == 1


async def test_what_waited_is_begun_some_at_a_time_and_nothing_slow_holds_it_up(database, monkeypatch):
    monkeypatch.setattr("bot.talk.inbox.NEXT_AFTER", 0.5)
    before = Inbox(database, Threads(database))
    for number in range(3 * RETURNING):
        await before.hear(message(f"m{number}", thread=f"t{number}"))
    begun, go_on = [], asyncio.Event()

    async def respond(event):
        begun.append(event.key)
        await go_on.wait()

    after = Inbox(database, Threads(database))
    assert await after.start(respond) == 3 * RETURNING
    await asyncio.sleep(0.1)
    assert begun == [f"m{number}" for number in range(RETURNING)]
    await after.hear(message("new", thread="another"))
    await asyncio.sleep(0.1)
    assert begun[RETURNING:] == ["new"]
    while len(begun) < 3 * RETURNING + 1:
        await asyncio.sleep(0.05)
    go_on.set()
    await after.idle()
    assert await Inbox(database, Threads(database)).start(respond) == 0


async def _never(event):
    await asyncio.Event().wait()


async def test_after_a_restart_each_event_is_of_what_kind_it_was(database):
    """Granted, Finished and Look have the same fields, or nearly."""
    thread, handled = Thread("web", "t1"), []
    events = [Granted("g", thread, "a"), Finished("f", thread, "a"), Look("l", thread, "i")]
    before = Inbox(database, Threads(database))
    for event in events:
        await before.hear(event)

    async def respond(event):
        handled.append(event)

    after = Inbox(database, Threads(database))
    await after.start(respond)
    await after.idle()
    assert sorted(handled, key=lambda event: event.key) == sorted(events, key=lambda event: event.key)


async def test_alerts_that_wait_together_are_handed_over_together(database):
    start, handled = datetime(2026, 1, 1, tzinfo=UTC), []
    storm = [Alert(f"a{number}", f"{number}", {}, True, start) for number in range(600)]
    inbox = Inbox(database, Threads(database))
    await asyncio.gather(*(inbox.hear(alert) for alert in storm))

    async def respond(event):
        handled.append(event)

    await inbox.start(respond)
    await inbox.idle()
    assert [alert for burst in handled for alert in burst.alerts] == storm
    assert len(handled) == 3
