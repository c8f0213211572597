"""Deals out training windows: real ones, bent in many ways, and some made up."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from skills.capacity.shape import HISTORY, Array, Whole
from skills.capacity.training.growth import growth, noise_of, synthetic
from skills.capacity.training.series_files import Recorded, windows

GROWING, SYNTHETIC = 0.07, 0.04
"""Shares of made-up windows. At twice as many the real series suffer."""
STRIDE = 5


@dataclass(frozen=True, slots=True)
class Dealer:
    """Draws windows so that each series counts the same, however long it is."""

    random: Generator
    whole: Array
    """(windows, 240): past and future in one."""
    chance: Array
    noise: Array

    def deal(self, count: int) -> tuple[Array, Array]:
        """Past and future of one batch."""
        dealt = self._bent(self.whole[self._draw(count)])
        made_up, grown = round(SYNTHETIC * count), round(GROWING * count)
        dealt[:made_up] = synthetic(self.random, made_up)
        dealt[made_up : made_up + grown] = growth(self.random, grown, self.noise)
        return dealt[:, :HISTORY], dealt[:, HISTORY:]

    def _draw(self, count: int) -> Whole:
        return self.random.choice(len(self.whole), count, p=self.chance)

    def _bent(self, dealt: Array) -> Array:
        """Mix two windows, add a trend, shift the level, turn it upside down: each for some of the windows."""
        count, random = len(dealt), self.random
        hours = np.arange(dealt.shape[1])[None]
        other = self.whole[self._draw(count)]
        share = random.beta(1, 1, count)[:, None]
        mixed = share * _standard(dealt) + (1 - share) * _standard(other)
        dealt = np.where((random.random(count) < 0.35)[:, None], mixed, dealt)
        size = dealt[:, :HISTORY].std(1) + 1e-9
        trend = np.where(random.random(count) < 0.15, random.normal(0, 1, count) * size * 2, 0)
        dealt = dealt + trend[:, None] * hours / dealt.shape[1]
        shift = np.where(random.random(count) < 0.12, random.normal(0, 1.5, count) * size, 0)
        dealt = dealt + shift[:, None] * (hours >= random.integers(12, HISTORY, count)[:, None])
        return np.where((random.random(count) < 0.1)[:, None], -dealt, dealt)


def _standard(dealt: Array) -> Array:
    past = dealt[:, :HISTORY]
    answer: Array = (dealt - past.mean(1, keepdims=True)) / (past.std(1, keepdims=True) + 1e-9)
    return answer


def dealer(series: list[Recorded], random: Generator) -> Dealer:
    """Hourly means and hourly peaks of these series."""
    parts = [windows(series, stride=STRIDE, most=10**6, high=high) for high in (False, True)]
    names = np.concatenate([part.names for part in parts])
    whole = np.concatenate([np.concatenate([part.past, part.future], 1) for part in parts])
    _, which, number = np.unique(names, return_inverse=True, return_counts=True)
    chance = 1.0 / number[which]
    chance /= chance.sum()
    some = whole[random.choice(len(whole), min(3000, len(whole)), p=chance)]
    return Dealer(random, whole, chance, noise_of(np.nan_to_num(some)))
