"""Rebuilds the network's weights: `python -m skills.capacity.training.train --data DIR --out FILE`.

Takes about five minutes of one processor. Needs the extra `train` (torch). With `--hold-out 0.25` a quarter of the
entities is kept aside, and their names are written beside the weights, so that figures
can be taken on what was never seen.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from skills.capacity import scores
from skills.capacity.lstm.features import features
from skills.capacity.models.lstm import make
from skills.capacity.shape import LEVELS
from skills.capacity.training.batches import Dealer, dealer
from skills.capacity.training.net import Net
from skills.capacity.training.series_files import Recorded, read, windows

BATCH, PER_EPOCH = 128, 8192
RATE = 2e-3
SMOOTHING = 0.99
"""The weights that are kept are a running mean over the last steps."""


def held_out(series: list[Recorded], share: float) -> frozenset[str]:
    """Names of the series to keep aside: whole entities of each source, always the same ones."""
    aside: set[str] = set()
    by_source: dict[str, dict[str, list[str]]] = {}
    for one in series:
        by_source.setdefault(one.entity.partition("|")[0], {}).setdefault(one.entity, []).append(one.name)
    for entities in by_source.values():
        wanted = share * sum(map(len, entities.values()))
        taken = 0
        for _, names in sorted(entities.items(), key=lambda entry: hashlib.sha256(entry[0].encode()).digest()):
            if taken + len(names) <= wanted:
                aside.update(names)
                taken += len(names)
    return frozenset(aside)


def fit(deal: Dealer, hidden: int, epochs: int, report: Callable[[int, Net], None]) -> Net:
    """Train, and give back the smoothed network."""
    net, kept = Net(hidden, 0.1), Net(hidden, 0.1)
    kept.load_state_dict(net.state_dict())
    steps = epochs * PER_EPOCH // BATCH
    descent = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=1e-3)
    pace = torch.optim.lr_scheduler.OneCycleLR(descent, RATE, total_steps=steps, pct_start=0.15)
    for step in range(1, steps + 1):
        net.train()
        loss = _loss(net, *deal.deal(BATCH))
        descent.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        descent.step()
        pace.step()
        for name, value in kept.state_dict().items():
            value.mul_(SMOOTHING).add_(net.state_dict()[name], alpha=1 - SMOOTHING)
        if step % (PER_EPOCH // BATCH) == 0:
            report(step * BATCH // PER_EPOCH, kept)
    return kept


def _loss(net: Net, past: np.ndarray, future: np.ndarray) -> Tensor:
    """Pinball loss of nine quantiles; its logarithm, so that spiky windows do not drown the others."""
    shown = features(past)
    seen = ~np.isnan(future)
    truth = np.where(seen, (future - shown.centre) / shown.scale, 0).clip(-60, 60).astype(np.float32)
    answer = net(*(torch.from_numpy(part) for part in (shown.encoder, shown.decoder, shown.bases)))
    levels = torch.tensor(LEVELS, dtype=torch.float32)
    missed = torch.from_numpy(truth)[:, :, None] - answer
    counted = torch.from_numpy(seen.astype(np.float32))
    each = (2 * torch.maximum(levels * missed, (levels - 1) * missed)).mean(2) * counted
    return torch.log1p(each.sum(1) / counted.sum(1).clamp(min=1)).mean()


def save(net: Net, path: Path) -> None:
    """Half precision: the error is below a thousandth of the scale, and the file half as large."""
    weights = {name: value.numpy().astype(np.float16) for name, value in net.state_dict().items()}
    np.savez_compressed(path, **weights)


def main(arguments: list[str]) -> int:
    """Read, train, save; say how good it is on the series kept aside."""
    asked = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    torch.manual_seed(asked.seed)
    series = read(asked.data)
    aside = held_out(series, asked.hold_out)
    unseen = windows([one for one in series if one.name in aside])
    deal = dealer([one for one in series if one.name not in aside], np.random.default_rng(asked.seed))
    started = time.process_time()

    def report(epoch: int, net: Net) -> None:
        save(net, asked.out)
        figures = scores.score(unseen, make(asked.out).predict(unseen.past)).rounded() if len(unseen) else {}
        print(f"epoch {epoch} cpu {time.process_time() - started:.0f} s", json.dumps(figures), flush=True)

    fit(deal, asked.hidden, asked.epochs, report)
    print(f"{asked.out}: {asked.out.stat().st_size} bytes")
    names = {"seen": sorted(one.name for one in series if one.name not in aside), "aside": sorted(aside)}
    asked.out.with_suffix(".json").write_text(json.dumps(names, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with *.parquet and *_meta.csv")
    parser.add_argument("--out", type=Path, required=True, help="the .npz to write")
    parser.add_argument("--hold-out", type=float, default=0.0, help="share of entities to keep aside")
    parser.add_argument("--hidden", type=int, default=56)
    parser.add_argument("--epochs", type=int, default=18)
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
