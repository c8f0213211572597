"""Who did what, as the ledger has it: for a question, a card of rows."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.act.gate import Gate
from bot.act.ledger import Ledger
from bot.act.ledger.reading import records
from bot.act.ledger.recall import MOST, Recalled, read_order, read_question, recalled, row
from bot.domain.card import Card, Grid, Markdown, plain
from bot.domain.message import Message
from bot.domain.record import AuditRecord
from bot.talk.cards.words import Words

COLUMNS = ("when", "who", "did", "leave", "outcome")


@dataclass(frozen=True, slots=True)
class Recounting:
    """Reads, and changes nothing: it answers also while the ledger takes no records."""

    gate: Gate
    ledger: Ledger
    now: Callable[[], datetime]

    @staticmethod
    def meant(message: Message) -> bool:
        """Whether it asks who did something."""
        return read_question(message.text, datetime.now(UTC)) is not None

    async def card(self, message: Message, words: Words) -> Card:
        """Who has a role sees all; everybody else what they asked for themselves."""
        zone = ZoneInfo(message.sender.zone)
        now = self.now().astimezone(zone)
        asked = read_question(message.text, now) or read_order(message.text, now)
        own = "" if self.gate.knows(message.sender) else message.sender.key
        found = await asyncio.to_thread(self._found, asked, own)
        about = plain(f"{asked.name or words('audit_anything')} · {asked.when}")
        title = words("audit_title")
        if not found:
            return Card(title, (Markdown(words("audit_none", about=about)),), language=words.language)
        columns = tuple(words(f"audit_{name}") for name in COLUMNS)
        told = Markdown(words("audit_found", count=len(found), about=about))
        rows = tuple(row(each, zone) for each in reversed(found[-MOST:]))
        return Card(title, (told, Grid(columns, rows)), language=words.language)

    def _found(self, asked: Recalled, own: str) -> list[AuditRecord]:
        kept = (record for _, record in records(self.ledger.path))
        return [each for each in recalled(kept, asked) if not own or each.who == own]
