"""Looks into what is not yet wrong: the forecast is the report, and room is the repair."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.domain.alert import Alert
from bot.domain.card import Chart, Line
from bot.domain.message import Language
from bot.domain.plan import Step
from bot.domain.report import Report
from skills import Catalogue, Evidence, SkillError
from skills.clock import reader_in

MORE = 1.5
"""A volume is grown by half, or to what its likely peak asks for with a third to spare."""
CONFIDENCE = {"high": 0.9, "medium": 0.7, "low": 0.4}
Window = tuple[datetime, datetime]


class Investigator(Protocol):
    """Finds out why."""

    async def investigate(
        self, alerts: tuple[Alert, ...], question: str, language: Language, window: Window | None = None
    ) -> Report: ...


class Foresight:
    """Asks the forecast anew for what it foresaw; all else goes to the investigator of what is wrong now."""

    def __init__(self, of_now: Investigator, catalogue: Catalogue, zone: str, now: Callable[[], datetime]) -> None:
        self._now = now
        self._of_now = of_now
        self._catalogue = catalogue
        self._zone = zone

    async def investigate(
        self, alerts: tuple[Alert, ...], question: str, language: Language, window: Window | None = None
    ) -> Report:
        """The report on these alerts."""
        firing = [each for each in alerts if each.firing] or list(alerts)
        if firing and all(each.foreseen for each in firing) and "capacity.forecast_capacity" in self._catalogue:
            return await self._ahead(firing[0], language)
        return await self._of_now.investigate(alerts, question, language, window)

    async def _ahead(self, alert: Alert, language: Language) -> Report:
        asked = asked_of(alert.labels)
        try:
            with reader_in(ZoneInfo(self._zone), language):
                seen = await self._catalogue["capacity.forecast_capacity"]({**asked, "language": language})
        except SkillError as error:
            return Report(alert.summary, f"{alert.summary}\n\n{error}")
        outlook = _outlook(seen, alert.labels)
        told = [*seen.lines, *(f"⚠ {gap}" for gap in seen.gaps)]
        return Report(
            headline=alert.summary,
            markdown="\n".join(f"- {line}" for line in told) + f"\n\n`{seen.query}`",
            confidence=CONFIDENCE.get(str(outlook.get("confidence")), 0.4),
            chart=_chart(seen, outlook),
            steps=await self._steps(asked, seen, outlook, alert.summary),
            finding=f"foreseen_{asked['target']}",
        )

    async def _steps(
        self, asked: Mapping[str, str], seen: Evidence, outlook: Mapping[str, Any], why: str
    ) -> tuple[Step, ...]:
        """Room, if it can be made here; leave is asked for as for any repair."""
        advice = seen.facts.get("advice")
        if isinstance(advice, dict) and advice.get("kind") == "add" and "capacity.add_nodes" in self._catalogue:
            return (Step("capacity.add_nodes", {"count": advice["nodes"], **self._by(advice)}, seen.summary),)
        if _measure(outlook) == "replicas" and outlook.get("ceiling") and "kubernetes.patch_hpa" in self._catalogue:
            return await self._more_replicas(asked, outlook, why)
        if asked["target"] == "volume" and outlook.get("ceiling") and "kubernetes.expand_pvc" in self._catalogue:
            ceiling, peak = float(outlook["ceiling"]), float(outlook.get("peak") or 0)
            size = f"{math.ceil(max(MORE * ceiling, 4 / 3 * peak) / 2**30)}Gi"
            named = {"namespace": asked["namespace"], "pvc": asked["name"], "size": size}
            return (Step("kubernetes.expand_pvc", named, why),)
        return ()

    def _by(self, advice: Mapping[str, Any]) -> dict[str, str]:
        """The deadline, unless it has passed already."""
        by = str(advice.get("by") or "")
        return {"by": by} if by and datetime.fromisoformat(by) > self._now() else {}

    async def _more_replicas(self, asked: Mapping[str, str], outlook: Mapping[str, Any], why: str) -> tuple[Step, ...]:
        """The autoscaler that is soon at its most may run half as many more; its least stays."""
        try:
            listed = await self._catalogue["kubernetes.list"]({"kind": "hpa", "namespace": asked["namespace"]})
        except SkillError:
            return ()
        rows = listed.facts.get("rows")
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and str(row.get("target", "")).endswith(f"/{asked['name']}"):
                most = math.ceil(MORE * float(outlook["ceiling"]))
                bounds = {"hpa": row["name"], "min_replicas": int(str(row["min"])), "max_replicas": most}
                return (Step("kubernetes.patch_hpa", {"namespace": asked["namespace"], **bounds}, why),)
        return ()


def asked_of(labels: Mapping[str, str]) -> dict[str, str]:
    """The target, name and namespace to ask the forecast for."""
    target = labels.get("target", "cluster")
    space = labels.get("namespace", "")
    label = {"volume": "persistentvolumeclaim"}.get(target, target)
    within = space if target in ("volume", "workload") else ""
    return {"target": target, "name": labels.get(label, "") if target != "cluster" else "", "namespace": within}


def _measure(outlook: Mapping[str, Any]) -> str:
    labels = outlook.get("labels")
    return str(labels.get("measure", "")) if isinstance(labels, dict) else ""


def _outlook(seen: Evidence, labels: Mapping[str, str]) -> Mapping[str, Any]:
    """The one that the alert is about, else the most urgent."""
    outlooks = seen.facts.get("outlooks")
    known = [each for each in outlooks if isinstance(each, dict)] if isinstance(outlooks, list) else []
    for each in known:
        theirs = each.get("labels")
        if isinstance(theirs, dict) and all(labels.get(key) == value for key, value in theirs.items() if value):
            return each
    return known[0] if known else {}


def _chart(seen: Evidence, outlook: Mapping[str, Any]) -> Chart | None:
    name = str(outlook.get("name", ""))
    lines = [each for each in seen.series if name in {each.labels.get("chart"), each.name}]
    if not lines:
        return None
    return Chart(name, tuple(Line(each.name, each.points) for each in lines), lines[0].unit, alt=seen.summary)
