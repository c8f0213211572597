"""Incidents told in more than one place: each card stands in all of them, and what is said or clicked there counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.message import Person, Thread

INCIDENT = "@incident:"
"""How our own name of an incident's thread begins."""


@dataclass(frozen=True, slots=True)
class Place:
    """A channel's folder, and where in it."""

    channel: str
    place: str


@dataclass(frozen=True, slots=True)
class Mirrors:
    """The one place where incidents live, and those that show the same."""

    home: Place = Place("", "")
    others: tuple[Place, ...] = ()

    def of(self, thread: Thread) -> Sequence[Thread]:
        """The same thread elsewhere; of all but incidents there is none."""
        if not self.others or not self._lives_at(thread, self.home):
            return ()
        return [replace(thread, channel=each.channel, place=each.place) for each in self.others]

    def home_of(self, thread: Thread) -> Thread:
        """The thread that this one mirrors; else itself."""
        if any(self._lives_at(thread, each) for each in self.others):
            return replace(thread, channel=self.home.channel, place=self.home.place, workspace="")
        return thread

    def seen_by(self, thread: Thread, person: Person) -> Thread:
        """Where this person sees the thread: nothing can be whispered to them on another platform."""
        if person.channel in {thread.channel, ""}:
            return thread
        return next((each for each in self.of(thread) if each.channel == person.channel), thread)

    def _lives_at(self, thread: Thread, where: Place) -> bool:
        return thread.id.startswith(INCIDENT) and (thread.channel, thread.place) == (where.channel, where.place)
