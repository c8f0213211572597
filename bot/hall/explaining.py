"""Questions that ask why take the road of alerts: all is read once and diagnosed before a brain is asked."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.alert import Alert
from bot.domain.case import Case
from bot.domain.message import Language
from bot.domain.report import Report
from bot.think.scripted.intents import read_intent
from skills import SkillError
from skills.timerange import parse_time_range

WHY = re.compile(
    r"为什么|为何|原因|怎么回事|^/why\b|\bwhy\b|root cause|what(?:'s| is| went) wrong|变慢|飙升", re.IGNORECASE
)
Window = tuple[datetime, datetime]


class Investigator(Protocol):
    """Finds out why, without a model."""

    async def investigate(
        self, alerts: tuple[Alert, ...], question: str, language: Language, window: Window | None = None
    ) -> Report: ...


@dataclass(frozen=True, slots=True)
class Explaining:
    """Decides whether a question asks for a cause, and over which time."""

    investigator: Investigator
    now: Callable[[], datetime]

    def asks(self, case: Case) -> bool:
        """True where a cause is asked for, and nothing was looked at yet."""
        return not case.seen and bool(WHY.search(case.question))

    async def explain(self, case: Case) -> Report:
        """The report on what is asked."""
        alerts = case.incident.alerts if case.incident else ()
        return await self.investigator.investigate(alerts, case.question, case.language, self._window(case.question))

    def _window(self, question: str) -> Window | None:
        intent = read_intent(question)
        if intent is None or not intent.time_range:
            return None
        try:
            asked = parse_time_range(intent.time_range, self.now())
        except SkillError:
            return None
        return asked.start, asked.end
