"""People put alerts where they belong: /merge INTO in an incident's thread, /split NAME for what is another trouble."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.alert import Alert
from bot.domain.event import Look
from bot.domain.incident import Incident
from bot.domain.message import Message, Thread
from bot.hall.home import Home
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.inbox import Inbox
from bot.talk.outbox import Outbox
from bot.think.incidents import Incidents

ORDERS = ("/merge", "/split")


@dataclass(frozen=True, slots=True)
class Sorting:
    """Obeys at once; what moved is looked into anew where it went."""

    incidents: Incidents
    inbox: Inbox
    outbox: Outbox
    home: Home
    incident_of: Callable[[Thread], Awaitable[Incident | None]]
    show: Callable[[Incident], Awaitable[None]]

    @staticmethod
    def meant(message: Message) -> bool:
        """Whether it is one of these orders."""
        return next(iter(message.text.split(maxsplit=1)), "") in ORDERS

    async def obey(self, message: Message) -> None:
        """Do it, or say what is missing."""
        words = Words(message.sender.language)
        order, _, target = message.text.strip().partition(" ")
        target = target.strip()
        here = await self.incident_of(message.thread)
        if here is None or not target:
            text = words("sort_here" if here is None else "sort_how")
            await self._say(message, text, words, done=False)
            return
        if order == "/merge":
            moved = await self.incidents.move(here.id, target, lambda _: True, message.sender.name)
        else:
            moved = await self.incidents.move(here.id, "", lambda alert: named(alert, target), message.sender.name)
        if moved is None:
            known = ", ".join(dict.fromkeys(alert.name for alert in here.alerts if alert.firing))[:200]
            await self._say(message, words("sort_nothing", target=target, known=known), words, done=False)
            return
        left, grown = moved
        for each in (left, grown):
            await self.show(each)
        await self.inbox.hear(Look(f"look:{grown.id}:{message.key}", self.home.thread(grown), grown.id))
        if left.open:
            await self.inbox.hear(Look(f"look:{left.id}:{message.key}", self.home.thread(left), left.id))
        await self._say(message, words("sort_done", incident=grown.id, count=len(grown.alerts)), words, done=True)

    async def _say(self, message: Message, text: str, words: Words, *, done: bool) -> None:
        card = notice_card(text, words, "ok" if done else "warn")
        await self.outbox.show(f"answer:{message.key}", message.thread, card)


def named(alert: Alert, target: str) -> bool:
    """By its name, or by what it is about."""
    return target in (alert.name, *alert.labels.values())
