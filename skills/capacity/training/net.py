"""The network in torch, for training only: the same mathematics as `skills.capacity.lstm.network`, with gradients."""

import torch
from torch import Tensor, nn
from torch.nn import functional

ENCODER, DECODER, BASES = 5, 43, 11
"""How many numbers each hour is shown with, and how many simple forecasts there are to mix."""


class Net(nn.Module):  # type: ignore[misc]
    """Reads the week, then weighs the simple forecasts for each hour to come."""

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.enc = nn.LSTM(ENCODER, hidden, batch_first=True)
        self.inp = nn.Sequential(nn.Linear(DECODER, hidden), nn.SiLU())
        self.dec = nn.LSTM(hidden, hidden, batch_first=True, bidirectional=True)
        self.h0 = nn.Linear(2 * hidden, 4 * hidden)
        self.drop = nn.Dropout(dropout)
        self.mid = nn.Sequential(nn.Linear(2 * hidden + DECODER, 2 * hidden), nn.SiLU())
        self.w = nn.Linear(2 * hidden, BASES)
        self.res = nn.Linear(2 * hidden, 1)
        self.q = nn.Linear(2 * hidden, 8)
        self._start_at_the_profile()

    def _start_at_the_profile(self) -> None:
        """Before it has learned anything, the answer is about the hour-of-day median: a good place to begin."""
        for layer in (self.res, self.w):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.w.bias.data[0] = 2.0
        nn.init.constant_(self.q.bias, -1.0)

    def forward(self, encoder: Tensor, decoder: Tensor, bases: Tensor) -> Tensor:
        """Quantiles (windows, 72, 9) in the window's own scale."""
        _, (state, cell) = self.enc(encoder)
        start = self.h0(self.drop(torch.cat([state[0], cell[0]], 1))).chunk(4, dim=1)
        begin = (torch.tanh(torch.stack(start[:2])), torch.stack(start[2:]))
        seen, _ = self.dec(self.drop(self.inp(decoder)), begin)
        thought = self.mid(torch.cat([self.drop(seen), decoder], 2))
        point = (torch.softmax(self.w(thought), 2) * bases).sum(2, keepdim=True) + self.res(thought)
        steps = functional.softplus(self.q(thought))
        below = point - steps[:, :, :4].cumsum(2).flip(2)
        return torch.cat([below, point, point + steps[:, :, 4:].cumsum(2)], 2)
