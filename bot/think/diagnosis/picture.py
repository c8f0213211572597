"""Chooses the one series worth showing: of what is to blame, the one that moved most in the fault window."""

import statistics

from bot.domain.finding import Cause, Subject
from bot.domain.units import unit_of
from bot.think.diagnosis.rates import SHARE, legible
from bot.think.diagnosis.report import Chart, Moment, Suspect
from bot.think.diagnosis.sight import Sight, Track
from bot.think.diagnosis.suspects.findings import STRONG

LEAST_POINTS = 4
HELD_BACK = 0.25
"""Throttled for so much of the time, a container is worth a look however steady that is."""
BEFORE = 3600.0
FELT = ("latency", "duration", "error", "availability", "success")
"""What callers feel."""
GOLDEN = ("memory", "cpu", "used", "restarts", "lag", "connections")
TITLED = ("service", "microservice", "pod", "persistentvolumeclaim", "dbinstance_identifier", "source", "destination")
TELLS = {
    **dict.fromkeys(("oom_killed", "memory_full", "memory_grows"), ("memory",)),
    "throttled": ("throttled",),
    "errors_rose": ("availability", "success", "error"),
    "latency_rose": ("latency", "duration"),
}
"""Findings, and words in the names of the series that show them better than what they lead to."""
TELLING, OWN = 30.0, 1.5
"""How much more such a series is worth; and one of what the headline names, not of what suffers by it."""


def picture(
    sight: Sight, cause: Cause | None, suspects: tuple[Suspect, ...], moments: tuple[Moment, ...]
) -> Chart | None:
    """None where no series tells anything."""
    names, told = _names(cause, suspects), _told(cause)
    best: tuple[float, Track, str] | None = None
    for track, query in legible(sight):
        weight = _weight(sight, track, names)
        weight *= TELLING if weight >= 1.0 and any(word in track.name for word in told) else 1.0
        weight *= OWN ** sum(_is_of(track, each.name) for each in _heads(cause))
        if weight > 0 and (best is None or weight > best[0]):
            best = weight, track, query
    if best is None:
        return None
    _, track, query = best
    first = min(sight.start - BEFORE, sight.now - BEFORE)
    points = tuple((at, value) for at, value in zip(track.times, track.values, strict=True) if at >= first)
    changes = tuple(one for one in moments if one.change)
    unit = unit_of(track.name, max((value for _, value in points), default=0.0))
    about = " ".join(track.labels[label] for label in TITLED if label in track.labels)
    title = f"{track.name} {about}".strip()
    return Chart(title, query, points, (sight.start, sight.now), changes, unit, track.name, about)


def _names(cause: Cause | None, suspects: tuple[Suspect, ...]) -> set[str]:
    found = {suspect.name for suspect in suspects[:1] if suspect.score >= STRONG}
    if cause is not None:
        subjects: list[Subject] = [cause.about, *cause.path, *(one.about for one in cause.speaks_for)]
        found |= {subject.name for subject in subjects}
    return found


def _told(cause: Cause | None) -> tuple[str, ...]:
    """Of the first finding that some series shows."""
    return next((TELLS[one.key] for one in (cause.speaks_for if cause else ()) if one.key in TELLS), ())


def _heads(cause: Cause | None) -> list[Subject]:
    """Whom the headline names."""
    return [cause.about, *(one.about for one in cause.speaks_for[:1])] if cause else []


def _is_of(track: Track, name: str) -> bool:
    """Its own, or of one of its pods."""
    return any(value == name or value.startswith(f"{name}-") for value in track.labels.values())


def _weight(sight: Sight, track: Track, names: set[str]) -> float:
    """How far it moved, for series of what is to blame; what callers feel first, then the other golden signals."""
    if not names & set(track.labels.values()) or len(track.values) < LEAST_POINTS:
        return 0.0
    before, after = track.between(0.0, sight.start), track.between(sight.start, sight.now + 60)
    before, after = (before, after) if before and after else (track.values[:2], track.values[-2:])
    spread = statistics.pstdev(before) + 0.05 * abs(statistics.mean(before)) + 1e-9
    moved = min(abs(statistics.mean(after) - statistics.mean(before)) / spread, 50.0)
    if track.name == SHARE and statistics.mean(after) >= HELD_BACK:  # held back all the time does not move
        moved = max(moved, 1.0)
    felt, golden = (any(word in track.name for word in words) for words in (FELT, GOLDEN))
    return moved * (2.5 if felt else 2.0 if golden else 1.0)
