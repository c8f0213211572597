"""What a brain is given, besides its briefings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.database import Database
from bot.domain.approval import Refusal
from bot.domain.case import Case
from bot.domain.message import Attachment, Thread
from bot.domain.plan import Plan, Step
from skills import Catalogue, Evidence

Look = Callable[[Step, Case], Awaitable[Evidence | Refusal]]
"""Takes one step that only looks, through the gate."""

Fetch = Callable[[Attachment, Thread], Awaitable[bytes]]
"""The content of a file that somebody attached in a thread. Raises ChannelError."""

Answers = Callable[[Case, str], Awaitable[bool]]
"""Whether who spoke last may answer a form of the brain with this choice."""


Forbids = Callable[[Step], str]
"""Why a step is refused whoever asks for it; empty when somebody may ask."""


class PlanShelf(Protocol):
    """Where our own doors keep the plans that were proposed through them, until their conversation claims them."""

    async def claim(self, plan_id: str, conversation: str) -> Plan | None:
        """The plan of this id, once, and only for the conversation it was proposed in."""
        ...

    async def waiting(self, conversation: str, since: datetime) -> Plan | None:
        """The newest plan that was proposed for just this conversation since then, once."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What a brain is given, besides its briefings."""

    catalogue: Catalogue
    look: Look | None = None
    shelf: PlanShelf | None = None
    database: Database | None = None
    """Where what must outlive a restart is kept."""
    fetch: Fetch | None = None
    answers: Answers | None = None
    forbids: Forbids | None = None
    leaving: Callable[[], bool] = lambda: False
    """Whether we go off duty: then what is broken off is taken up again after the next start."""
