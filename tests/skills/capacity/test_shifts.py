"""Known and unknown steps in the past, and when something is full."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skills.capacity import exhaustion, shifts
from tests.skills.capacity.weeks import weeks


def test_a_known_step_is_levelled():
    flat = weeks(1)[0]
    stepped = flat.copy()
    stepped[140:] *= 2
    assert np.abs(shifts.relevel(stepped, 140) - flat * 2).mean() < 8


@given(st.integers(-5, 400))
def test_any_hour_is_borne(hour):
    week = weeks(1)[0]
    assert np.isfinite(shifts.relevel(week, hour)).all()


def test_a_clear_step_is_found_near_its_hour():
    stepped = weeks(6)
    stepped[:, 130:] += 90
    settled, hour = shifts.settle(stepped)
    assert (np.abs(hour - 130) <= 6).all()
    assert np.abs(np.median(settled[:, :120], 1) - np.median(settled[:, 140:], 1)).max() < 25


def test_quiet_weeks_are_left_alone():
    past = weeks(30)
    settled, hour = shifts.settle(past)
    assert (hour == -1).all()
    assert np.array_equal(settled, past)


def test_growth_is_never_taken_for_a_step():
    growing = weeks(10) * 0.05 + np.arange(168) * 0.5
    settled, hour = shifts.settle(growing)
    assert (hour == -1).all()
    assert np.array_equal(settled, growing)


def test_hours_until_full():
    paths = np.stack([np.linspace(50, 121, 72), np.full(72, 60.0)])
    assert exhaustion.hours_until(paths, 100.0).tolist() == [51, exhaustion.NEVER]


def test_the_path_goes_on_by_its_own_trend():
    line = np.arange(240.0)[None]
    path = exhaustion.extended(line[:, :168], line[:, 168:])
    assert path.shape == (1, exhaustion.FARTHEST)
    assert np.allclose(path[0], np.arange(168.0, 168 + exhaustion.FARTHEST))
