"""What somebody sees who comes to our own page or says /home or /approve: open incidents, and what waits for leave."""

from dataclasses import dataclass

from bot.act.gate import Gate
from bot.domain.message import Message, Person, Thread
from bot.talk.cards.board import board_card
from bot.talk.cards.words import Words
from bot.talk.outbox import Outbox
from bot.think.incidents import Incidents

ORDERS = ("/home", "/approve")


@dataclass(frozen=True, slots=True)
class Greeting:
    """One card, for each reader in their language; on Slack's Home tab it is brought up to date in place."""

    incidents: Incidents
    gate: Gate
    outbox: Outbox

    @staticmethod
    def meant(message: Message) -> bool:
        """Whether it is asked for by a command."""
        return message.text.split(maxsplit=1)[:1] != [] and message.text.split(maxsplit=1)[0] in ORDERS

    async def answer(self, message: Message) -> None:
        """In the thread where it was asked."""
        await self._show(f"answer:{message.key}", message.thread, message.sender)

    async def welcome(self, person: Person, thread: Thread) -> None:
        """On the person's own page, which `thread` stands for."""
        await self._show(f"home:{person.key}", thread, person)

    async def _show(self, slot: str, thread: Thread, person: Person) -> None:
        opened, waiting = await self.incidents.opened(), await self.gate.pending()
        mine = [each for each in waiting if self.gate.may_approve(person, each)]
        card = board_card(opened, waiting, {each.id for each in mine}, Words(person.language), person.zone)
        await self.outbox.show(slot, thread, card)
