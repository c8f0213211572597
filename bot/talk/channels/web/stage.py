"""What the house may hand to the page: commands to hint at, a story to play, pictures to show."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.domain.card import Card
from bot.domain.message import Language, Person
from knowledge import Findings
from knowledge.upkeep import Stats


@dataclass(frozen=True, slots=True)
class Scene:
    """One button of the demo's story."""

    id: str
    label: str
    about: str = ""
    danger: bool = False


class Story(Protocol):
    """What the demo lets a visitor do to the pretend cluster."""

    def scenes(self, language: Language) -> Sequence[Scene]:
        """The buttons, in order."""
        ...

    async def play(self, scene: str, person: Person) -> str:
        """Do it; returns one sentence on what happened, in the person's language. Raises KeyError when unknown."""
        ...


class Books(Protocol):
    """The library, as the page shows it."""

    async def look_up(self, question: str, asker: Person, alone: bool, most: int = 5) -> Findings | None:
        """What fits a question, and what is near; None while there is no library, or it is away."""
        ...

    async def stock(self) -> Stats | None:
        """What it holds, by source, and how each last import went."""
        ...


Previews = Callable[[Card], Awaitable[Mapping[str, Any]]]
"""A card as each other platform is sent it, and its `pictures`."""
Pictures = Callable[[str], Awaitable[tuple[bytes, str] | None]]
"""By its id: the bytes of a picture and its media type."""
