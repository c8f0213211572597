"""Over incidents: alerts come in, the cause is looked for, a repair is proposed, people say what they do."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.act.gate import Gate
from bot.domain.alert import Alert
from bot.domain.approval import Approval, ApprovalState, Refusal
from bot.domain.case import Case
from bot.domain.event import Look
from bot.domain.incident import Incident, IncidentState
from bot.domain.message import Press, PressKind, Thread
from bot.domain.plan import Plan
from bot.domain.report import Report
from bot.hall.approving import Approving
from bot.hall.closing import Closing
from bot.hall.explaining import Investigator
from bot.hall.headers import Headers
from bot.hall.home import Home
from bot.hall.minding import Minding
from bot.hall.silencing import Silencing
from bot.talk.cards.incident import title_of
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.inbox import Inbox
from bot.talk.outbox import Outbox
from bot.think.casebook import Casebook
from bot.think.incidents import Incidents
from skills import Evidence
from skills.clock import reader_in

AFTER = {
    ApprovalState.EXECUTED: IncidentState.VERIFIED,
    ApprovalState.UNDONE: IncidentState.UNDONE,
    ApprovalState.FAILED: IncidentState.FIRING,
    ApprovalState.REJECTED: IncidentState.FIRING,
    ApprovalState.EXPIRED: IncidentState.FIRING,
    ApprovalState.SUPERSEDED: IncidentState.FIRING,
    ApprovalState.SHADOW: IncidentState.FIRING,
}
"""What an approval that has ended means for its incident."""

SILENCES = "alertmanager."
"""Actions that only quieten an incident; all others are meant to repair it."""
AGAIN = "again:"
RESTING = frozenset({IncidentState.FIRING, IncidentState.WAITING, IncidentState.VERIFIED, IncidentState.UNDONE})
"""States in which another fault that joins is looked into: neither looked at nor acted on just now."""
TOLD = frozenset({IncidentState.WAITING, IncidentState.ACTING, IncidentState.VERIFIED, IncidentState.UNDONE})
"""States that belong into the timeline."""


@dataclass(frozen=True, slots=True)
class Watching:
    """One thread and one header card for an incident, updated in place from firing to resolved."""

    incidents: Incidents
    casebook: Casebook
    gate: Gate
    inbox: Inbox
    outbox: Outbox
    approving: Approving
    investigator: Investigator
    headers: Headers
    home: Home
    closing: Closing
    silencing: Silencing
    now: Callable[[], datetime]

    async def told(self, alerts: Sequence[Alert]) -> None:
        """Alerts: their incidents are shown as they are now; what is new is looked into, once."""
        for grown in await self.incidents.told(alerts):
            incident = grown.incident
            await self.headers.show(incident)
            thread = self.home.thread(incident)
            if incident.state is IncidentState.FIRING and incident.report is None:
                again = f":{incident.again_at.isoformat()}" if incident.again_at else ""
                await self.inbox.hear(Look(f"look:{incident.id}{again}", thread, incident.id))
            if incident.resolved_at:
                await self.inbox.hear(
                    Look(f"ended:{incident.id}:{incident.resolved_at.isoformat()}", thread, incident.id)
                )

    async def firing(self) -> list[Alert]:
        """The alerts that we take to be on."""
        opened = await self.incidents.opened()
        return [alert for incident in opened for alert in incident.alerts if alert.firing]

    async def look(self, event: Look) -> None:
        """Find the cause, show it, and propose the repair; of what is over, sum up."""
        incident = await self.incidents.get(event.incident_id)
        if incident is None:
            return
        if not incident.open:
            await self.closing.close(incident)
            return
        again = event.key.startswith(AGAIN) and incident.report is not None
        known = {each.key for each in incident.report.claims} if incident.report and again else set()
        incident = await self._change(incident, lambda newest: newest.looking(self.now()))
        if not again:
            incident = await self._now_is(incident, IncidentState.LOOKING)
        report = await self.investigator.investigate(incident.telling().alerts, "", self.home.language)
        incident = await self._change(incident, lambda newest: self._reported(newest, report, again))
        case = replace(await self._case(incident), report=report.markdown)
        if again:  # what was proposed before stands; the repair of what is new is added to it
            report = _of_news(report, known)
        if not again or incident.news:
            case = case.said("DutyBot", report.headline)
        await self.casebook.keep(case)  # the repair may begin at once, and asks whose incident it is
        if report.steps:
            case = await self._propose(incident, report, case)
        else:
            await self._rest(incident)
        await self.casebook.keep(case)

    def _reported(self, newest: Incident, report: Report, again: bool) -> Incident:
        """Of a second look the timeline tells only what is new."""
        found = newest.found(report)
        if not again:
            return found.marked(self.now(), "reported", report.headline)
        return found.marked(self.now(), "joined", found.news[0]) if found.news else found

    async def look_again(self) -> None:
        """By the clock: incidents that another fault may have joined. Few times for each, however many alerts come."""
        now = self.now()
        for incident in await self.incidents.opened():
            if incident.state in RESTING and incident.joined(now):
                key = f"{AGAIN}{incident.id}:{incident.again_at or ''}:{incident.looks}"
                await self.inbox.hear(Look(key, self.home.thread(incident), incident.id))

    async def _rest(self, incident: Incident) -> Incident:
        """Nothing is asked of anybody: no longer looked at, where it was."""

        def rests(newest: Incident) -> Incident:
            looking = newest.open and newest.state is IncidentState.LOOKING
            return replace(newest, state=IncidentState.FIRING) if looking else newest

        return await self._change(incident, rests)

    async def _propose(self, incident: Incident, report: Report, case: Case) -> Case:
        title = Words(self.home.language)("incident_repair", title=title_of(incident))
        plan = Plan(
            report.headline,
            report.steps,
            title=title,
            reason=report.headline,
            brain="diagnosis",
            finding=report.finding,
        )

        async def watch(_place: int, _outcome: object) -> None:
            """The incident's card tells it."""

        with reader_in(ZoneInfo(self.home.zone), self.home.language):
            taken = await self.gate.take(plan, case, watch)
        if taken.asked:
            await self._asked(incident, taken.asked)
            await self._now_is(incident, IncidentState.WAITING)
        else:
            await self._rest(incident)
        if taken.asked:
            await self.approving.ask(taken.asked, Words(self.home.language))
        for refused in taken.seen:
            if isinstance(refused, Refusal):
                words, slot = Words(self.home.language), f"refused:{incident.id}"
                await self.approving.calling.tell_refused(refused, self.home.thread(incident), slot, words)
        return case.learned(*(each for each in taken.seen if isinstance(each, Evidence)))

    async def acting(self, thread: Thread, approval: Approval | None) -> None:
        """Leave was given for the repair of an incident."""
        incident = await self.incident_of(thread)
        if incident and approval and _repairs(approval):
            await self._asked(incident, approval)
            await self._now_is(incident, IncidentState.ACTING)

    async def acted(self, thread: Thread, approval: Approval | None) -> None:
        """The repair of an incident is over, or will not be: say so on its card."""
        incident = await self.incident_of(thread)
        if incident and approval and approval.state in AFTER and _repairs(approval):
            incident = await self._now_is(incident, AFTER[approval.state])
            if not incident.open:
                await self.closing.close(incident)

    async def _asked(self, incident: Incident, approval: Approval) -> None:
        """Remember what was asked for, for the summary."""
        await self.incidents.change(
            incident.id,
            lambda newest: replace(newest, repairs=tuple(dict.fromkeys((*newest.repairs, approval.id)))),
        )

    async def incident_of(self, thread: Thread) -> Incident | None:
        """The incident whose thread this is."""
        case = await self.casebook.of_thread(thread)
        return await self.incidents.get(case.incident.id) if case and case.incident else None

    async def pressed(self, press: Press) -> None:
        """Somebody acknowledges, takes it, wants another look, or wants to catch up; or settles what is kept of it."""
        incident = await self.incidents.get(press.target)
        words = Words(press.person.language)
        if incident is None:
            await self.outbox.whisper(press.thread, press.person, notice_card(words("incident_unknown"), words, "warn"))
        elif press.kind in {PressKind.KEEP_CASE, PressKind.DROP_CASE}:
            await self.closing.settle(incident, press)
        else:
            await self.minding().pressed(incident, press)

    def minding(self) -> Minding:
        """What people say over an incident."""
        return Minding(
            self.incidents,
            self.gate,
            self.inbox,
            self.outbox,
            self.home,
            self.silencing,
            self.incident_of,
            self._case,
            self.headers.show,
            self.now,
        )

    async def _case(self, incident: Incident) -> Case:
        thread = self.home.thread(incident)
        known = await self.casebook.of_thread(thread)
        case = known or Case(incident.id, thread, self.home.bot(), title_of(incident), language=self.home.language)
        return replace(case, incident=replace(incident.telling(), report=None, looked_into=()))

    async def _now_is(self, incident: Incident, state: IncidentState) -> Incident:
        """With its newest alerts: more may have come while we looked."""

        def now(newest: Incident) -> Incident:
            told = state in TOLD and state is not newest.state
            newest = newest.marked(self.now(), state.value) if told else newest
            return replace(newest, state=state) if newest.open else newest

        return await self._change(incident, now)

    async def _change(self, incident: Incident, how: Callable[[Incident], Incident]) -> Incident:
        changed = await self.incidents.change(incident.id, how) or incident
        await self.headers.show(changed)
        return changed


def _repairs(approval: Approval) -> bool:
    return any(not step.action.startswith(SILENCES) for step in approval.steps)


def _of_news(report: Report, known: Set[str]) -> Report:
    """What of it was not known before: its first claim, and the first repair."""
    new = [each for each in report.claims if each.key not in known]
    first = next((each for each in new if each.steps), new[0] if new else None)
    if first is None:
        return replace(report, steps=())
    return replace(report, headline=first.text, steps=first.steps, finding=first.finding)
