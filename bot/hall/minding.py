"""People over an incident: acknowledge, take, hand over, silence, catch up; by button, command or word."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.act.gate import Gate
from bot.domain.card import Card
from bot.domain.case import Case
from bot.domain.event import Look
from bot.domain.incident import Incident
from bot.domain.message import Message, Person, Press, PressKind, Thread
from bot.hall.closing import repairs_of
from bot.hall.home import Home
from bot.hall.silencing import Silencing
from bot.talk.cards.catching_up import catching_up_card
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.inbox import Inbox
from bot.talk.outbox import Outbox
from bot.think.incidents import Incidents

ORDERS = {
    "/ack": PressKind.ACKNOWLEDGE,
    "/take": PressKind.ASSIGN,
    "/assign": PressKind.ASSIGN,
    "/handover": PressKind.ASSIGN,
    "/silence": PressKind.SILENCE,
    "/catchup": PressKind.CATCH_UP,
}
SAID = {
    PressKind.ACKNOWLEDGE: r"ack|acknowledged?|确认|收到告警",
    PressKind.ASSIGN: r"(i('|’)ll|i will|let me) take (it|this)|take it|mine|我来处理|我来|认领",
    PressKind.SILENCE: r"silence( (it|this))?|mute( (it|this))?|静默|静音",
    PressKind.CATCH_UP: r"(please )?catch me up|what did i miss|前情提要|我错过了什么|帮我补一下",
}
"""Said alone in an incident's thread, these are orders; in a longer sentence they are part of a question."""
WORDS = {kind: re.compile(words, re.IGNORECASE) for kind, words in SAID.items()}
HANDED = re.compile(
    r"(?:hand (?:it |this )?over to|assign (?:it |this )?to|交接给|移交给|交给)\s*(\S.*)", re.IGNORECASE
)
ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Minding:
    """Needs no brain. What changes is on the incident's card at once, for all to see."""

    incidents: Incidents
    gate: Gate
    inbox: Inbox
    outbox: Outbox
    home: Home
    silencing: Silencing
    incident_of: Callable[[Thread], Awaitable[Incident | None]]
    case_of: Callable[[Incident], Awaitable[Case]]
    show: Callable[[Incident], Awaitable[None]]
    now: Callable[[], datetime]

    async def obey(self, message: Message) -> bool:
        """Do what was said. False: it was no such order, and is for others to answer."""
        order, _, rest = message.text.strip().partition(" ")
        kind, spoken = ORDERS.get(order), False
        if kind is None and len(message.text) < 200:
            kind, rest = _said(message.text)
            spoken = True
        here = await self.incident_of(message.thread) if kind else None
        if kind is None or (spoken and here is None):
            return False
        words = Words(message.sender.language)
        if (named := ID.match(rest.strip())) and (meant := await self.incidents.get(named[0])):
            here, rest = meant, rest.strip()[named.end() :]
        if here is None:
            await self._answer(message, notice_card(words("mind_where", order=order), words, "warn"))
            return True
        press = Press(message.key, message.thread, message.sender, kind, here.id, message.at, rest.strip())
        if kind is PressKind.CATCH_UP:
            await self._answer(message, await self._told(here, words, message.sender.zone))
        elif kind is PressKind.ASSIGN and rest.strip():
            await self._hand_over(here, message, rest.strip())
        else:
            await self.pressed(here, press)
            if message.thread.key != self.home.thread(here).key:
                await self._answer(message, notice_card(words("mind_done", id=here.id), words, "ok"))
        return True

    async def pressed(self, incident: Incident, press: Press) -> None:
        """A button of its card, or a word for it."""
        who = press.person
        match press.kind:
            case PressKind.ACKNOWLEDGE:
                await self._mark(
                    incident, "acknowledged", who.name, lambda newest: replace(newest, acknowledged_by=who)
                )
            case PressKind.ASSIGN:
                await self._mark(incident, "assigned", who.name, lambda newest: replace(newest, assigned_to=who))
            case PressKind.SILENCE:
                await self.silencing.ask(incident, await self.case_of(incident), press)
            case PressKind.INVESTIGATE:
                await self.inbox.hear(Look(f"look:{press.key}", self.home.thread(incident), incident.id))
            case PressKind.CATCH_UP:
                card = await self._told(incident, Words(who.language), who.zone)
                await self.outbox.whisper(press.thread, who, card)

    async def _hand_over(self, incident: Incident, message: Message, whom: str) -> None:
        """Somebody else has it from now on; what they need to know stands in the thread."""
        whom = re.split(r"[,，。;；\n]", whom.lstrip("@"), maxsplit=1)[0].strip()[:80]
        sender = message.sender
        heir = Person(whom, whom, sender.channel, sender.workspace)
        told = f"{sender.name} → {whom}"
        incident = await self._mark(incident, "handed_over", told, lambda newest: replace(newest, assigned_to=heir))
        words = Words(self.home.language)
        card = await self._told(incident, words, self.home.zone, words("handover_note", old=sender.name, new=whom))
        await self.outbox.show(f"handover:{message.key}", self.home.thread(incident), card)
        if message.thread.key != self.home.thread(incident).key:
            words = Words(sender.language)
            await self._answer(message, notice_card(words("mind_done", id=incident.id), words, "ok"))

    async def _told(self, incident: Incident, words: Words, zone: str, note: str = "") -> Card:
        repairs = await repairs_of(incident, self.gate)
        waiting = await self.gate.pending(self.home.thread(incident).key)
        return catching_up_card(incident, repairs, waiting, words, zone, note)

    async def _mark(self, incident: Incident, what: str, who: str, how: Callable[[Incident], Incident]) -> Incident:
        """Changed, with a moment in its timeline, and shown."""
        changed = await self.incidents.change(incident.id, lambda newest: how(newest).marked(self.now(), what, who))
        changed = changed or incident
        await self.show(changed)
        return changed

    async def _answer(self, message: Message, card: Card) -> None:
        await self.outbox.show(f"answer:{message.key}", message.thread, card)


def _said(text: str) -> tuple[PressKind | None, str]:
    """An order in plain words: what it means, and to whom it hands the incident."""
    bare = text.strip(" .!?。！？~\n")
    if handed := HANDED.fullmatch(bare):
        return PressKind.ASSIGN, handed[1]
    return next((kind for kind, words in WORDS.items() if words.fullmatch(bare)), None), ""
