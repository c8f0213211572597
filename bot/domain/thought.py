"""What a brain lets us hear while it thinks; the last thought is its Plan."""

from dataclasses import dataclass
from typing import Literal

from bot.domain.plan import Plan


@dataclass(frozen=True, slots=True)
class Words:
    """More text to append to the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The whole answer anew (moderation, annotation)."""

    text: str


@dataclass(frozen=True, slots=True)
class Activity:
    """A step of the brain's own work (a tool call, a workflow node); the newest state of an id wins."""

    id: str
    label: str
    state: Literal["running", "done", "failed"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Began:
    """The brain's own id of the conversation, told as soon as it is known: what breaks later must not lose it."""

    conversation: str


Thought = Words | Rewrite | Activity | Began | Plan
