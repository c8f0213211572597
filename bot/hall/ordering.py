"""Orders about acting itself, and questions about who did what."""

from dataclasses import dataclass

from bot.act.gate import Gate
from bot.domain.card import Card, plain
from bot.domain.message import Message
from bot.hall.calling import Calling
from bot.hall.home import Home
from bot.hall.recounting import Recounting
from bot.talk.cards.autonomy import autonomy_card
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.outbox import Outbox
from bot.talk.threads import our_thread

ORDERS = ("/breaker", "/break-glass", "/autonomy", "/audit")


@dataclass(frozen=True, slots=True)
class Ordering:
    """Obeys at once: no brain is asked."""

    gate: Gate
    outbox: Outbox
    home: Home
    calling: Calling
    recounting: Recounting

    @staticmethod
    def meant(message: Message) -> bool:
        """Whether it is one of these orders."""
        return message.text.split(maxsplit=1)[:1] != [] and (
            message.text.split(maxsplit=1)[0] in ORDERS or Recounting.meant(message)
        )

    async def obey(self, message: Message) -> None:
        """Do it, or say why not."""
        words = Words(message.sender.language)
        order, _, rest = message.text.partition(" ")
        match order:
            case "/breaker":
                target = rest.strip().removeprefix("reset").strip()
                key = await self.gate.latitude.reset_breaker(message.sender, target)
                card = notice_card(words(key), words, "ok" if key == "breaker_was_reset" else "warn")
            case "/break-glass":
                card = await self._break_glass(message, rest.strip(), words)
            case "/autonomy":
                card = await self._autonomy(words)
            case _:
                card = await self.recounting.card(message, words)
        await self.outbox.show(f"answer:{message.key}", message.thread, card)

    async def _break_glass(self, message: Message, reason: str, words: Words) -> Card:
        key = await self.gate.latitude.break_glass(message.sender, reason, message.thread)
        if key != "glass_broken":
            return notice_card(words(key), words, "warn")
        loud = Words(self.home.language)
        told = loud("glass_told", who=plain(message.sender.name), reason=plain(reason))
        alarm = our_thread(self.home.channel, self.home.place, f"glass:{message.key}")
        card = notice_card(told, loud, "crit")
        await self.outbox.show(f"glass:{message.key}", alarm, card)
        await self.calling.all_approvers(card)
        return notice_card(
            words(key, minutes=round(self.gate.latitude.glass_lasts.total_seconds() / 60)), words, "crit"
        )

    async def _autonomy(self, words: Words) -> Card:
        """The record of each action in each namespace, what it has earned, and what shadow mode wrote down."""
        standings, shadows = await self.gate.latitude.standings(), await self.gate.latitude.shadowed()
        return autonomy_card(standings, shadows, words)
