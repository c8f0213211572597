"""What a platform refused is asked for again after a while: rights are granted while we run."""

from collections.abc import Callable

FIRST, LONGEST = 60.0, 3_600.0


class Rests:
    """After each refusal in a row the pause is twice as long."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._until = 0.0
        self._refusals = 0

    @property
    def over(self) -> bool:
        """Whether it may be asked for."""
        return self._now() >= self._until

    def refused(self) -> float:
        """Gives the seconds until it may be asked for again."""
        pause: float = min(FIRST * 2**self._refusals, LONGEST)
        self._refusals = min(self._refusals + 1, 16)
        self._until = self._now() + pause
        return pause

    def granted(self) -> None:
        """The next refusal is the first again."""
        self._refusals = 0
