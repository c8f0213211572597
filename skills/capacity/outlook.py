"""What is to come for one series: the path, the band, the peak, when it is full, and how sure we are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skills.capacity.ahead import TREND, ahead
from skills.capacity.exhaustion import FARTHEST, NEVER, extended, filling, hours_until
from skills.capacity.history import HOUR, MANY_HOLES, History
from skills.capacity.models import Model, model
from skills.capacity.shape import DAY, HIGH, HISTORY, HORIZON, LOW, MIDDLE, Array, widened
from skills.capacity.shifts import relevel, steps, trend_share
from skills.capacity.trial import Trial, trials
from skills.capacity.wording import Remark

Confidence = Literal["high", "medium", "low"]
LEAST = DAY
"""Hours without which nothing is said at all."""
LITTLE = 4 * DAY
"""Hours below which the band is very wide, and nothing is advised."""
STALE = 6
"""Hours after which the newest value is old."""
FILLING = -1
"""Stands for the path that fullness is expected by."""
CAUTIOUS = 3
"""The quantile (40 %) that must also be full in the end before an alert is raised."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something known that may have changed the level: a rollout, a scaling, a new limit, a new node."""

    at: float
    """Unix seconds."""
    what: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One series to look ahead for."""

    name: str
    history: History
    unit: str = ""
    ceiling: float | None = None
    """At this value it is full."""
    events: tuple[Event, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    """What tells it from others, for machines."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A series that nothing honest can be said about."""

    subject: Subject
    why: Remark


@dataclass(frozen=True, slots=True)
class Outlook:
    """One series, looked ahead for."""

    subject: Subject
    start: int
    """The first hour told, in unix hours."""
    low: Array
    middle: Array
    high: Array
    """By hour: the 10 %, 50 % and 90 % paths."""
    peak: float
    """What the highest hour is unlikely to pass."""
    model: str
    confidence: Confidence
    expected: float = NEVER
    """Hours until it is full, by the path between the 50 % and 60 % quantiles; infinite if not within three weeks."""
    earliest: float = NEVER
    """The same by the 90 % path: earliest plausible."""
    cautious: float = NEVER
    """The same by the 40 % path."""
    trial: Trial | None = None
    remarks: tuple[Remark, ...] = ()


def look_ahead(
    subjects: Sequence[Subject],
    *,
    days: int = 3,
    name: str = "lstm",
    with_trials: bool = True,
    now: float | None = None,
) -> list[Outlook | Refused]:
    """All subjects at once: the network is asked for all of them in one go."""
    refusals = [_refusal(subject) for subject in subjects]
    usable = [subject for subject, why in zip(subjects, refusals, strict=True) if why is None]
    chosen = model(name)
    looks = trials([s.history for s in usable], chosen) if with_trials and name == "lstm" else [None] * len(usable)
    told = iter(_told(usable, looks, chosen, days, now))
    return [
        next(told) if why is None else Refused(subject, why) for subject, why in zip(subjects, refusals, strict=True)
    ]


def _refusal(subject: Subject) -> Remark | None:
    history = subject.history
    if not history.hours:
        return Remark("nothing_measured")
    return Remark("too_short", hours=history.hours) if history.hours < LEAST else None


