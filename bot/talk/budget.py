"""How many calls a platform allows, counted by ourselves before it has to say no."""

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """So many a minute, a few of them at once."""

    per_minute: float
    most: float
    left: float = 0.0
    at: float = 0.0
    closed_until: float = 0.0

    def take(self, now: float, keep: float = 0.0) -> float:
        """0 when there was one to take (above those to `keep`); else the seconds to wait."""
        self.left = min(self.most, self.left + (now - self.at) * self.per_minute / 60)
        self.at = now
        if now < self.closed_until:
            return self.closed_until - now
        if self.left < 1 + keep:
            return (1 + keep - self.left) * 60 / self.per_minute
        self.left -= 1
        return 0.0
