"""Looks into an incident or a question by itself: gathers, diagnoses, and writes the report. No model."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime

from bot.domain.alert import Alert
from bot.domain.card import Chart as CardChart
from bot.domain.card import Line, Mark
from bot.domain.finding import Cause
from bot.domain.message import Language
from bot.domain.plan import Step
from bot.domain.report import Claim, Past, Report
from bot.telemetry import DIAGNOSIS_SECONDS
from bot.think.diagnosis.bundle import told_start
from bot.think.diagnosis.chart import titled
from bot.think.diagnosis.diagnose import diagnose
from bot.think.diagnosis.gather import PATIENCE, gather
from bot.think.diagnosis.markdown import SHOWN_CAUSES, as_markdown, headline, named, sentence
from bot.think.diagnosis.reads import Reads
from bot.think.diagnosis.report import Diagnosis, Verdict
from bot.think.diagnosis.sight import Ask, Sight
from bot.think.diagnosis.wording import say

Window = tuple[datetime, datetime]
Recall = Callable[[Ask], Awaitable[tuple[Past, ...]]]
"""What the library holds that may fit what is asked; it bounds its own time."""
SURE_ENOUGH = 0.5
"""Below this a repair is named in the report, but not proposed as a step."""
AT_ONCE = 3
"""Many looks at once would starve each other of their few seconds, and see half of everything."""
MOST_EXCERPT = 8
MOST_HEADLINE = 300


async def nothing_known(_: Ask) -> tuple[Past, ...]:
    """There is no library."""
    return ()


class Diagnostician:
    """The investigator that needs no brain."""

    def __init__(
        self, reads: Reads, now: Callable[[], datetime], patience: float = PATIENCE, recall: Recall = nothing_known
    ) -> None:
        self._reads = reads
        self._now = now
        self._patience = patience
        self._recall = recall
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def investigate(
        self, alerts: tuple[Alert, ...], question: str, language: Language, window: Window | None = None
    ) -> Report:
        """Bounded reads, then pure thought, off the loop. `window`: from when until when, if that was asked."""
        async with self._turns:
            begun = time.monotonic()
            sight = await self.look(alerts, question, window)
            report = write(await asyncio.to_thread(diagnose, sight), language)
            DIAGNOSIS_SECONDS.observe(time.monotonic() - begun)
            return replace(report, passages=sight.passages)

    async def look(self, alerts: tuple[Alert, ...], question: str, window: Window | None = None) -> Sight:
        """Everything about it, read once."""
        now = (window[1] if window else self._now()).timestamp()
        start = window[0].timestamp() if window else told_start(question, now)
        ask = Ask(alerts, question)
        sight, past = await asyncio.gather(gather(self._reads, ask, now, start, self._patience), self._recall(ask))
        return replace(sight, passages=past)


def write(diagnosis: Diagnosis, language: Language) -> Report:
    """The report, the chart for a card, the lines to show, and the step to propose."""
    cause = diagnosis.cause
    said = headline(diagnosis, language)
    lead = sentence(cause.speaks_for[0], language) if cause and cause.speaks_for else ""
    return Report(
        headline=f"{said} — {lead}"[:MOST_HEADLINE] if lead else said,
        markdown=as_markdown(diagnosis, language),
        healthy=diagnosis.verdict is Verdict.HEALTHY,
        confidence=cause.confidence if cause else 1.0 - 0.2 * len(diagnosis.gaps),
        chart=_chart(diagnosis, language),
        excerpt=_excerpt(cause),
        steps=_steps(cause, said),
        finding=cause.key if cause else "",
        similar=diagnosis.similar,
        claims=tuple(_claims(diagnosis, language)),
    )


def _claims(diagnosis: Diagnosis, language: Language) -> Iterator[Claim]:
    """The first cause, and others of which we are sure."""
    for rank, cause in enumerate(diagnosis.causes[:SHOWN_CAUSES]):
        if rank and cause.confidence < SURE_ENOUGH:
            continue
        said = named(cause, language)
        lead = f"{said} — {sentence(cause.speaks_for[0], language)}" if cause.speaks_for else said
        yield Claim(f"{cause.about} {cause.category}", lead[:MOST_HEADLINE], _steps(cause, said), cause.key)


def _steps(cause: Cause | None, why: str) -> tuple[Step, ...]:
    if cause is None or cause.action is None or cause.confidence < SURE_ENOUGH:
        return ()
    return (Step(f"kubernetes.{cause.action}", dict(cause.args), why),)


def _excerpt(cause: Cause | None) -> tuple[str, ...]:
    """True log lines of the first cause; not those of an error that is past, which would only lead astray."""
    found = [
        proof.shows
        for finding in (cause.speaks_for if cause else ())
        if finding.key.startswith("log_") and not finding.past
        for proof in finding.proofs
    ]
    return tuple(dict.fromkeys(found))[:MOST_EXCERPT]


def _chart(diagnosis: Diagnosis, language: Language) -> CardChart | None:
    chart = diagnosis.chart
    if chart is None:
        return None
    marks = [Mark(say("report", "chart_fault", language), *chart.fault)]
    marks += [Mark(say("report", "chart_change", language), change.at) for change in chart.changes[-5:]]
    title = titled(chart, language)
    return CardChart(title, (Line(title, chart.points),), chart.unit, tuple(marks), alt=chart.query)
