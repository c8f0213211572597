"""Quotas that are full, and limit ranges that refuse."""

from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.clock import amount
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for quota in sight.cluster.all("ResourceQuota"):
        yield from _full(sight, quota)


def _full(sight: Sight, quota: Thing) -> Iterator[Finding]:
    hard = quota.get("status", "hard") or quota.get("spec", "hard") or {}
    used = quota.get("status", "used") or {}
    full = []
    for name, limit in hard.items():
        most, now = amount(limit), amount(used.get(name))
        if most is not None and now is not None and now >= most and (most > 0 or _refused(sight, quota)):
            full.append(f"{name}: {used.get(name)}/{limit}")
    refused = _refused(sight, quota)
    if full or refused:
        values = {"name": quota.name, "full": ", ".join(full) or refused[:300]}
        yield Finding(
            quota.subject,
            "quota_full",
            Category.QUOTA,
            0.9 if refused else 0.5,
            values,
            (Proof(quota.query, values["full"]),),
        )


def _refused(sight: Sight, quota: Thing) -> str:
    for event in sight.cluster.happenings:
        if f"exceeded quota: {quota.name}" in event.message and event.about.namespace == quota.namespace:
            return event.message
    return ""
