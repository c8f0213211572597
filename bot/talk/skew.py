"""How far our clock is off a platform's: signatures and tokens do not forgive minutes."""

from datetime import UTC
from email.utils import parsedate_to_datetime


def skew(date: str, now: float) -> float:
    """Seconds that we are ahead of the `Date` that came with an answer; 0 when it says nothing."""
    try:
        theirs = parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return 0.0
    return now - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)).timestamp()
