"""Scores diagnosis on recorded cases: verdict, root, category, words, repair; and the rank of the root service."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import BadInput
from bot.evals import JSON, CaseScore, Eval, EvalOptions, EvalReport
from bot.evals.grouping import GroupingEval
from bot.evals.recorded.calibration import calibration
from bot.evals.recorded.cases import Recorded, recorded
from bot.evals.recorded.expectations import misses
from bot.evals.recorded.ranks import naive_rank, rank_of
from bot.think.diagnosis import Diagnosis, Verdict, diagnose
from bot.think.diagnosis.asked import asked_about
from bot.think.diagnosis.bundle import read_bundle
from bot.think.diagnosis.markdown import as_markdown
from bot.think.diagnosis.sight import Sight

BROKEN = (BadInput, AttributeError, KeyError, TypeError, ValueError)
"""A case that cannot be read is not run, and the rest are."""


def make() -> Eval:
    return DiagnosisEval()


@dataclass(frozen=True, slots=True)
class Scored:
    """One case with what was measured on it."""

    case: Recorded
    wrong: tuple[str, ...]
    seconds: float
    false_alarm: bool
    rank: int | None
    naive: int | None
    alert_right: bool | None
    sure: float


class DiagnosisEval:
    """Every folder with a case.json below --cases; storms are scored as the grouping eval scores them."""

    name = "diagnosis"

    async def run(self, options: EvalOptions) -> EvalReport:
        if options.cases is None or not options.cases.is_dir():
            return EvalReport(self.name, ())
        scored, unrun = [], []
        for case in recorded(options.cases, options):
            if case.kind == "alerts":
                continue
            try:
                scored.append(_score(case))
            except BROKEN as error:
                unrun.append(CaseScore(case.id, None, f"{type(error).__name__}: {error}"))
        storms = await GroupingEval().run(options)
        cases = (*(_shown(one) for one in scored), *unrun, *storms.cases)
        return EvalReport(self.name, cases, _with_storms(_figures(scored), storms))


def _with_storms(figures: dict[str, JSON], storms: EvalReport) -> dict[str, JSON]:
    """The grouping figures beside ours, and per source."""
    if not storms.ran:
        return figures
    figures["pairwise_f1"] = storms.figures["pairwise_f1"]
    figures["alerts_lost"] = storms.figures["lost"]
    per_source, theirs = figures.setdefault("per_source", {}), storms.figures["per_source"]
    if isinstance(per_source, dict) and isinstance(theirs, dict):
        per_source.update(theirs)
    return figures


def _score(case: Recorded) -> Scored:
    begun = time.perf_counter()
    sight = read_bundle(case.folder)
    diagnosis = diagnose(sight)
    seconds = time.perf_counter() - begun
    text = as_markdown(diagnosis, "en") + as_markdown(diagnosis, "zh")
    wrong = tuple(misses(case.expect, diagnosis, text))
    ranked = case.expect.get("root_service")
    return Scored(
        case=case,
        wrong=wrong,
        seconds=seconds,
        false_alarm=case.expect.get("verdict") == "healthy" and any(one.startswith("verdict") for one in wrong),
        rank=rank_of(case.expect, diagnosis) if ranked else None,
        naive=naive_rank(case.expect, sight) if ranked else None,
        alert_right=None if ranked else _alert_right(case.expect, sight),
        sure=_sure(diagnosis),
    )


def _sure(diagnosis: Diagnosis) -> float:
    return diagnosis.cause.confidence if diagnosis.verdict is Verdict.FAULT and diagnosis.cause else 0.0


def _alert_right(expect: Mapping[str, Any], sight: Sight) -> bool:
    """The naive baseline: always a fault, always of what the alert names first."""
    if expect.get("verdict") != "fault":
        return False
    named = asked_about(sight)[:1]
    roots = [expect.get("root") or {}, *expect.get("root_any", [])]
    return any(root.get("name") in (one.name, sight.cluster.owner(one).name) for root in roots for one in named)


def _shown(scored: Scored) -> CaseScore:
    facts: dict[str, JSON] = {
        "source": scored.case.source,
        "group": scored.case.group,
        "half": scored.case.half,
        "seconds": round(scored.seconds, 3),
    }
    if scored.rank is not None:
        facts |= {"rank": scored.rank, "naive_rank": scored.naive}
    return CaseScore(scored.case.id, not scored.wrong, "; ".join(scored.wrong), facts)


def _figures(scored: list[Scored]) -> dict[str, JSON]:
    if not scored:
        return {}
    figures = _of(scored)
    figures["baseline"] = _baseline(scored)
    sources = sorted({one.case.source for one in scored})
    figures["per_source"] = {
        source: {**_of(part), "baseline": _baseline(part)}
        for source in sources
        if (part := [one for one in scored if one.case.source == source])
    }
    groups = sorted({one.case.group for one in scored if one.case.group})
    figures["per_group"] = {group: _of([one for one in scored if one.case.group == group]) for group in groups}
    figures["halves"] = {
        half: _of(part) for half in ("dev", "held_out") if (part := [one for one in scored if one.case.half == half])
    }
    figures["calibration"] = _calibration(scored)
    figures["tokens"] = 0
    return figures


def _of(part: list[Scored]) -> dict[str, JSON]:
    plain = [one for one in part if one.rank is None]
    ranked = [one.rank for one in part if one.rank is not None]
    seconds = sorted(one.seconds for one in part)
    figures: dict[str, JSON] = {"cases": len(part), "false_alarms": sum(one.false_alarm for one in part)}
    figures["p95_seconds"] = round(seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))], 3)
    if plain:
        figures["accuracy"] = _share(not one.wrong for one in plain)
    if ranked:
        figures |= {f"top{k}": _share(rank <= k for rank in ranked) for k in (1, 3, 5)}
    return figures


def _baseline(part: list[Scored]) -> dict[str, JSON]:
    """What one gets by believing the alert, and by naming the service whose own metrics moved most."""
    figures: dict[str, JSON] = {}
    believed = [one.alert_right for one in part if one.alert_right is not None]
    ranked = [one.naive for one in part if one.naive is not None]
    if believed:
        figures["root_accuracy"] = _share(believed)
    if ranked:
        figures |= {f"top{k}": _share(rank <= k for rank in ranked) for k in (1, 3, 5)}
    return figures


def _calibration(scored: list[Scored]) -> dict[str, JSON]:
    """Confidence told against what was right: of causes, and of the first service of those that were ranked."""
    sure = [one for one in scored if one.sure > 0]
    return {
        "causes": calibration([(one.sure, not one.wrong) for one in sure if one.rank is None]),
        "services": calibration([(one.sure, one.rank == 1) for one in sure if one.rank is not None]),
    }


def _share(rights: Iterable[bool]) -> float:
    counted = list(rights)
    return round(sum(counted) / len(counted), 4)