@dataclass(frozen=True, slots=True)
class _Levelled:
    """A subject's last week, known steps taken out."""

    mean: Array
    high: Array
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the models drew for all subjects."""

    lines: dict[int, Array]
    """Quantile -> (subjects, three weeks of hours)."""
    full: dict[int, Array]
    """Quantile -> hours until each subject is full."""
    peaks: Array
    names: list[str]
    trend: Array


def _told(
    subjects: list[Subject], looks: Sequence[Trial | None], chosen: Model, days: int, now: float | None
) -> list[Outlook]:
    if not subjects:
        return []
    levelled = [_levelled(subject) for subject in subjects]
    drawn = _drawn(subjects, levelled, looks, chosen)
    hours = min(max(1, days) * DAY, FARTHEST)
    outlooks = []
    for at, subject in enumerate(subjects):
        remarks = [*subject.history.remarks, *levelled[at].remarks]
        remarks += _remarks(subject, now, float(drawn.trend[at]), hours)
        if drawn.names[at] != chosen.name:
            remarks.append(Remark(f"vetoed_{drawn.names[at]}"))
        outlooks.append(_outlook(subject, drawn, at, hours, looks[at], tuple(remarks)))
    return outlooks


def _drawn(subjects: list[Subject], levelled: list[_Levelled], looks: Sequence[Trial | None], chosen: Model) -> _Drawn:
    weeks = np.stack([one.mean for one in levelled])
    quantiles = ahead(chosen, np.concatenate([weeks, np.stack([one.high for one in levelled])]))
    paths = quantiles[: len(subjects)].copy()
    names = [chosen.name] * len(subjects)
    for at, (subject, look) in enumerate(zip(subjects, looks, strict=True)):
        if look is not None and look.winner != chosen.name:
            names[at] = look.winner
            paths[at] = ahead(model(look.winner), weeks[at : at + 1])[0]
        paths[at] = widened(paths[at : at + 1], _shortness(subject.history))[0]
    lines = {q: extended(weeks, paths[:, :, q]) for q in (LOW, CAUTIOUS, MIDDLE, HIGH)}
    lines[FILLING] = extended(weeks, filling(paths))
    ceilings = np.array([np.inf if one.ceiling is None else one.ceiling for one in subjects])
    full = {q: hours_until(line, ceilings) for q, line in lines.items()}
    return _Drawn(lines, full, quantiles[len(subjects) :, :, HIGH].max(1), names, trend_share(weeks))


def _outlook(
    subject: Subject, drawn: _Drawn, at: int, hours: int, look: Trial | None, remarks: tuple[Remark, ...]
) -> Outlook:
    week = subject.history.high[-HISTORY:]
    spread = float(np.subtract(*np.percentile(week, [99, 1])))
    full = {q: float(hours[at]) for q, hours in drawn.full.items()}
    return Outlook(
        subject,
        subject.history.end,
        drawn.lines[LOW][at, :hours],
        drawn.lines[MIDDLE][at, :hours],
        drawn.lines[HIGH][at, :hours],
        peak=max(float(week.max()), float(drawn.peaks[at])) + 0.1 * spread,
        model=drawn.names[at],
        confidence=_confidence(subject.history, look, drawn.names[at], float(drawn.trend[at])),
        expected=full[FILLING],
        earliest=min(full[HIGH], full[FILLING]),
        cautious=full[CAUTIOUS],
        trial=look,
        remarks=remarks,
    )


def _levelled(subject: Subject) -> _Levelled:
    """The last week, hours before known steps brought to the level after them."""
    mean, high = subject.history.week(), subject.history.week(high=True)
    remarks = []
    known = {HISTORY - (subject.history.end - int(event.at // HOUR)): event for event in subject.events}
    for hour in steps(mean, known):
        mean, high = relevel(mean, hour), relevel(high, hour)
        remarks.append(Remark("levelled", what=known[hour].what))
    return _Levelled(mean, high, tuple(remarks))


def _shortness(history: History) -> float:
    """How much wider the band has to be for want of history."""
    if history.hours >= HISTORY:
        return 1.0
    return 1.5 if history.hours >= LITTLE else 2.5


def _remarks(subject: Subject, now: float | None, trend: float, hours: int) -> list[Remark]:
    history, remarks = subject.history, []
    if history.hours < LITTLE:
        remarks.append(Remark("little_history", days=round(history.hours / DAY, 1)))
    elif history.hours < HISTORY:
        remarks.append(Remark("short_history", days=round(history.hours / DAY, 1)))
    if now is not None and (age := now / HOUR - history.end) > STALE:
        remarks.append(Remark("stale", hours=round(age)))
    if trend > TREND:
        remarks.append(Remark("trending"))
    if np.ptp(history.mean[-HISTORY:]) == 0:
        remarks.append(Remark("constant"))
    if hours > HORIZON:
        remarks.append(Remark("beyond", days=HORIZON // DAY))
    return remarks


def _confidence(history: History, look: Trial | None, name: str, trend: float) -> Confidence:
    off = look.mase(name) if look else 1.0
    if history.hours < LITTLE or history.holes > MANY_HOLES or off > 2:
        return "low"
    if look is None or history.hours < HISTORY or trend > TREND or off > 1.2 or look.inside[name] < 0.5:
        return "medium"
    return "high"
