"""Pretend time: what is to happen when, carried out in order as the clock moves."""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Clock = Callable[[], float]


@dataclass(slots=True)
class FastClock:
    """A clock that runs faster than the wall: it starts at `start` and moves `speed` seconds a second."""

    start: float
    speed: float = 1.0
    _began: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        return self.start + (time.monotonic() - self._began) * self.speed


@dataclass(slots=True)
class HandClock:
    """A clock that moves only when told to, for tests and for cases that are kept."""

    at: float

    def __call__(self) -> float:
        return self.at

    def move(self, seconds: float) -> None:
        """Let so much time pass."""
        self.at += seconds


@dataclass(slots=True)
class Agenda:
    """What is to happen; `now` is the time of what is happening."""

    now: float
    _waiting: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _count: int = 0

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        """Do something in so many seconds."""
        self._count += 1
        heapq.heappush(self._waiting, (self.now + seconds, self._count, do))

    def run(self, until: float, settle: Callable[[], None]) -> None:
        """Let time pass; after each thing that happens, the controllers settle."""
        while self._waiting and self._waiting[0][0] <= until:
            self.now = max(self.now, self._waiting[0][0])
            while self._waiting and self._waiting[0][0] <= self.now:
                heapq.heappop(self._waiting)[2]()
            settle()
        self.now = max(self.now, until)
