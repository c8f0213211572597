"""Our own incidents as a source: those whose cause was found, in order, once, and not those that people settled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from bot.database import Database
from bot.domain.alert import Alert
from bot.domain.report import Report
from bot.hall.home import Home
from bot.hall.past import PastIncidents
from bot.think.ended import ended
from bot.think.incidents import Incidents
from knowledge import KnowledgeSettings, Library
from knowledge.importing import run
from knowledge.syncing import LibraryError, importer_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FOUND = Report("The memory limit of order is too low", "…")


class NoRepairs:
    """A gate through which nothing went."""

    async def approval(self, name):
        return None

    async def courses(self, name):
        return {}


@pytest.fixture
async def house(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await database.open()
    ids, clock = count(1), [NOON]
    incidents = Incidents(
        database, lambda _: lambda alert: alert.fingerprint, lambda: clock[0], lambda: f"i{next(ids)}"
    )
    yield database, incidents, clock
    await database.close()


async def over(house, name, report=FOUND, what=""):
    """An incident that fired and ended a minute after the last one."""
    _, incidents, clock = house
    labels = {"alertname": name, "service": "order", "namespace": "shop"}
    alert = Alert(f"{name}:1", name, labels, True, clock[0], annotations={"summary": f"{name} of order"})
    (grown,) = await incidents.told([alert])
    changed = await incidents.change(grown.incident.id, lambda each: replace(each, report=report))
    if what:
        await incidents.change(changed.id, lambda each: each.marked(clock[0], what, "Lin"))
    await incidents.told([replace(alert, firing=False, ends_at=clock[0])])
    clock[0] += timedelta(minutes=1)
    return grown.incident.id


@pytest.fixture
async def library(tmp_path):
    opened = await Library.open(KnowledgeSettings(folder=tmp_path / "library", embeddings="none"))
    yield opened
    await opened.close()


def past(house):
    return PastIncidents(house[0], NoRepairs(), Home("web", "", "en", "UTC"))


async def test_what_is_over_is_found_and_read_once(house, library):
    for name in ("Slow", "OutOfMemory"):
        await over(house, name)
    await over(house, "Healthy", replace(FOUND, healthy=True))
    await over(house, "Unknown", None)
    first = await run(library, past(house))
    assert first.kept.added == 2
    found = (await library.search("memory limit too low", alert="OutOfMemory")).passages[0]
    assert found.document.kind == "incident"
    assert (found.document.services, found.document.alerts) == (("order",), ("OutOfMemory",))
    assert not found.document.verified
    assert found.case.cause == FOUND.headline
    again = await run(library, past(house))
    assert (again.seen, again.kept.added) == (0, 0)
    await over(house, "Later")
    assert (await run(library, past(house))).kept.added == 1


async def test_many_are_read_in_parts_and_in_order(house, monkeypatch):
    monkeypatch.setattr("bot.hall.past.AT_ONCE", 2)
    names = [await over(house, f"Alert{number}") for number in range(5)]
    batches = [batch async for batch in past(house).batches(None)]
    assert [document.key for batch in batches for document in batch.documents] == names
    assert len(batches) == 3
    rest = [batch async for batch in past(house).batches(batches[0].cursor)]
    assert [document.key for batch in rest for document in batch.documents] == names[2:]
    assert await ended(house[0], ("", ""), 10)


@pytest.mark.parametrize("what", ["case_kept", "case_dropped"])
async def test_what_people_settled_is_theirs(house, library, what):
    await over(house, "Slow", what=what)
    assert (await run(library, past(house))).kept.added == 0


async def test_what_is_settled_later_goes(house, library):
    name = await over(house, "Slow")
    assert (await run(library, past(house))).kept.added == 1
    house[2][0] += timedelta(minutes=5)
    await house[1].change(name, lambda each: each.marked(house[2][0], "case_dropped", "Lin"))
    assert (await run(library, past(house))).gone == 1


def test_the_clock_knows_it_by_name(house):
    lent = {"incidents": lambda: past(house)}
    assert importer_of("incidents", lent).source == "incidents"
    with pytest.raises(LibraryError, match="incidents"):
        importer_of("nope", lent)
