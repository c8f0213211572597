"""Disruption budgets that let nothing go: they block drains, upgrades and rollouts."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.asked import named
from bot.think.diagnosis.cluster import condition, wears
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

ABOUT = re.compile(r"disruption|\bpdb\b|drain|evict|upgrade|驱逐|排空|升级", re.IGNORECASE)


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for budget in sight.cluster.all("PodDisruptionBudget"):
        least, most = budget.get("spec", "minAvailable"), budget.get("spec", "maxUnavailable")
        if least is None and most is None and not budget.get("spec", "selector"):
            continue
        yield from _blocks(sight, budget, str(least), str(most))


def _blocks(sight: Sight, budget: Thing, least: str, most: str) -> Iterator[Finding]:
    allowed = condition(budget, "DisruptionAllowed")
    spare = budget.number("status", "disruptionsAllowed")
    expected = budget.number("status", "expectedPods")
    current = budget.number("status", "currentHealthy")
    wanted = budget.number("status", "desiredHealthy")
    refused = [
        event
        for event in sight.cluster.happenings
        if "disruption budget" in event.message or (event.about == budget.subject and event.warning)
    ]
    blocked = allowed.get("status") == "False" or (spare == 0 and bool(expected))
    if not blocked:
        return
    never = least in ("100%", str(expected)) or most in ("0", "0%")
    rules = {"minAvailable": least, "maxUnavailable": most}
    rule = ", ".join(f"{name}={value}" for name, value in rules.items() if value != "None") or "?"
    values = {
        "name": budget.name,
        "rule": rule,
        "healthy": f"{current}/{expected}",
        "wanted": str(wanted),
        "guards": ", ".join(_guarded(sight, budget)) or "?",
        "message": str(allowed.get("reason") or ""),
    }
    proofs = [Proof(budget.query, f"{rule} disruptionsAllowed={spare}")]
    proofs += [Proof(event.query, event.message[:300], event.last) for event in refused[:1]]
    short = current is not None and wanted is not None and current < wanted
    wanting = budget.subject in named(sight) or bool(ABOUT.search(_asked(sight)))
    weight = 0.75 if refused or (never and wanting) else 0.35
    yield Finding(
        budget.subject, "budget_blocks", Category.CONFIG, weight, values, tuple(proofs), symptom=short and not never
    )


def _asked(sight: Sight) -> str:
    return " ".join([sight.ask.text, *(f"{one.name} {one.summary}" for one in sight.ask.alerts)])


def _guarded(sight: Sight, budget: Thing) -> Iterator[str]:
    labels = budget.get("spec", "selector", "matchLabels") or {}
    for workload in sight.cluster.all("Deployment", "StatefulSet"):
        worn = workload.get("spec", "template", "metadata", "labels") or {}
        if workload.namespace == budget.namespace and labels and wears(worn, labels):
            yield f"{workload.kind} {workload.name}"
