"""/kb QUESTION: the library answers at once, without a brain; "this was it" moves an entry a little."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.message import Message, Person, Press, PressKind
from bot.redaction import mask
from bot.talk.cards.findings import findings_card
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.outbox import Outbox
from knowledge import Findings

ORDER = "/kb"
VOICES = {PressKind.THIS_WAS_IT: True, PressKind.NOT_THIS: False}


class Books(Protocol):
    """The library, as somebody at its desk sees it."""

    async def look_up(self, question: str, asker: Person, alone: bool, most: int = 5) -> Findings | None: ...

    async def for_them_alone(self, question: str, asker: Person, most: int = 5) -> Findings | None: ...

    async def voice(self, document: str, person: str, up: bool) -> bool: ...


@dataclass(frozen=True, slots=True)
class Consulting:
    """Shows what was found with its sources; hears whether it was the right one."""

    books: Books
    outbox: Outbox

    @staticmethod
    def meant(message: Message) -> bool:
        """Whether the library is asked by its command."""
        return message.text.split(maxsplit=1)[:1] == [ORDER]

    async def consult(self, message: Message) -> None:
        """Answer with what fits, or with what is near where nothing does.

        Where others read along they see what everybody may; what only the asker may see is whispered to them.
        """
        words = Words(message.sender.language)
        question = message.text.strip().removeprefix(ORDER).strip()
        if not question:
            card = notice_card(words("kb_usage"), words)
        else:
            found = await self.books.look_up(mask(question), message.sender, message.alone)
            away = notice_card(words("kb_away"), words, "warn")
            card = away if found is None else findings_card(question, found, words)
        await self.outbox.show(f"answer:{message.key}", message.thread, card)
        if question and not message.alone:
            await self._whisper(question, message, words)

    async def _whisper(self, question: str, message: Message, words: Words) -> None:
        if hidden := await self.books.for_them_alone(mask(question), message.sender):
            card = findings_card(question, hidden, words, "kb_for_you")
            await self.outbox.whisper(message.thread, message.sender, card)

    async def heard(self, press: Press) -> None:
        """One voice for each person and entry; the newest counts."""
        words = Words(press.person.language)
        kept = await self.books.voice(press.target, press.person.key, VOICES[press.kind])
        told = notice_card(words("kb_heard" if kept else "kb_away"), words, "ok" if kept else "warn")
        await self.outbox.whisper(press.thread, press.person, told)
