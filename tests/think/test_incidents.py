"""A storm becomes few incidents; repeats are counted; the last to end resolves; nothing is lost in a restart."""

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


def same_service(alert, incidents):
    return next((each for each in incidents if each.alerts[0].labels["service"] == alert.labels["service"]), None)


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
        return Incidents(database, same_service, lambda: clock[0], lambda: f"i{next(ids)}")

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
