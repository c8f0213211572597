"""Scores the capacity forecast on recorded series, beside the simple rules and Prophet, in one run.

Only series that the weights never saw are scored. On a folder where all were seen (the development part), the sister
weights are scored instead, on the series that were kept aside when they were trained.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from skills.capacity import exhaustion, lstm, models, shifts
from skills.capacity.ahead import ahead
from skills.capacity.models.lstm import SHIPPED, Lstm
from skills.capacity.scores import Scores, Windows, score
from skills.capacity.shape import Array
from skills.capacity.training import trials
from skills.capacity.training.series_files import Recorded, read, windows

SISTER = SHIPPED.with_name("sister.npz")
TRAINED_ON = Path(lstm.__file__).with_name("trained_on.json")
BASELINES = ("seasonal_naive", "profile", "predict_linear", "drift", "sklearn_ridge", "sklearn_boosting", "prophet")
MOST_COSTLY = 100
"""Costly baselines take so many windows, evenly spaced; the network is scored on the same ones beside them."""
SOON = 72
"""Hours within which a disk counts as soon full."""

BARS: Mapping[str, tuple[float, float]] = {
    "mase": (0, 1.16),
    "rmae": (0, 0.77),
    "sql3": (0, 0.90),
    "coverage80": (0.76, 0.86),
    "seasonal_naive_rmae": (1, 1),
    "shift_known": (0, 1.30),
    "shift_unknown": (0, 1.60),
    "exhaustion_f1": (0.88, 1),
    "exhaustion_median_hours": (0, 4),
    "flat_false": (0, 0),
}
"""Least and most that each figure may be."""


@dataclass(frozen=True, slots=True)
class Part:
    """The series that may be scored, and the network that never saw them."""

    series: list[Recorded]
    network: Lstm
    weights: str
    left_out: int


class Forecast:
    """Rolling origins over every series: seven days in, three days out."""

    name = "forecast"

    async def run(self, options: EvalOptions) -> EvalReport:
        """Score everything that can be scored here; say what could not."""
        try:
            series = _series(options)
        except ImportError as error:
            return _nothing(f"reading the series needs the extra 'compare' ({error.name} is not installed)")
        if not series:
            return _nothing(
                f"{options.cases or 'no folder'} holds no *.parquet with series_id, t, value; give --data DIR"
            )
        part = _unseen(series)
        cut = windows(part.series)
        if not len(cut):
            return _nothing("no series of ten days that the weights have not been trained on")
        figures: dict[str, JSON] = {
            "series": len(np.unique(cut.names)),
            "windows": len(cut),
            "weights": part.weights,
            "left_out_as_trained_on": part.left_out,
        }
        own = _forecast(part.network, cut.past)
        figures |= score(cut, own).rounded()
        cases = list(_against_baselines(cut, own, figures))
        figures["rmae_by_kind"] = _by_kind(part.series, cut, own)
        figures |= _shifted(part.network, cut)
        figures |= _filling(part)
        return EvalReport(self.name, (*_bars(figures), *cases), figures)


def make() -> Forecast:
    """It has nothing to set."""
    return Forecast()


def _series(options: EvalOptions) -> list[Recorded]:
    if options.cases is None or not options.cases.is_dir():
        return []
    return read(options.cases)[: options.limit]


def _nothing(why: str) -> EvalReport:
    return EvalReport("forecast", (CaseScore("forecast", None, why),))


def _unseen(series: list[Recorded]) -> Part:
    trained_on = json.loads(TRAINED_ON.read_text())
    new = [one for one in series if one.name not in trained_on["shipped"]]
    if new:
        return Part(new, Lstm(SHIPPED), "shipped", len(series) - len(new))
    aside = [one for one in series if one.name in trained_on["kept_aside_from_sister"]]
    return Part(aside, Lstm(SISTER), "sister", len(series) - len(aside))


def _forecast(network: Lstm, weeks: Array) -> Array:
    """As the skill forecasts where it knows of no event."""
    return ahead(network, weeks)


def _bars(figures: Mapping[str, JSON]) -> Iterator[CaseScore]:
    for name, (least, most) in BARS.items():
        value = figures.get(name)
        if isinstance(value, int | float):
            yield CaseScore(name, least <= value <= most, f"{value}; wanted {least} … {most}", {"value": value})
        else:
            yield CaseScore(name, None, "no series here allows it to be measured")


def _against_baselines(cut: Windows, own: Array, figures: dict[str, JSON]) -> Iterator[CaseScore]:
    """Each baseline on the same windows; ours must be better in its point and in its band."""
    table: dict[str, JSON] = {}
    for name in BASELINES:
        baseline = models.model(name)
        if package := baseline.missing():
            yield CaseScore(f"better than {name}", None, f"{package} is not installed; it is an optional extra")
            continue
        every = -(-len(cut) // MOST_COSTLY) if baseline.costly else 1
        rows = np.arange(0, len(cut), every)
        some = cut.take(rows)
        theirs, ours = score(some, baseline.predict(some.past)), score(some, own[rows])
        table[name] = {**theirs.rounded(), "windows": len(some), **_ours_beside(ours, baseline.costly)}
        better = ours.mase < theirs.mase and ours.sql3 < theirs.sql3
        why = f"MASE {ours.mase:.3f} against {theirs.mase:.3f}, sQL3 {ours.sql3:.3f} against {theirs.sql3:.3f}"
        yield CaseScore(f"better than {name}", better, why)
        if name == "seasonal_naive":
            figures["seasonal_naive_rmae"] = round(theirs.rmae, 9)
    figures["baselines"] = table


def _ours_beside(ours: Scores, costly: bool) -> dict[str, JSON]:
    return {f"lstm_same_windows_{name}": value for name, value in ours.rounded().items()} if costly else {}


def _by_kind(series: list[Recorded], cut: Windows, own: Array) -> dict[str, JSON]:
    kinds = {one.name: one.kind or "unknown" for one in series}
    kind = np.array([kinds[str(name)] for name in cut.names])
    return {
        each: round(score(cut.take(kind == each), own[kind == each]).rmae, 4) for each in sorted(set(kind.tolist()))
    }


def _shifted(network: Lstm, cut: Windows) -> dict[str, JSON]:
    """A step shortly before the forecast: told of it, and not told."""
    stepped, hours = trials.shifted(cut)
    told = np.stack([_levelled(week, int(hour)) for week, hour in zip(stepped.past, hours, strict=True)])
    return {
        "shift_known": round(score(stepped, _forecast(network, told)).mase, 4),
        "shift_unknown": round(score(stepped, _forecast(network, stepped.past)).mase, 4),
        "shift_naive": round(score(stepped, models.model("seasonal_naive").predict(stepped.past)).mase, 4),
    }


def _levelled(week: Array, hour: int) -> Array:
    """As the skill does at an event: only if the level clearly changed there."""
    return shifts.relevel(week, hour) if shifts.steps(week, [hour]) else week


def _filling(part: Part) -> dict[str, JSON]:
    """Disks with real noise that fill, and some that do not."""
    disks = trials.filling(part.series)
    soon = disks.hours <= SOON
    if not soon.any():
        return {}
    figures: dict[str, JSON] = {"exhaustion_disks": len(disks.past), "exhaustion_soon_full": int(soon.sum())}
    told: dict[str, Callable[[Array], Array]] = {
        "exhaustion": lambda weeks: _forecast(part.network, weeks),
        "exhaustion_predict_linear": models.model("predict_linear").predict,
    }
    for name, predict in told.items():
        paths = exhaustion.extended(disks.past, exhaustion.filling(predict(disks.past)))
        hours = exhaustion.hours_until(paths, trials.CEILING)
        said = hours <= SOON
        missed = np.abs(np.minimum(hours, trials.FUTURE) - np.minimum(disks.hours, trials.FUTURE))[soon]
        figures[f"{name}_f1"] = round(float(2 * (said & soon).sum() / (said.sum() + soon.sum())), 4)
        figures[f"{name}_median_hours"] = float(np.median(missed))
        if name == "exhaustion":
            figures["flat_false"] = int((said & disks.flat & ~soon).sum())
            figures["flat_series"] = int(disks.flat.sum())
    return figures
