"""An incident that comes back is looked into anew: what was found the last time does not stand for this time."""

from datetime import UTC, datetime, timedelta

from bot.domain.alert import Alert
from bot.domain.incident import Incident, IncidentState
from bot.domain.report import Report, Similar

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
