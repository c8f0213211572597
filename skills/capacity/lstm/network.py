"""The forward pass of the shipped LSTM in numpy: no torch, no onnxruntime, some 200 kB of weights.

An LSTM reads the week; a second one, running both ways over the three days to come, weighs eleven simple forecasts
against each other, adds a small correction, and opens eight more quantiles around the result.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from skills.capacity.lstm.features import Features, Floats, features
from skills.capacity.shape import Array

Weights = Mapping[str, Floats]
BATCH = 128
"""Windows worked on at once: enough to keep the processor busy, few enough to stay in its cache."""


def load(path: Path) -> Weights:
    """Read weights kept as half-precision numbers."""
    with np.load(path, allow_pickle=False) as kept:
        return {name: kept[name].astype(np.float32) for name in kept.files}


def predict(weights: Weights, windows: Array) -> Array:
    """(windows, 168) hourly values without holes -> (windows, 72, 9) quantiles."""
    with _threads().limit(limits=1):
        answers = [_batch(weights, windows[start : start + BATCH]) for start in range(0, len(windows), BATCH)]
    return np.concatenate(answers) if answers else np.empty((0, 72, 9))


@cache
def _threads() -> ThreadpoolController:
    """The matrices are small: more than one thread only waits for the others, at seven times the cost."""
    return ThreadpoolController()


def _batch(weights: Weights, windows: Array) -> Array:
    shown = features(windows)
    answer: Array = forward(weights, shown) * shown.scale[:, :, None] + shown.centre[:, :, None]
    return answer


def forward(weights: Weights, shown: Features) -> Floats:
    """Quantiles in the window's own scale."""
    hidden = weights["enc.weight_hh_l0"].shape[1]
    nothing = np.zeros((len(shown.encoder), hidden), np.float32)
    _, state, cell = _lstm(weights, "enc.", "_l0", shown.encoder, nothing, nothing)
    start = _linear(weights, "h0", np.concatenate([state, cell], 1))
    parts = np.split(start, 4, axis=1)
    asked = _silu(_linear(weights, "inp.0", shown.decoder))
    ahead = _lstm(weights, "dec.", "_l0", asked, np.tanh(parts[0]), parts[2])[0]
    back = _lstm(weights, "dec.", "_l0_reverse", asked, np.tanh(parts[1]), parts[3])[0]
    thought = _silu(_linear(weights, "mid.0", np.concatenate([ahead, back, shown.decoder], 2)))
    point = (_softmax(_linear(weights, "w", thought)) * shown.bases).sum(2) + _linear(weights, "res", thought)[..., 0]
    steps = _softplus(_linear(weights, "q", thought))
    below = point[..., None] - np.cumsum(steps[..., :4], 2)[..., ::-1]
    above = point[..., None] + np.cumsum(steps[..., 4:], 2)
    return np.concatenate([below, point[..., None], above], 2).astype(np.float32, copy=False)


def _linear(weights: Weights, name: str, x: Floats) -> Floats:
    answer: Floats = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return answer


def _sigmoid(x: Floats) -> Floats:
    grown: Floats = np.exp(-np.clip(x, -60, 60))
    answer: Floats = np.reciprocal(grown + np.float32(1))
    return answer


def _silu(x: Floats) -> Floats:
    return x * _sigmoid(x)


def _softplus(x: Floats) -> Floats:
    answer: Floats = np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)
    return answer


def _softmax(x: Floats) -> Floats:
    powers = np.exp(x - x.max(2, keepdims=True))
    answer: Floats = powers / powers.sum(2, keepdims=True)
    return answer


def _lstm(
    weights: Weights, part: str, way: str, x: Floats, state: Floats, cell: Floats
) -> tuple[Floats, Floats, Floats]:
    """One LSTM layer over (windows, steps, inputs); the reverse one reads from the end.

    A sigmoid is a tanh of half its input, so that one tanh serves all four gates.
    """
    hidden = state.shape[1]
    halved = np.repeat(np.array([0.5, 0.5, 1, 0.5], np.float32), hidden)
    bias = (weights[f"{part}bias_ih{way}"] + weights[f"{part}bias_hh{way}"]) * halved
    by_step = np.ascontiguousarray(x.transpose(1, 0, 2))
    inputs = by_step @ (weights[f"{part}weight_ih{way}"].T * halved) + bias
    recurrent: NDArray[np.float32] = np.ascontiguousarray(weights[f"{part}weight_hh{way}"].T * halved)
    seen = np.empty((len(inputs), len(x), hidden), np.float32)
    half, steps = np.float32(0.5), range(len(inputs))
    for step in reversed(steps) if way.endswith("reverse") else steps:
        gates = np.tanh(inputs[step] + state @ recurrent)
        opened = gates * half + half
        new = opened[:, :hidden] * gates[:, 2 * hidden : 3 * hidden]
        cell = opened[:, hidden : 2 * hidden] * cell + new
        state = opened[:, 3 * hidden :] * np.tanh(cell)
        seen[step] = state
    return seen.transpose(1, 0, 2), state, cell
