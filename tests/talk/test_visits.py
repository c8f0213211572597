"""Who came in, who was turned away, who left: written down, without a secret, and without filling the ledger."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.errors import StoreDown
from bot.talk.tools.tokens import Denied, Tokens
from bot.talk.visits import AGAIN_AFTER, MOST_ADDRESSES, Visits

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "reader-secret-0123456"


def calling(secret, host="10.0.0.7"):
    return SimpleNamespace(headers={"authorization": f"Bearer {secret}"}, client=SimpleNamespace(host=host))


async def test_a_token_of_the_doors_is_told_at_its_first_call_and_when_it_is_refused(ledger, visits, told):
    tokens = Tokens.read(f"claude:read:{SECRET}", 100)
    tokens.visits = visits
    for _ in range(3):
        await tokens.enter(calling(SECRET), "mcp")
    for secret, scope in (("someone-else-0123456", None), ("someone-else-0123456", None), (SECRET, "plan")):
        with pytest.raises(Denied):
            await tokens.enter(calling(secret), "openapi", scope)
    assert told() == [
        ("login", "tools::claude", "mcp"),
        ("login refused", "unknown", "openapi"),
        ("login refused", "tools::claude", "openapi"),
    ]
    assert SECRET not in ledger.path.read_text()


async def test_too_many_calls_are_no_refused_login(visits, told):
    tokens = Tokens.read(f"claude:read:{SECRET}", 1)
    tokens.visits = visits
    await tokens.enter(calling(SECRET), "mcp")
    with pytest.raises(Denied):
        await tokens.enter(calling(SECRET), "mcp")
    assert told() == [("login", "tools::claude", "mcp")]


async def test_a_flood_of_refusals_fills_no_ledger_and_is_told_again_later(ledger, told):
    at = [0.0]
    visits = Visits(ledger.append, lambda: NOON, lambda: at[0])
    for _ in range(50):
        await visits.refused("unknown", "mcp", "no token", calling(""))
    assert len(told()) == 1
    at[0] += AGAIN_AFTER
    await visits.refused("unknown", "mcp", "no token", calling(""))
    assert len(told()) == 2


async def test_refusals_from_everywhere_are_bounded():
    kept = []

    async def append(record):
        kept.append(record)

    visits = Visits(append, lambda: NOON, lambda: 0.0)
    for number in range(MOST_ADDRESSES + 500):
        await visits.refused("unknown", "mcp", "no token", calling("", f"10.0.{number // 250}.{number % 250}"))
    assert len(kept) == len(visits._refused) == MOST_ADDRESSES


async def test_a_ledger_that_is_down_keeps_nobody_out_and_is_told_in_order_when_it_is_back(ledger, visits, told):
    ledger.path.mkdir()
    for name in ("lin", "chen"):
        await visits.came(f"web::{name}", "web", "with a token", calling(""))
    with pytest.raises(StoreDown):
        await visits.catch_up()
    ledger.path.rmdir()
    await visits.catch_up()
    await visits.catch_up()
    assert [who for _, who, _ in told()] == ["web::lin", "web::chen"]
