"""What stands in a thread of the page: what a person wrote, or one card of ours."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.domain.card import Card
from bot.domain.message import Attachment, Person


@dataclass(slots=True)
class Frame:
    """Something for the page, turned into bytes once, and only when somebody is there to see it."""

    event: str
    seq: int
    body: bytes = b""
    numbered: bool = True
    """False: not a place that a page can resume from."""

    def encoded(self) -> bytes:
        """As the wire wants it."""
        return self.body

    def wire(self) -> bytes:
        """As one server-sent event."""
        number = b"id: %d\n" % self.seq if self.numbered else b""
        return b"%sevent: %s\ndata: %s\n\n" % (number, self.event.encode(), self.encoded())


@dataclass(slots=True)
class Entry(Frame):
    """The newest state of one slot. `position` never changes; `seq` grows with each state."""

    slot: str = ""
    thread: str = ""
    position: int = 0
    revision: int = 0
    at: float = 0.0
    who: Person | None = None
    text: str = ""
    files: tuple[Attachment, ...] = ()
    card: Card | None = None
    final: bool = True
    _wire: bytes = field(default=b"", repr=False)

    def encoded(self) -> bytes:
        if not self.body:
            self.body = orjson.dumps(self._told())
        return self.body

    def wire(self) -> bytes:
        if not self._wire:
            self._wire = Frame.wire(self)
        return self._wire

    @property
    def asks(self) -> bool:
        """Whether somebody is waited for here."""
        return any(
            button.act == "approve"
            for block in (self.card.blocks if self.card else ())
            if block.kind == "buttons"
            for button in block.buttons
        )

    def _told(self) -> dict[str, Any]:
        who = {"id": self.who.id, "name": self.who.name} if self.who else None
        return {
            "slot": self.slot,
            "thread": self.thread,
            "position": self.position,
            "seq": self.seq,
            "revision": self.revision,
            "at": self.at,
            "final": self.final,
            "who": who,
            "text": self.text,
            "files": [{"id": each.url, "name": each.name, "media_type": each.media_type} for each in self.files],
            "card": self.card,
        }
