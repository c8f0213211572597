"""After an incident: a summary in its thread, and the case offered to the library."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.act.gate import Gate
from bot.domain.incident import Incident
from bot.domain.message import Press, PressKind
from bot.hall.home import Home
from bot.redaction import mask
from bot.talk.cards.incident import timeline, title_of
from bot.talk.cards.notice import notice_card
from bot.talk.cards.summary import Repair, deeds, fired, summary_card
from bot.talk.cards.words import Words
from bot.talk.outbox import Outbox
from bot.think.incidents import Incidents
from knowledge.learning import Draft


class Offers(Protocol):
    """Where drafts of cases wait until somebody settles them."""

    async def offer(self, draft: Draft) -> str: ...

    async def settle(self, draft: str, person: str, keep: bool, helped: str = "") -> bool: ...


@dataclass(frozen=True, slots=True)
class Closing:
    """Sums up what is over. The summary is one message, brought up to date when the incident comes back."""

    incidents: Incidents
    gate: Gate
    outbox: Outbox
    offers: Offers
    home: Home
    now: Callable[[], datetime]

    async def close(self, incident: Incident) -> None:
        """Show what fired, why, what was done and whether it helped; offer it as a case, where there is a library."""
        await self.gate.latitude.weigh(self.home.thread(incident).key)
        repairs = await repairs_of(incident, self.gate)
        report = incident.report
        if report and not report.healthy and not incident.draft:
            draft = await self.offers.offer(draft_of(incident, repairs, self.home))
            incident = await self.incidents.change(incident.id, lambda newest: replace(newest, draft=draft)) or incident
        await self._show(incident, repairs)

    async def settle(self, incident: Incident, press: Press) -> None:
        """Somebody who was there says whether it is worth keeping, maybe in other words; the first word counts."""
        keep, helped = press.kind is PressKind.KEEP_CASE, mask(press.value.strip())
        if not (incident.draft and await self.offers.settle(incident.draft, press.person.key, keep, helped)):
            words = Words(press.person.language)
            await self.outbox.whisper(press.thread, press.person, notice_card(words("case_settled"), words, "warn"))
            return
        what = "case_kept" if keep else "case_dropped"
        changed = await self.incidents.change(
            incident.id, lambda newest: newest.marked(self.now(), what, press.person.name)
        )
        await self._show(changed or incident, await repairs_of(incident, self.gate))

    async def _show(self, incident: Incident, repairs: Sequence[Repair]) -> None:
        card = summary_card(incident, repairs, Words(self.home.language), self.home.zone)
        await self.outbox.show(f"summary:{incident.id}", self.home.thread(incident), card)


async def repairs_of(incident: Incident, gate: Gate) -> tuple[Repair, ...]:
    """What was asked for in its thread, and what came of it."""
    found = [(await gate.approval(each), await gate.courses(each)) for each in incident.repairs]
    return tuple(Repair(approval, courses) for approval, courses in found if approval)


def draft_of(incident: Incident, repairs: Sequence[Repair], home: Home) -> Draft:
    """An incident as a case: what fired, why, what was done and whether it helped."""
    words = Words(home.language)
    return Draft(
        title=mask(title_of(incident)),
        symptom=mask("\n".join(fired(incident))),
        cause=mask(incident.report.headline if incident.report else ""),
        helped=mask("\n".join(deeds(repairs, words)) or words("summary_nothing_done")),
        timeline=tuple(map(mask, timeline(incident, words, home.zone))),
        services=incident.named("service", "deployment", "workload")[:20],
        namespaces=incident.named("namespace")[:20],
        alerts=incident.named("alertname")[:20],
        incident=incident.id,
    )
