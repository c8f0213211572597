"""/link: one's accounts in Slack, Feishu and the page become one person. The code is told to its asker alone."""

from dataclasses import dataclass

from bot.act.gate import Gate
from bot.domain.card import plain
from bot.domain.message import Message
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.outbox import Outbox

ORDER = "/link"


@dataclass(frozen=True, slots=True)
class Linking:
    """Obeys at once, in private, and writes it down."""

    gate: Gate
    outbox: Outbox

    @staticmethod
    def meant(message: Message) -> bool:
        """Whether it is this order."""
        return message.text.split(maxsplit=1)[:1] == [ORDER]

    async def obey(self, message: Message) -> None:
        """A code; or, with one, the bond; or `off`."""
        person, words = message.sender, Words(message.sender.language)
        said = message.text.partition(" ")[2].strip()
        if not said:
            text, well = words("link_code", code=await self.gate.kin.offer(person)), True
        elif said.lower() == "off":
            await self.gate.kin.leave(person)
            await self.gate.note(person, "unlinked", person.key)
            text, well = words("link_off"), True
        elif other := await self.gate.kin.join(said, person):
            await self.gate.note(person, "linked", other)
            text, well = words("link_done", other=plain(other.replace("::", ":"))), True
        else:
            text, well = words("link_no_code"), False
        await self.outbox.whisper(message.thread, person, notice_card(text, words, "ok" if well else "warn"))
