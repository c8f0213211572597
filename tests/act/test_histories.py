"""Random histories of people, clocks, crashes, lost answers, replicas, tamperers: nothing without leave or twice.

And nothing stands that was made and did not help.

DUTYBOT_HISTORIES says how many: 1500 by default, 120 where only quick tests run; 10000 take some minutes.
"""

import logging
import os
import random
from dataclasses import replace

import pytest
import structlog
from sqlalchemy import select, update

from bot.act.store import APPROVALS
from bot.domain.approval import Approval
from bot.domain.message import Person
from bot.errors import BotError
from skills import SkillError
from tests.act.lamps import CHEN, LIN, SWITCH, Killed, Room
from tests.act.oracle import Oracle

HISTORIES = int(os.environ.get("DUTYBOT_HISTORIES") or 1500)
ROOMFUL = 40
GUEST = Person("guest", "approver")
STRANGER = Person("approver", "Chen", "slack", "T1")
KILLS = ("before run", "after run", "verify", "before undo", "after undo")


class Listed:
    """A ledger that a test can read."""

    def __init__(self):
        self.records = []

    async def append(self, record):
        self.records.append(record)


class History:
    """One request and what befalls it."""

    def __init__(self, room, other, oracle, chance, number):
        self.room, self.other, self.oracle, self.chance = room, other, oracle, chance
        self.lamp = f"lamp{number}"
        self.asked, self.old, self.altered = None, [], False

    def gate(self):
        return self.chance.choice((self.room.gate, self.other))

    async def begin(self):
        who = self.chance.choice((LIN, LIN, LIN, CHEN))
        if self.chance.random() < 0.1:
            self.room.world.helps[self.lamp] = [False]
        taken = await self.room.ask((SWITCH, {"name": self.lamp}), who=who, gate=self.gate())
        self.know(taken.asked, who)

    def know(self, asked, who):
        assert isinstance(asked, Approval)
        self.asked = asked
        self.oracle.asked(asked.id, self.lamp, asked.digest, who.key, asked.expires_at.timestamp())

    async def click(self, asked=None, person=None, granted=True, digest=None):
        asked, person = asked or self.asked, person or self.chance.choice((CHEN, CHEN, CHEN, LIN, GUEST, STRANGER))
        digest = digest or asked.digest
        self.oracle.said(asked.id, digest, person.key, granted, self.room.clock.timestamp())
        await self.room.say(asked, person, granted, self.gate(), digest=digest)

    async def approve(self):
        await self.click(person=CHEN)

    async def anybody(self):
        await self.click()

    async def twice(self):
        await self.click()
        await self.click()

    async def reject(self):
        await self.click(granted=False)

    async def replay(self):
        if self.old:
            await self.click(self.chance.choice(self.old))

    async def forge(self):
        letters = list(self.asked.digest)
        place = self.chance.randrange(len(letters))
        letters[place] = "0" if letters[place] != "0" else "1"
        await self.click(person=CHEN, digest="".join(letters))

    async def edit(self):
        """The same lamp, asked for anew with other words: another request."""
        found = await self.room.gate.approval(self.asked.id)
        who = self.chance.choice((LIN, CHEN))
        case = self.room.case(who)
        newer = await self.gate().edit(self.asked.id, {0: {"namespace": f"shop{self.chance.randrange(9)}"}}, case)
        if isinstance(newer, Approval):
            assert found.state.value == "pending"
            self.oracle.replaced(self.asked.id)
            self.old.append(self.asked)
            self.know(newer, who)

    async def tamper(self):
        """Any byte of what is kept."""
        self.altered = True
        row = APPROVALS.c.id == self.asked.id
        async with self.room.database.begin() as connection:
            body = (await connection.execute(select(APPROVALS.c.body).where(row))).scalar_one()
            place = self.chance.randrange(len(body))
            letter = self.chance.choice('abcdefghijklmnopqrstuvwxyz0123456789"{}[]:,')
            changed = body[:place] + letter + body[place + 1 :]
            await connection.execute(update(APPROVALS).where(row).values(body=changed))

    async def move(self):
        """The live lamp changes under the card."""
        if self.lamp not in self.room.world.done:
            self.room.world.generation[self.lamp] = self.room.world.generation.get(self.lamp, 1) + 1
            for each in self.oracle.lamps[self.lamp]:
                self.oracle.requests[each].moved = True

    async def wait(self):
        await self.room.sleep(self.chance.choice((1, 60, 899, 901)))
        if self.chance.random() < 0.3:
            await self.gate().expire()

    async def die(self):
        self.room.world.kill = self.chance.choice(KILLS)
        await self.carry_out()

    async def lose(self):
        """No answer comes to the change, whether it was made or not."""
        self.room.world.lost = self.chance.choice(("made", "unmade"))
        await self.carry_out()

    async def carry_out(self):
        try:
            await self.room.carry_out(self.asked, self.gate())
        except Killed:
            self.other = self.room.replica()
        finally:
            self.room.world.kill = self.room.world.lost = ""

    async def go(self):
        await self.begin()
        acts = (self.approve, self.approve, self.anybody, self.twice, self.reject, self.replay, self.forge)
        acts = (
            *acts,
            self.edit,
            self.tamper,
            self.move,
            self.wait,
            self.die,
            self.lose,
            self.carry_out,
            self.carry_out,
        )
        for _ in range(self.chance.randrange(1, 6)):
            try:
                await self.chance.choice(acts)()
            except (BotError, SkillError):
                """Refused aloud."""
        try:
            await self.carry_out()
            await self.carry_out()
        except (BotError, SkillError):
            """Refused aloud."""


