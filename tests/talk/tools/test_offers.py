"""Plans on the shelf."""

import asyncio

import pytest

from bot.domain.proposal import plan_from
from bot.errors import BadInput
from bot.talk.tools.tokens import Denied, Tokens
from tests.think.brains.briefings import ACTIONS

PLAN = plan_from({"title": "T", "steps": [{"action": "rollout_restart", "namespace": "a", "name": "b"}]}, ACTIONS)


async def test_the_same_plan_offered_again_is_the_same(house):
    offers = house.doors.offers
    first = await offers.offer(PLAN, "c-1")
    assert await offers.offer(PLAN, "c-1") == first
    assert await offers.offer(PLAN, "c-2") != first


async def test_only_its_conversation_claims_it_and_once(house):
    offers = house.doors.offers
    name = await offers.offer(PLAN, "c-1")
    assert await offers.claim(name, "c-2") is None
    claims = await asyncio.gather(*(offers.claim(name, "c-1") for _ in range(5)))
    assert [claim.steps for claim in claims if claim] == [PLAN.steps]
    assert await offers.claim("P-0", "c-1") is None


async def test_what_waits_for_a_conversation_is_taken_once_and_only_if_it_is_new(house):
    offers = house.doors.offers
    old = await offers.offer(PLAN, "c-1")
    await offers.offer(PLAN, "")
    house.later(minutes=1)
    since = house.now
    assert await offers.waiting("c-1", since) is None, "of an earlier turn"
    assert await offers.waiting("", since) is None, "nobody named a conversation"
    assert await offers.offer(PLAN, "c-1") == old, "offered again, it is new again"
    assert await offers.waiting("c-2", since) is None
    taken = await offers.waiting("c-1", since)
    assert (taken.id, taken.steps) == (old, PLAN.steps)
    assert await offers.waiting("c-1", since) is None
    assert await offers.claim(old, "c-1") is None


async def test_unclaimed_it_expires(house):
    offers = house.doors.offers
    name = await offers.offer(PLAN, "c-1")
    house.later(minutes=21)
    assert await offers.claim(name, "c-1") is None
    assert await offers.offer(PLAN, "c-1") != name


def test_calls_are_counted_by_the_minute():
    clock = [0.0]
    tokens = Tokens.read("a:read:0123456789abcdef", 2)
    tokens.now = lambda: clock[0]
    headers = {"authorization": "Bearer 0123456789abcdef"}
    tokens.caller(headers)
    tokens.caller(headers)
    with pytest.raises(Denied) as told:
        tokens.caller(headers)
    assert (told.value.status, told.value.after) == (429, 60)
    clock[0] = 61
    assert tokens.caller(headers).name == "a"


@pytest.mark.parametrize(
    "written", ["a", "a:read", "a:read:short", "a:write:0123456789abcdef", ":read:0123456789abcdef"]
)
def test_tokens_that_cannot_be_read(written):
    with pytest.raises(BadInput):
        Tokens.read(written, 1)
