"""What an investigation found, in the reader's language."""

from dataclasses import dataclass

from bot.domain.card import Chart
from bot.domain.plan import Step


@dataclass(frozen=True, slots=True)
class Past:
    """A past incident or a runbook that the library holds. Untrusted text, as a log's."""

    title: str
    text: str
    url: str = ""
    source: str = ""
    key: str = ""
    """What its source calls it."""


@dataclass(frozen=True, slots=True)
class Similar:
    """A past case that fits."""

    title: str
    url: str = ""
    signs: tuple[str, ...] = ()
    """What it shows that today's evidence shows too."""
    key: str = ""
    """What its source calls it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One cause of which a report is sure enough, so that what is new can be told from what was known."""

    key: str
    """The same for the same fault, in whichever words."""
    text: str
    steps: tuple[Step, ...] = ()
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Verdict first; every claim with its query; what could not be seen."""

    headline: str
    """One line: the cause, or that nothing is wrong."""
    markdown: str
    """The whole report."""
    healthy: bool = False
    confidence: float = 0.0
    """0 to 1, as calibrated on recorded cases."""
    chart: Chart | None = None
    excerpt: tuple[str, ...] = ()
    """True log lines that show it, masked when shown."""
    steps: tuple[Step, ...] = ()
    """The repair that is proposed; empty: none, or only a person can tell."""
    finding: str = ""
    """The key of the first cause, the same for the same fault; a record of repairs goes by it."""
    similar: tuple[Similar, ...] = ()
    claims: tuple[Claim, ...] = ()
    """The first cause, and others that are about as sure."""
    passages: tuple[Past, ...] = ()
    """All that the library told, fitting or not: kept, so that the case can be replayed."""
