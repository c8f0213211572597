"""Scores grouping on recorded storms: which alerts belong together, whether any was lost, and who is nearest."""

import json
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from bot.domain.alert import Alert
from bot.errors import BadInput
from bot.evals import JSON, CaseScore, Eval, EvalOptions, EvalReport
from bot.evals.recorded.cases import Recorded, recorded
from bot.think.diagnosis.bundle import read_bundle
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.suspects.accusation import edge_of
from bot.think.grouping import Topology, group, nearest

ENOUGH = 0.95
Told = tuple[str, float]


def make() -> Eval:
    return GroupingEval()


@dataclass(frozen=True, slots=True)
class Scored:
    """One storm: pairs that are together in both, in ours, in truth; the same for two naive ways."""

    case: Recorded
    pairs: tuple[int, int, int]
    by_payload: tuple[int, int, int]
    all_in_one: tuple[int, int, int]
    lost: int
    incidents: tuple[int, int]
    near: bool | None
    seconds: float


class GroupingEval:
    """Every case whose question is a list of webhooks."""

    name = "grouping"

    async def run(self, options: EvalOptions) -> EvalReport:
        if options.cases is None or not options.cases.is_dir():
            return EvalReport(self.name, ())
        scored, unrun = [], []
        for case in recorded(options.cases, options):
            if case.kind != "alerts" or "incidents" not in case.expect:
                continue
            try:
                scored.append(_score(case))
            except BadInput as error:
                unrun.append(CaseScore(case.id, None, str(error)))
        return EvalReport(self.name, (*(_shown(one) for one in scored), *unrun), _figures(scored))


def topology_of(sight: Sight) -> Topology:
    """Who calls whom, from every metric that names two ends."""
    calls: dict[str, set[str]] = {}
    for track in sight.tracks:
        edge = edge_of(track)
        if edge is not None:
            calls.setdefault(edge[0], set()).add(edge[1])
    return Topology({caller: frozenset(callees) for caller, callees in calls.items()})


def _score(case: Recorded) -> Scored:
    sight = read_bundle(case.folder)
    topology = topology_of(sight)
    begun = time.perf_counter()
    groups = group(sight.ask.alerts, topology)
    seconds = time.perf_counter() - begun
    truth = _truth(case.expect)
    ours = {_told(alert): one.id for one in groups for alert in one.alerts}
    payloads = _payloads(case)
    return Scored(
        case=case,
        pairs=_pairs(truth, ours.get),
        by_payload=_pairs(truth, payloads.get),
        all_in_one=_pairs(truth, lambda _told: "one"),
        lost=sum(1 for told in truth if told not in ours),
        incidents=(len(groups), len(case.expect["incidents"])),
        near=_near(case.expect, [nearest(one.alerts, topology)[:3] for one in groups]),
        seconds=seconds,
    )


def _told(alert: Alert) -> Told:
    return alert.fingerprint, alert.starts_at.timestamp()


def _truth(expect: Mapping[str, Any]) -> dict[Told, str]:
    from bot.think.diagnosis.clock import moment

    return {
        (one["fingerprint"], moment(one["startsAt"]) or 0.0): str(incident["id"])
        for incident in expect["incidents"]
        for one in incident["alerts"]
    }


def _payloads(case: Recorded) -> dict[Told, str]:
    """The naive way: one incident for each webhook group key."""
    from bot.think.diagnosis.bundle import read_alert

    ask = json.loads((case.folder / "case.json").read_text(encoding="utf-8"))["ask"]
    return {
        _told(read_alert(alert)): str(payload.get("groupKey"))
        for payload in ask.get("payloads", ())
        for alert in payload.get("alerts", ())
    }


def _pairs(truth: Mapping[Told, str], of: Callable[[Told], Hashable]) -> tuple[int, int, int]:
    """(pairs together in both, in ours, in truth)."""
    both = mine = true = 0
    for one, other in combinations(sorted(truth), 2):
        together = of(one) is not None and of(one) == of(other)
        same = truth[one] == truth[other]
        both, mine, true = both + (together and same), mine + together, true + same
    return both, mine, true


def _near(expect: Mapping[str, Any], named: Sequence[Sequence[str]]) -> bool | None:
    wanted = [set(incident["nearest"]) for incident in expect["incidents"] if incident.get("nearest")]
    said = {name for names in named for name in names}
    return all(names & said for names in wanted) if wanted else None


def _f1(pairs: tuple[int, int, int]) -> float:
    both, mine, true = pairs
    if mine + true == 0:
        return 1.0
    return 2 * both / (mine + true)


def _sum(all_pairs: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    return sum(p[0] for p in all_pairs), sum(p[1] for p in all_pairs), sum(p[2] for p in all_pairs)


def _shown(one: Scored) -> CaseScore:
    f1 = _f1(one.pairs)
    right = f1 >= ENOUGH and not one.lost
    facts: dict[str, JSON] = {
        "source": one.case.source,
        "half": one.case.half,
        "pairwise_f1": round(f1, 4),
        "lost": one.lost,
        "incidents": one.incidents[0],
        "expected_incidents": one.incidents[1],
        "nearest_named": one.near,
        "seconds": round(one.seconds, 4),
    }
    return CaseScore(one.case.id, right, "" if right else f"pairwise F1 {f1:.2f}, {one.lost} lost", facts)


def _of(part: Sequence[Scored]) -> dict[str, JSON]:
    near = [one.near for one in part if one.near is not None]
    figures: dict[str, JSON] = {
        "cases": len(part),
        "pairwise_f1": round(_f1(_sum([one.pairs for one in part])), 4),
        "lost": sum(one.lost for one in part),
        "incidents": sum(one.incidents[0] for one in part),
        "expected_incidents": sum(one.incidents[1] for one in part),
        "baseline": {
            "by_webhook_group_f1": round(_f1(_sum([one.by_payload for one in part])), 4),
            "all_in_one_f1": round(_f1(_sum([one.all_in_one for one in part])), 4),
        },
    }
    if near:
        figures["nearest_named"] = round(sum(near) / len(near), 4)
    return figures


def _figures(scored: Sequence[Scored]) -> dict[str, JSON]:
    if not scored:
        return {}
    figures = _of(scored)
    pairs = [one for one in scored if one.incidents[1] > 1]
    if pairs:
        figures["several_incidents"] = _of(pairs)
    sources = sorted({one.case.source for one in scored})
    figures["per_source"] = {name: _of([one for one in scored if one.case.source == name]) for name in sources}
    halves = [(half, [one for one in scored if one.case.half == half]) for half in ("dev", "held_out")]
    figures["halves"] = {half: _of(part) for half, part in halves if part}
    return figures
