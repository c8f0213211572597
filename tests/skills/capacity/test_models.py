"""Every model keeps its promise: shapes, ordered quantiles, and its own point in the middle."""

import numpy as np
import pytest

from skills.capacity import models, scores
from skills.capacity.lstm import network
from skills.capacity.lstm.features import features
from skills.capacity.models.lstm import SHIPPED, SPREAD
from skills.capacity.scores import Windows, scale_of, score
from skills.capacity.shape import HIGH, LOW, MIDDLE
from tests.skills.capacity.weeks import weeks

CHEAP = [name for name in models.names() if not models.model(name).costly]


def cut(count=8, seed=0):
    whole = weeks(count, 240, seed)
    past, future = whole[:, :168], whole[:, 168:]
    return Windows(np.array([f"s{n}" for n in range(count)]), past, future, np.array([scale_of(p, 0) for p in past]))


@pytest.mark.parametrize("name", CHEAP)
def test_shape_and_finite(name):
    answer = models.model(name).predict(weeks(5))
    assert answer.shape == (5, 72, 9)
    assert np.isfinite(answer).all()
    assert (answer[:, :, HIGH] >= answer[:, :, LOW]).all()


@pytest.mark.parametrize("name", CHEAP)
def test_constant_series_stay_constant(name):
    answer = models.model(name).predict(np.full((2, 168), 7.0))
    assert np.allclose(answer[:, :, MIDDLE], 7.0, atol=0.01)


@pytest.mark.parametrize("name", CHEAP)
def test_units_do_not_matter(name):
    past = weeks(4)
    small = models.model(name).predict(past)
    large = models.model(name).predict(past * 2**30)
    assert np.allclose(small, large / 2**30, rtol=1e-3, atol=0.05)


def test_seasonal_naive_is_the_yardstick():
    windows = cut()
    assert score(windows, models.model("seasonal_naive").predict(windows.past)).rmae == pytest.approx(1.0, abs=1e-12)


def test_the_network_beats_the_yardstick_on_a_daily_rhythm():
    windows = cut(40)
    ours = score(windows, models.model("lstm").predict(windows.past))
    assert ours.rmae < 0.85
    assert 0.6 < ours.coverage80 < 0.98


def test_quantiles_of_the_network_are_ordered():
    answer = models.model("lstm").predict(weeks(20))
    assert (np.diff(answer, axis=2) >= -1e-9).all()


def test_the_spread_is_applied_around_the_point():
    past = weeks(3)
    plain = network.predict(network.load(SHIPPED), past)
    wide = models.model("lstm").predict(past)
    assert np.allclose(plain[:, :, MIDDLE], wide[:, :, MIDDLE])
    grown = (wide[:, :, HIGH] - wide[:, :, MIDDLE]) / (plain[:, :, HIGH] - plain[:, :, MIDDLE])
    assert np.allclose(grown, SPREAD)


def test_no_windows_no_answers():
    assert network.predict(network.load(SHIPPED), np.empty((0, 168))).shape == (0, 72, 9)


def test_features_do_not_depend_on_the_batch():
    past = weeks(6)
    whole, alone = features(past), features(past[2:3])
    assert np.allclose(whole.decoder[2:3], alone.decoder)
    assert np.allclose(whole.bases[2:3], alone.bases)


def test_weights_stay_small():
    assert sum(path.stat().st_size for path in SHIPPED.parent.glob("*.npz")) <= 500_000


def test_no_such_model():
    with pytest.raises(LookupError):
        models.model("crystal_ball")


def test_scores_of_a_perfect_forecast():
    windows = cut()
    perfect = np.repeat(windows.future[:, :, None], 9, axis=2)
    told = scores.score(windows, perfect)
    assert (told.mase, told.sql3, told.coverage80) == (0, 0, 1)


def test_hours_that_were_not_measured_do_not_count():
    windows = cut()
    answer = models.model("profile").predict(windows.past)
    future = windows.future.copy()
    future[:, 40:] = np.nan
    told = score(Windows(windows.names, windows.past, future, windows.scale), answer)
    ends = score(
        Windows(windows.names, windows.past, np.where(np.isnan(future), np.nan, future), windows.scale), answer
    )
    assert told == ends
    assert np.isfinite(told.mase)
