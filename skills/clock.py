"""What time it is, and in whose zone: handed in, so that a recorded case is read at its own time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from skills.words import readers_language

_readers_zone: ContextVar[tzinfo | None] = ContextVar("readers_zone", default=None)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the time in the zone of whoever asks."""

    read: Callable[[], datetime] = field(default=_utc_now)
    home: tzinfo = UTC
    """The zone of a reader who has not told us theirs."""

    def now(self) -> datetime:
        """The present moment, in the reader's zone."""
        return self.read().astimezone(_readers_zone.get() or self.home)


@contextmanager
def reader_in(zone: tzinfo | None, language: str = "en") -> Iterator[None]:
    """While this holds, times are read and told in this person's zone, and what is seen in their language."""
    zoned, spoken = _readers_zone.set(zone), readers_language.set(language)
    try:
        yield
    finally:
        _readers_zone.reset(zoned)
        readers_language.reset(spoken)
