"""What is done to raw points before anything is foretold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skills.capacity.history import HOUR, clean

START = 1_700_000_000 // HOUR * HOUR


def points(hours=240, step=300, value=lambda t: 50 + 10 * np.sin(2 * np.pi * t / 86400)):
    return [(float(t), float(value(t))) for t in range(START, START + hours * HOUR, step)]


def keys(history):
    return {remark.key for remark in history.remarks}


def test_clean_points_need_no_remark():
    history = clean(points())
    assert (history.hours, history.holes, history.remarks) == (240, 0, ())
    assert (history.high >= history.mean).all()


def test_partial_hours_at_the_edges_are_dropped():
    assert clean(points()[6:-6]).hours == 238


def test_a_short_hole_is_bridged_and_a_long_one_takes_the_usual_hour():
    given_points = [p for p in points() if not START + 100 * HOUR <= p[0] < START + 130 * HOUR]
    history = clean(given_points)
    assert "holes" in keys(history)
    assert np.abs(history.mean - clean(points()).mean).max() < 1.0


def test_a_hole_in_a_growing_series_keeps_its_level():
    growing = points(value=lambda t: (t - START) / HOUR)
    holed = [p for p in growing if not START + 100 * HOUR <= p[0] < START + 130 * HOUR]
    assert np.abs(clean(holed).mean - clean(growing).mean).max() < 0.5


def test_what_is_no_number_is_left_out():
    broken = [(t, float("nan") if n % 5 == 0 else v) for n, (t, v) in enumerate(points())]
    history = clean(broken)
    assert "not_numbers" in keys(history)
    assert np.isfinite(history.mean).all()


def test_restarts_of_a_counter():
    total, counted = 0.0, []
    for n, (t, _) in enumerate(points()):
        total = 0.0 if n == 1000 else total + 300 * 2.0
        counted.append((t, total))
    history = clean(counted, counter=True)
    assert "restarts" in keys(history)
    assert np.median(history.mean) == pytest.approx(2.0)
    assert history.mean.min() >= 0


def test_clock_jumps_and_times_that_run_backwards():
    jumped = [(t - 40 * 365 * 86400, v) for t, v in points(48)] + points()
    history = clean(jumped)
    assert "clock_jump" in keys(history)
    assert history.hours == 240
    assert "clock_back" in keys(clean(points()[::-1]))


def test_values_from_the_future_are_left_out():
    history = clean(points(), now=START + 200 * HOUR)
    assert "in_future" in keys(history)
    assert history.hours <= 202


@pytest.mark.parametrize("nothing", [[], [(START, float("nan"))] * 5])
def test_nothing_usable(nothing):
    history = clean(nothing)
    assert history.hours == 0
    assert "empty" in keys(history)


def test_a_short_history_is_repeated_by_whole_days():
    week = clean(points(60)).week()
    assert len(week) == 168
    assert np.allclose(week[-24:], week[-48:-24], atol=0.2)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-1e10, 1e10) | st.just(float("nan")), st.floats(allow_nan=True, allow_infinity=True, width=32)
        ),
        max_size=40,
    ),
    st.booleans(),
)
def test_any_points_are_borne(given_points, counter):
    near = [(t % 1e6 + START if t == t else t, v) for t, v in given_points]
    history = clean(near, counter=counter, now=START + 1e6)
    assert len(history.mean) == len(history.high)
    assert np.isfinite(history.mean).all()
