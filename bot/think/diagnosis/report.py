"""What a diagnosis says: the verdict, ranked causes, findings, gaps, a timeline and the chart worth showing."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.finding import Cause, Finding, Subject
from bot.domain.report import Similar


class Verdict(enum.StrEnum):
    """Is there a fault?"""

    FAULT = "fault"
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, for the timeline."""

    at: float
    what: str
    query: str
    change: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """What speaks against a service: a sentence of the wording's section `sign`, and its values."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A service, and how strongly the metrics, logs and traces accuse it."""

    name: str
    score: float
    signs: tuple[Sign, ...] = ()
    """The strongest first."""
    query: str = ""
    kind: str = ""
    """Which kind of sign accuses it most: harm, pressure, slow, fails."""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """The series that matters, with the fault window and the changes to mark."""

    title: str
    query: str
    points: tuple[tuple[float, float], ...]
    fault: tuple[float, float]
    changes: tuple[Moment, ...] = ()
    unit: str = ""
    name: str = ""
    """The metric..."""
    about: str = ""
    """...and of what it is."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The whole answer, as a value: it can be shown, kept, compared and replayed."""

    verdict: Verdict
    causes: tuple[Cause, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[str, ...]
    at: float
    window: tuple[float, float]
    asked_about: tuple[Subject, ...] = ()
    ruled_out: tuple[str, ...] = ()
    """Wording keys of hypotheses that the evidence speaks against."""
    suspects: tuple[Suspect, ...] = ()
    timeline: tuple[Moment, ...] = ()
    chart: Chart | None = None
    similar: tuple[Similar, ...] = ()
    """Past cases that today's evidence fits."""

    @property
    def cause(self) -> Cause | None:
        return self.causes[0] if self.causes else None
