"""A storm becomes few incidents; repeats are counted; the last to end resolves; nothing is lost in a restart."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from bot.database import Database
from bot.domain.alert import Alert
from bot.domain.incident import IncidentState
from bot.think.incidents import Incidents

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def alert(fingerprint, firing=True, service="order"):
    return Alert(f"{fingerprint}:{firing}", fingerprint, {"alertname": "Slow", "service": service}, firing, NOON)


def same_service(incidents):
    homes = {each.alerts[0].labels["service"]: each.id for each in incidents}
    return lambda alert: homes.get(alert.labels["service"], alert.labels["service"])


class OneByOne(Incidents):
    async def told(self, *alerts):
        grown = await super().told(alerts)
        return grown[0] if grown else None


@pytest.fixture
async def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def make(database):
    ids, clock = count(1), [NOON]

    def made():
        return OneByOne(database, same_service, lambda: clock[0], lambda: f"i{next(ids)}")

    made.clock = clock
    return made


async def test_what_belongs_together_is_one_incident_and_a_repeat_is_no_news(make):
    incidents = make()
    first, second = await incidents.told(alert("a")), await incidents.told(alert("b"))
    assert first.opened
    assert not second.opened
    assert second.incident.id == first.incident.id
    again = await incidents.told(alert("b"))
    assert (again.news, again.incident.repeats, len(again.incident.alerts)) == (False, 1, 2)
    assert (await incidents.told(alert("c", service="pay"))).opened


async def test_the_last_to_end_resolves_and_a_return_soon_after_opens_it_again(make):
    incidents = make()
    for fingerprint in "ab":
        await incidents.told(alert(fingerprint))
    half = await incidents.told(alert("a", firing=False))
    assert half.incident.state is IncidentState.FIRING
    end = await incidents.told(alert("b", firing=False))
    assert end.incident.state is IncidentState.RESOLVED
    assert await incidents.opened() == ()
    back = await incidents.told(alert("b"))
    assert (back.opened, back.incident.id, back.incident.state) == (False, end.incident.id, IncidentState.FIRING)


async def test_a_return_much_later_is_another_incident(make):
    incidents = make()
    first = await incidents.told(alert("a"))
    await incidents.told(alert("a", firing=False))
    make.clock[0] += timedelta(hours=2)
    later = await incidents.told(alert("a"))
    assert later.opened
    assert later.incident.id != first.incident.id


async def test_the_end_of_what_was_never_known_is_nothing(make):
    assert await make().told(alert("x", firing=False)) is None


async def test_a_restart_forgets_nothing(make):
    first = await make().told(alert("a"))
    second = await make().told(alert("b"))
    assert second.incident.id == first.incident.id
    assert {each.fingerprint for each in second.incident.alerts} == {"a", "b"}


async def test_what_comes_together_is_placed_together_and_none_is_lost(make):
    incidents = make()
    storm = [alert(f"{service}{number}", service=service) for number in range(50) for service in ("order", "pay")]
    await incidents.told(*storm, *storm[:10])
    found = {each.alerts[0].labels["service"]: each for each in await make().opened()}
    assert {name: len(each.alerts) for name, each in found.items()} == {"order": 50, "pay": 50}
    assert sum(each.repeats for each in found.values()) == 10


async def test_what_people_do_and_what_fires_meanwhile_are_both_kept(make):
    incidents = make()
    first = (await incidents.told(alert("a"))).incident
    looking = incidents.change(first.id, lambda newest: replace(newest, state=IncidentState.LOOKING))
    await asyncio.gather(incidents.told(alert("b")), looking, incidents.told(alert("c")))
    (kept,) = await make().opened()
    assert (kept.state, len(kept.alerts)) == (IncidentState.LOOKING, 3)


async def test_people_move_alerts_to_where_they_belong_and_it_outlives_a_restart(database):
    incidents = made = Incidents(database, same_service, lambda: NOON, map(str, count()).__next__)
    (orders, carts) = await incidents.told([alert("a"), alert("b"), alert("c", service="cart")])
    left, grown = await incidents.move(orders.incident.id, carts.incident.id, lambda each: True, "Lin")
    assert (left.open, left.state) == (False, IncidentState.RESOLVED)
    assert {each.fingerprint for each in grown.alerts} == {"a", "b", "c"}
    (again,) = await made.told([alert("a")])
    assert (again.incident.id, again.news) == (carts.incident.id, False)
    fresh = Incidents(database, same_service, lambda: NOON, lambda: "apart")
    assert [each.id for each in await fresh.opened()] == [carts.incident.id]
    (again,) = await fresh.told([alert("b")])
    assert again.incident.id == carts.incident.id
    left, split = await fresh.move(carts.incident.id, "", lambda each: each.fingerprint == "a", "Lin")
    assert (split.id, left.open, split.open) == ("apart", True, True)
    (ended,) = await fresh.told([alert("a", firing=False)])
    assert (ended.incident.id, ended.incident.state) == ("apart", IncidentState.RESOLVED)
    assert await fresh.move("nobody", "", lambda each: True, "Lin") is None
    assert await fresh.move(carts.incident.id, carts.incident.id, lambda each: True, "Lin") is None