async def roomful(folder, seed, count, url="sqlite:///:memory:?check_same_thread=false"):
    """So many histories in one house; gives what was wrong, and how much was done."""
    room = Room(folder, url, policy=None)
    room.ledger = Listed()
    await room.open()
    limits = room.policy._file.rules[1].limits.model_copy(update={"per_hour": None})
    rules = tuple(replace_limits(rule, limits) for rule in room.policy._file.rules)
    breaker = room.policy._file.breaker.model_copy(update={"everywhere": 10**6})
    room.policy._file = room.policy._file.model_copy(update={"rules": rules, "breaker": breaker})
    oracle, chance = Oracle(), random.Random(seed)
    other = room.replica()
    stand = []
    for number in range(count):
        history = History(room, other, oracle, chance, number)
        await history.go()
        other = history.other
        if history.lamp in room.world.helps and room.world.lit.get(history.lamp) and not history.altered:
            stand.append((history.lamp, "it did not help, and stands"))
    done = list(room.world.done)
    await room.database.close()
    return oracle.wrong(done) + stand, len(done)


def replace_limits(rule, limits):
    return rule.model_copy(update={"limits": limits})


async def at_once(connection, function, *arguments, **named):
    """The driver without its thread: a million hops between threads are most of the time otherwise."""
    return function(*arguments, **named)


@pytest.fixture(autouse=True)
def quick_and_quiet(monkeypatch):
    """Each of some thousand tampered rows would be told."""
    monkeypatch.setattr("aiosqlite.core.Connection._execute", at_once)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_nothing_without_leave_and_nothing_twice(tmp_path):
    wrong, done, left, seed = [], 0, HISTORIES, 0
    while left > 0:
        found, did = await roomful(tmp_path, seed, min(ROOMFUL, left))
        wrong += [(seed, each) for each in found]
        done, left, seed = done + did, left - ROOMFUL, seed + 1
    print(f"{HISTORIES} histories, {done} changes made, {len(wrong)} without leave or twice")
    assert wrong == []
    assert done > HISTORIES / 20, "too little was done for this to mean anything"


def test_the_oracle_sees_what_is_wrong():
    oracle = Oracle()
    oracle.asked("a", "lamp", "d", "web::asker", 100.0)
    assert oracle.wrong(["lamp"]) == [("lamp", 1, 0)]
    oracle.said("a", "other", "web::approver", True, 1.0)
    oracle.said("a", "d", "web::asker", True, 1.0)
    oracle.said("a", "d", "web::approver", True, 100.0)
    assert oracle.wrong(["lamp"]) == [("lamp", 1, 0)]
    oracle.said("a", "d", "web::approver", True, 99.0)
    assert oracle.wrong(["lamp"]) == []
    assert oracle.wrong(["lamp", "lamp"]) == [("lamp", 2, 1)]
    assert oracle.wrong(["stranger"])[0] == ("stranger", 1, 0)
    oracle.requests["a"] = replace(oracle.requests["a"], moved=True)
    assert oracle.wrong(["lamp"]) == [("lamp", "it was another one by then")]
