"""Quiet for an hour: an incident's alerts are silenced in Alertmanager, by leave like any change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot.act.gate import Gate
from bot.domain.alert import Alert
from bot.domain.approval import Refusal
from bot.domain.case import Case
from bot.domain.incident import Incident
from bot.domain.message import Press
from bot.domain.plan import Plan, Step
from bot.hall.approving import Approving
from bot.talk.cards.evidence import refusal_text
from bot.talk.cards.incident import title_of
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.outbox import Outbox
from skills.clock import reader_in

SILENCE = "alertmanager.create_silence"
LENGTH = "1h"
MOST_SILENCES = 5
"""Alerts of so many names are silenced at once; of more, the first."""
BY = ("namespace", "service", "deployment", "workload", "node", "pod", "job", "cluster")
_SAYABLE = re.compile(r"[^\"',{}\\]+")


@dataclass(frozen=True, slots=True)
class Silencing:
    """Asks for silences through the gate."""

    gate: Gate
    approving: Approving
    outbox: Outbox
    able: bool
    """Whether Alertmanager is among the skills."""

    async def ask(self, incident: Incident, case: Case, press: Press) -> None:
        """One silence for each name of its alerts, narrowed to the labels they share."""
        words, person = Words(case.language), press.person
        steps = tuple(Step(SILENCE, arguments) for arguments in silences(incident, words("silence_comment")))
        plan = Plan("", steps[:MOST_SILENCES], title=words("silence_title", title=title_of(incident)), brain="people")

        async def watch(_place: int, _outcome: object) -> None:
            """The approval's card tells it."""

        with reader_in(ZoneInfo(person.zone), person.language):
            taken = await self.gate.take(plan, replace(case, asked_by=person), watch)
        if taken.asked:
            await self.approving.ask(taken.asked, words)
            return
        theirs = Words(person.language)
        for refused in taken.seen:
            if isinstance(refused, Refusal):
                text = refusal_text(refused, theirs)
                await self.outbox.whisper(press.thread, person, notice_card(text, theirs, "warn"))


def silences(incident: Incident, comment: str) -> Sequence[dict[str, str]]:
    """The arguments of one silence for each name of the alerts that fire."""
    named: dict[str, list[Alert]] = {}
    for alert in incident.alerts:
        if alert.firing and _SAYABLE.fullmatch(alert.name):
            named.setdefault(alert.name, []).append(alert)
    return [
        {"matchers": _matchers(name, alerts), "comment": comment, "duration": LENGTH} for name, alerts in named.items()
    ]


def _matchers(name: str, alerts: Sequence[Alert]) -> str:
    first = alerts[0].labels
    shared = [
        f"{label}={first[label]}"
        for label in BY
        if _SAYABLE.fullmatch(first.get(label, "")) and all(each.labels.get(label) == first[label] for each in alerts)
    ]
    return ",".join([f"alertname={name}", *shared])
