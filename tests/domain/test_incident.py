"""An incident that comes back is looked into anew: what was found the last time does not stand for this time."""

from datetime import UTC, datetime, timedelta

from bot.domain.alert import Alert
from bot.domain.incident import Incident, IncidentState
from bot.domain.report import Claim, Report, Similar

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def alert(firing: bool) -> Alert:
    return Alert(f"a:{firing}", "a", {"alertname": "Slow"}, firing, NOON)


def test_what_comes_back_has_no_report_yet():
    minute = timedelta(minutes=1)
    begun = Incident("i", (), NOON).told([alert(True)], NOON)
    over = Incident(
        "i", begun.alerts, NOON, report=Report("the database", "# the database"), similar=(Similar("last week"),)
    ).told([alert(False)], NOON + minute)
    assert over.state is IncidentState.RESOLVED
    assert over.report is not None
    again = over.told([alert(True)], NOON + 2 * minute)
    assert (again.state, again.report, again.similar) == (IncidentState.FIRING, None, ())
    assert again.again_at == NOON + 2 * minute
    assert begun.again_at is None


def named(name: str, **labels: str) -> Alert:
    return Alert(f"{name}:{labels}", f"{name}{labels}", {"alertname": name, **labels}, True, NOON)


def looked_into(*alerts: Alert, claims: tuple[Claim, ...] = (Claim("a", "a is broken"),)) -> Incident:
    begun = Incident("i", (), NOON).told(alerts, NOON)
    return begun.looking(NOON).found(Report("a is broken", "", claims=claims))


def test_what_joins_is_looked_into_after_a_while_and_each_time_later():
    second, incident = timedelta(seconds=1), looked_into(named("Slow", service="a"))
    assert not incident.joined(NOON + timedelta(hours=1)), "nothing joined"
    grown = incident.told([named("Down", service="b")], NOON + second)
    assert not grown.joined(NOON + 29 * second)
    assert grown.joined(NOON + 30 * second)
    again = grown.looking(NOON + 30 * second)
    assert not again.joined(NOON + timedelta(hours=1)), "it was looked into"
    more = again.told([named("Down", service="c")], NOON + 31 * second)
    assert not more.joined(NOON + 89 * second)
    assert more.joined(NOON + 90 * second)


def test_a_storm_of_four_hours_is_looked_into_nine_times_at_most():
    incident, looks = looked_into(named("Slow", service="a")), 0
    for minute in range(240):
        at = NOON + timedelta(minutes=minute)
        incident = incident.told([named("Down", service=f"s{minute}")], at)
        if incident.joined(at):
            incident, looks = incident.looking(at), looks + 1
    assert 5 <= looks <= 9


def test_pods_of_one_workload_and_kinds_beyond_number_are_nothing_new():
    at = NOON + timedelta(hours=1)
    one = looked_into(named("Down", service="a", pod="a-1"))
    assert not one.told([named("Down", service="a", pod="a-2")], at).joined(at)
    many = looked_into(*(named("Down", service=f"s{number}") for number in range(400)))
    assert not many.told([named("Slow", service="new")], at).joined(at)


def test_what_is_new_is_what_no_report_before_claimed():
    incident = looked_into(named("Slow", service="a"))
    assert incident.news == ()
    both = incident.found(Report("b", "", claims=(Claim("b", "b is broken"), Claim("a", "a is still broken"))))
    assert both.news == ("b is broken",)
    assert both.found(both.report).news == ()
