"""From histories to outlooks: what is told, what is refused, and how sure it is."""

import numpy as np
import pytest

from skills.capacity.advice import Add, Enough, Need, Nodes, Release, Unsure, advise, right_size, soon_full
from skills.capacity.exhaustion import NEVER
from skills.capacity.history import HOUR, History
from skills.capacity.outlook import Event, Outlook, Refused, Subject, look_ahead
from tests.skills.capacity.weeks import weeks

NOW_HOUR = 480_000


def history(values):
    values = np.asarray(values, float)
    return History(NOW_HOUR - len(values), values, values + 1)


def usual(hours=336, level=100.0, seed=0):
    return weeks(1, hours, seed, level)[0]


def one(values, **more):
    return look_ahead([Subject("it", history(values), **more)], now=NOW_HOUR * HOUR)[0]


def keys(outlook):
    return {remark.key for remark in outlook.remarks}


def filling(days_left=2.0):
    """Grows evenly and is at 100 in so many days."""
    hours = np.arange(336)
    return 100 - (335 - hours) * 0.1 - days_left * 2.4 + 0.0 * hours


def test_a_filling_disk_is_told_in_time():
    told = one(filling(2.0), ceiling=100.0)
    assert 36 <= told.expected <= 60
    assert told.earliest <= told.expected
    assert soon_full(told)


def test_a_flat_disk_is_never_full():
    told = one(np.full(336, 96.0), ceiling=100.0)
    assert (told.expected, told.earliest) == (NEVER, NEVER)
    assert "constant" in keys(told)
    assert not soon_full(told)


def test_a_daily_rhythm_below_its_ceiling_is_quiet():
    told = one(usual(), ceiling=200.0)
    assert told.expected == NEVER
    assert told.confidence in ("high", "medium")
    assert told.trial is not None
    assert told.trial.origins == 5
    assert told.peak >= 110


@pytest.mark.parametrize(
    ("hours", "confidence", "remark"), [(60, "low", "little_history"), (130, "medium", "short_history")]
)
def test_a_short_history_widens_and_says_so(hours, confidence, remark):
    told = one(usual(hours), ceiling=150.0)
    assert told.confidence == confidence
    assert remark in keys(told)
    whole = one(usual(336), ceiling=150.0)
    assert np.mean(told.high - told.low) > np.mean(whole.high - whole.low)


def test_less_than_four_days_raises_no_alarm():
    assert not soon_full(one(filling(0.5)[-90:], ceiling=100.0))


@pytest.mark.parametrize(("hours", "why"), [(0, "nothing_measured"), (23, "too_short")])
def test_less_than_a_day_is_refused(hours, why):
    told = one(usual()[:hours])
    assert isinstance(told, Refused)
    assert told.why.key == why


def test_refusals_keep_their_places():
    subjects = [Subject("a", history(usual()[:3])), Subject("b", history(usual())), Subject("c", history([]))]
    told = look_ahead(subjects)
    assert [type(each) for each in told] == [Refused, Outlook, Refused]
    assert [each.subject.name for each in told] == ["a", "b", "c"]


def test_a_known_event_is_levelled():
    stepped = usual()
    stepped[-30:] += 120
    event = Event((NOW_HOUR - 30) * HOUR, "orders: 3 → 6")
    told = one(stepped, events=(event,))
    assert "levelled" in keys(told)
    assert abs(np.median(told.middle) - 220) < 12


def test_an_event_that_changed_nothing_is_not():
    assert "levelled" not in keys(one(usual(), events=(Event((NOW_HOUR - 30) * HOUR, "rollout"),)))


def test_beyond_three_days_the_trend_goes_on():
    told = look_ahead([Subject("it", history(filling(10)), ceiling=100.0)], days=7)[0]
    assert len(told.middle) == 168
    assert "beyond" in keys(told)
    assert told.expected == pytest.approx(240, abs=60)


def test_stale_values_are_told():
    told = look_ahead([Subject("it", history(usual()))], now=(NOW_HOUR + 20) * HOUR)[0]
    assert "stale" in keys(told)


def nodes():
    return Nodes(4, {"cpu": 40.0, "memory": 400.0})


def need(values, ceiling, share=1.0, resource="cpu"):
    return Need(one(values, ceiling=ceiling), resource, share)


def test_nodes_are_asked_for_before_it_is_short():
    growing = filling(1.5) * 0.4
    advice = advise([need(growing, 40.0)], nodes(), NOW_HOUR * HOUR, 1800)
    assert isinstance(advice, Add)
    assert advice.nodes >= 1
    assert NOW_HOUR * HOUR <= advice.by < advice.short_at


def test_nodes_that_stand_idle_can_go():
    advice = advise([need(usual(level=100) / 10, 40.0, 0.8)], nodes(), NOW_HOUR * HOUR, 1800)
    assert isinstance(advice, Release)
    assert advice.nodes == 2 or advice.nodes == 1


def test_enough_is_enough():
    assert isinstance(advise([need(usual(level=100) / 4, 40.0)], nodes(), NOW_HOUR * HOUR, 1800), Enough)


def test_nothing_is_advised_where_little_is_known():
    assert isinstance(advise([need(usual(50), 1.0)], nodes(), NOW_HOUR * HOUR, 1800), Unsure)
    assert isinstance(advise([], nodes(), NOW_HOUR * HOUR, 1800), Unsure)


def test_requests_are_sized_by_what_is_needed():
    told = one(usual(level=100) / 100)
    request = right_size("app", "cpu", 4.0, told)
    assert request.worth_changing
    assert 2.3 < request.advised < 2.8
    assert not right_size("app", "cpu", request.advised, told).worth_changing


def test_a_thousand_at_once_are_told_as_one():
    many = weeks(30, 336, 5)
    together = look_ahead([Subject(str(n), history(each)) for n, each in enumerate(many)], with_trials=False)
    alone = look_ahead([Subject("x", history(many[7]))], with_trials=False)[0]
    assert np.allclose(together[7].middle, alone.middle, rtol=1e-4)
