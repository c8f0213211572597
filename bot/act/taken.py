"""What the gate answers: how far a plan got, and what a person's word came to."""

from dataclasses import dataclass
from typing import Any

from bot.domain.approval import Approval, Refusal
from skills import Evidence


@dataclass(frozen=True, slots=True)
class Taken:
    """How far a plan got: what was seen, and what it stopped at."""

    seen: tuple[Evidence | Refusal, ...] = ()
    asked: Approval | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What a person's word came to."""

    approval: Approval | None
    counted: bool
    """False: this word changed nothing; `key` says why."""
    key: str = ""
    values: dict[str, Any] | None = None
