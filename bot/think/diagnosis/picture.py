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
_GOLDEN = "latency duration error availability success memory cpu used restarts lag connections"
GOLDEN = tuple(_GOLDEN.split())
TITLED = ("service", "microservice", "pod", "persistentvolumeclaim", "dbinstance_identifier", "source", "destination")


def picture(
    sight: Sight, cause: Cause | None, suspects: tuple[Suspect, ...], moments: tuple[Moment, ...]
) -> Chart | None:
    """None where no series tells anything."""
    names = _names(cause, suspects)
    best: tuple[float, Track, str] | None = None
    for track, query in legible(sight):
        weight = _weight(sight, track, names)
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


def _weight(sight: Sight, track: Track, names: set[str]) -> float:
    """How far it moved, for series of what is to blame; golden signals first."""
    if not names & set(track.labels.values()) or len(track.values) < LEAST_POINTS:
        return 0.0
    before, after = track.between(0.0, sight.start), track.between(sight.start, sight.now + 60)
    before, after = (before, after) if before and after else (track.values[:2], track.values[-2:])
    spread = statistics.pstdev(before) + 0.05 * abs(statistics.mean(before)) + 1e-9
    moved = min(abs(statistics.mean(after) - statistics.mean(before)) / spread, 50.0)
    if track.name == SHARE and statistics.mean(after) >= HELD_BACK:  # held back all the time does not move
        moved = max(moved, 1.0)
    return moved * (2.0 if any(word in track.name for word in GOLDEN) else 1.0)
