"""Finds out why, without a model: reads the live servers once, diagnoses, and puts it into words."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.alert import Alert
from bot.domain.approval import Refusal
from bot.domain.card import Chart, Line, Mark
from bot.domain.message import Language, Person, Thread
from bot.domain.plan import Step
from bot.domain.report import Report
from bot.hall.capture import Captured, capture
from bot.think.diagnosis.diagnose import diagnose
from bot.think.diagnosis.markdown import as_markdown, sentence
from bot.think.diagnosis.report import Diagnosis, Verdict
from bot.think.diagnosis.sight import Ask
from bot.think.diagnosis.wording import say
from skills import Catalogue, Evidence

LookAs = Callable[[Step, Person, Thread], Awaitable[Evidence | Refusal]]
BEFORE = timedelta(hours=1)
BOT = Person("dutybot", "DutyBot", "bot")
NOWHERE = Thread("bot", "investigation")


@dataclass(frozen=True, slots=True)
class Investigation:
    """All its reading goes through the gate, like everybody's."""

    look: LookAs
    catalogue: Catalogue
    now: Callable[[], datetime]

    async def investigate(
        self, alerts: tuple[Alert, ...], question: str, language: Language, namespaces: tuple[str, ...] = ()
    ) -> Report:
        """Why these alerts fire, or what the question asks about."""
        now = self.now()
        start = min((alert.starts_at for alert in alerts if alert.firing), default=now)
        captured = await self.read(alerts, namespaces, start, now)
        sight = captured.sight(Ask(alerts, question), now.timestamp(), start.timestamp())
        diagnosis = await asyncio.to_thread(diagnose, sight)
        return self._report(diagnosis, language)

    async def read(
        self, alerts: tuple[Alert, ...], namespaces: tuple[str, ...], start: datetime, now: datetime
    ) -> Captured:
        """Everything about it, from an hour before it began."""
        told = tuple(alert.labels["namespace"] for alert in alerts if alert.labels.get("namespace"))
        return await capture(lambda step: self.look(step, BOT, NOWHERE), (*namespaces, *told), start - BEFORE, now)

    def _report(self, diagnosis: Diagnosis, language: Language) -> Report:
        cause = diagnosis.cause
        if diagnosis.verdict is Verdict.HEALTHY or cause is None:
            return Report(say("report", "healthy", language), as_markdown(diagnosis, language), healthy=True)
        lead = sentence(cause.speaks_for[0], language) if cause.speaks_for else str(cause.about)
        steps: tuple[Step, ...] = ()
        if cause.action and cause.action in self.catalogue:
            steps = (Step(self.catalogue[cause.action].name, dict(cause.args), lead),)
        excerpt = tuple(
            proof.shows
            for finding in cause.speaks_for
            for proof in finding.proofs
            if proof.shows and proof.query.startswith("{")
        )
        return Report(
            headline=f"{cause.about}: {lead}",
            markdown=as_markdown(diagnosis, language),
            confidence=cause.confidence,
            chart=_chart(diagnosis, language),
            excerpt=tuple(dict.fromkeys(excerpt))[:6],
            steps=steps,
        )


def _chart(diagnosis: Diagnosis, language: Language) -> Chart | None:
    if diagnosis.chart is None:
        return None
    drawn = diagnosis.chart
    marks = [Mark(change.what, change.at) for change in drawn.changes[:4]]
    marks.append(Mark(say("report", "chart_fault", language), *drawn.fault))
    return Chart(drawn.title, (Line(drawn.title, drawn.points),), drawn.unit, tuple(marks), alt=drawn.query)
