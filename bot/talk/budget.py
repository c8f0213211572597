"""How many calls a platform allows, counted by ourselves before it has to say no."""

from dataclasses import dataclass, field

TINY = 1e-6
LATE = 3.0
"""Seconds."""


@dataclass(slots=True)
class Bucket:
    """So many a minute, a few of them at once."""

    per_minute: float
    most: float
    left: float = 0.0
    at: float = 0.0
    closed_until: float = 0.0
    line: dict[str, float] = field(default_factory=dict)
    """Who waits, in order, and until when: else the same few would win each time."""

    def take(self, now: float, keep: float = 0.0, who: str = "") -> float:
        """0 when there was one to take (above those to `keep`); else the seconds to wait.

        Args:
            now: In seconds.
            keep: How many to leave to others.
            who: A name under which to stand in line; empty: come again and try.
        """
        self.left = min(self.most, self.left + (now - self.at) * self.per_minute / 60)
        self.at = now
        if now < self.closed_until:
            return self.closed_until - now
        lack = 1 + keep + self._ahead(who, now) - self.left
        if lack <= TINY:
            self.left -= 1
            self.line.pop(who, None)
            return 0.0
        wait = lack * 60 / self.per_minute
        if who:
            self.line[who] = now + wait
        return wait

    def _ahead(self, who: str, now: float) -> int:
        """How many came before; whoever does not come back in time has left the line."""
        self.line = {name: until for name, until in self.line.items() if until > now - LATE}
        names = list(self.line)
        return names.index(who) if who in self.line else len(names)
