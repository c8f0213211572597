"""Times the capacity forecast: a thousand series at once, against Prophet on some of the same."""

import resource

import numpy as np

from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from skills.capacity import models
from skills.capacity.history import HOUR, History, clean
from skills.capacity.outlook import Subject, look_ahead
from skills.capacity.shape import HISTORY, Array

SERIES = 1_000
SECONDS = 3.0
PROPHETS = 10
"""Prophet takes a tenth of a second or more for each, so it does ten, and the ratio is per series."""


class ForecastBench:
    """Processor seconds, as wall time depends on who else is working."""

    name = "bench_forecast"

    async def run(self, options: EvalOptions) -> EvalReport:
        """Make series, forecast them, and do some of them by Prophet."""
        count = options.limit or SERIES
        series = _series(count)
        look_ahead([Subject("warm", History(0, series[0], series[0]))], with_trials=False)
        started = _seconds()
        told = look_ahead(
            [Subject(str(at), History(0, one, one), ceiling=200.0) for at, one in enumerate(series)], with_trials=False
        )
        ours = _seconds() - started
        started = _seconds()
        points = np.arange(14 * 288) * 300.0
        for _ in range(10):
            clean(list(zip(points.tolist(), np.sin(points / HOUR).tolist(), strict=True)))
        figures: dict[str, JSON] = {
            "series": len(told),
            "cpu_seconds": round(ours, 3),
            "cpu_seconds_per_1000": round(ours / count * 1000, 3),
            "cleaning_14_days_of_5_minutes_cpu_seconds_per_1000": round((_seconds() - started) * 100, 3),
        }
        within = ours / count * 1000 <= SECONDS
        why = f"{ours / count * 1000:.2f} CPU s for 1000 series; wanted {SECONDS}"
        return EvalReport(
            self.name, (CaseScore("1000 series", within, why), _prophet(series, ours / count, figures)), figures
        )


def make() -> ForecastBench:
    """It has nothing to set."""
    return ForecastBench()


def _prophet(series: list[Array], ours: float, figures: dict[str, JSON]) -> CaseScore:
    prophet = models.model("prophet")
    if package := prophet.missing():
        return CaseScore("ratio to prophet", None, f"{package} is not installed; it is an optional extra")
    prophet.predict(np.stack([series[0][-HISTORY:]]))
    some = np.stack([one[-HISTORY:] for one in series[:PROPHETS]])
    started = _seconds()
    prophet.predict(some)
    theirs = (_seconds() - started) / len(some)
    figures["prophet_cpu_seconds_per_series"] = round(theirs, 4)
    figures["times_faster_than_prophet"] = round(theirs / ours, 1)
    return CaseScore("ratio to prophet", theirs > ours, f"{theirs / ours:.0f} times less processor time a series")


def _series(count: int) -> list[Array]:
    random = np.random.default_rng(0)
    hours = np.arange(14 * 24)
    phase = random.uniform(0, 24, count)
    return [100 + 20 * np.sin(2 * np.pi * (hours - at) / 24) + random.normal(0, 3, len(hours)) for at in phase]


def _seconds() -> float:
    """Of this process and of those it started: Prophet works in one of its own."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
