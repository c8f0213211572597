"""The training: windows, made-up growth, whole entities kept aside, and numpy against torch."""

import importlib.util
import json

import numpy as np
import pytest

from skills.capacity.lstm import network
from skills.capacity.lstm.features import features
from skills.capacity.models.lstm import SHIPPED
from skills.capacity.training import trials
from skills.capacity.training.batches import dealer
from skills.capacity.training.growth import growth, noise_of, synthetic
from skills.capacity.training.series_files import Recorded, filled, windows
from tests.skills.capacity.weeks import weeks

TORCH = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs the extra `train` (torch)")


def recorded(count=6, hours=400, kind="mem"):
    return [
        Recorded(f"s{n}", kind, f"source|entity-{n // 2}", values, values + 1)
        for n, values in enumerate(weeks(count, hours, seed=3))
    ]


def test_windows_roll_back_from_the_end():
    cut = windows(recorded(1, 400))
    assert len(cut) == (400 - 240) // 30 + 1
    assert np.array_equal(cut.future[0], weeks(1, 400, seed=3)[0][-72:])


def test_windows_with_many_holes_are_left_out():
    one = recorded(1, 400)[0]
    one.mean[60:120] = np.nan
    assert 0 < len(windows([one])) < 6
    assert np.isfinite(windows([one]).past).all()


def test_holes_are_closed_by_a_line():
    assert filled(np.array([1.0, np.nan, 3.0])).tolist() == [1, 2, 3]
    assert np.isnan(filled(np.array([np.nan, np.nan]))).all()


def test_made_up_windows_are_real_numbers():
    random = np.random.default_rng(0)
    noise = noise_of(weeks(20, 240))
    for made in (growth(random, 200, noise), synthetic(random, 60)):
        assert made.shape[1] == 240
        assert np.isfinite(made).all()
        assert (np.ptp(made, axis=1) > 0).all()


def test_batches_hold_all_series_alike():
    deal = dealer(recorded(6, 500), np.random.default_rng(0))
    past, future = deal.deal(64)
    assert past.shape == (64, 168)
    assert future.shape == (64, 72)
    assert deal.chance.sum() == pytest.approx(1)


def test_the_disks_of_the_trial_are_full_when_they_say():
    disks = trials.filling(recorded(6, 500), count=60)
    assert len(disks.past) == 60
    assert (disks.past < 100).all()
    assert 0 < (disks.hours <= 72).sum() < 60


def test_no_noise_no_disks():
    assert len(trials.filling(recorded(2, 100)).past) == 0


def test_the_list_of_what_was_trained_on_is_whole():
    told = json.loads((SHIPPED.parent / "trained_on.json").read_text())
    assert set(told["kept_aside_from_sister"]) < set(told["shipped"])
    assert len(told["shipped"]) == 169


@TORCH
def test_numpy_and_torch_agree():
    import torch

    from skills.capacity.training.net import Net

    weights = network.load(SHIPPED)
    net = Net(56, 0.1).eval()
    net.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    shown = features(weeks(4))
    with torch.no_grad():
        theirs = net(*(torch.from_numpy(part) for part in (shown.encoder, shown.decoder, shown.bases))).numpy()
    assert np.abs(network.forward(weights, shown) - theirs).max() < 1e-4


@TORCH
def test_entities_are_kept_aside_whole():
    from skills.capacity.training.train import held_out

    series = recorded(12)
    aside = held_out(series, 0.5)
    assert aside == held_out(series[::-1], 0.5)
    entities = {one.entity for one in series if one.name in aside}
    assert all(one.name in aside for one in series if one.entity in entities)
    assert 0 < len(aside) <= 6
