"""Puts outlooks and advice into sentences a person can act on, in Chinese or English."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from skills.capacity.advice import Add, Advice, Enough, Release, Request, Unsure
from skills.capacity.history import HOUR
from skills.capacity.outlook import Outlook, Refused
from skills.capacity.shape import DAY, HORIZON
from skills.capacity.wording import Language, amount, percent, say
from skills.evidence import JSON, Table

THREE_WEEKS = 21 * DAY


@dataclass(frozen=True, slots=True)
class Teller:
    """Speaks one language, in one time zone, at one moment."""

    language: Language
    now: datetime
    price: float = 0.0
    currency: str = ""

    @property
    def zone(self) -> tzinfo | None:
        """Whose times are told."""
        return self.now.tzinfo

    def say(self, key: str, **values: str | int | float) -> str:
        """The sentence of this key."""
        return say(self.language, key, **values)

    def at(self, moment: float) -> datetime:
        """In the reader's zone; earlier rather than later, to the half hour."""
        return datetime.fromtimestamp(math.floor(moment / 1800) * 1800, self.zone)

    def when(self, moment: float) -> str:
        """As "tomorrow 10:00"."""
        at = self.at(moment)
        if at.timestamp() <= self.now.timestamp():
            return self.say("now")
        days = (at.date() - self.now.date()) // timedelta(days=1)
        clock = at.strftime("%H:%M")
        if days in (0, 1, 2):
            return self.say(("today_at", "tomorrow_at", "day_after_at")[days], clock=clock)
        return self.say("date_at", month=at.month, day=at.day, clock=clock)

    def amount(self, value: float, unit: str) -> str:
        """With its unit, as this language writes it."""
        return amount(value, self.say("unit_cores") if unit == "cores" else unit)

    def measure(self, key: str) -> str:
        """The name of a measure."""
        return self.say(f"measure_{key}")

    def headline(self, outlook: Outlook) -> str:
        """One sentence on one series: how full now, when full, how sure."""
        subject = outlook.subject
        now = self.amount(float(subject.history.mean[-1]), subject.unit)
        values: dict[str, str | int | float] = {
            "name": subject.name,
            "now": now,
            "peak": self.amount(float(outlook.high.max()), subject.unit),
            "middle": self.amount(float(outlook.middle.max()), subject.unit),
            "days": round(len(outlook.middle) / DAY),
        }
        if subject.ceiling is None:
            return self.say("ahead", **values)
        values["ceiling"] = self.amount(subject.ceiling, subject.unit)
        if outlook.expected <= HORIZON or outlook.earliest <= HORIZON:
            return self.say(
                "fills", **values, expected=self.hours(outlook.expected), earliest=self.hours(outlook.earliest)
            )
        if outlook.expected <= THREE_WEEKS:
            return self.say("fills_later", **values, expected=self.hours(outlook.expected))
        return self.say("enough_room", **values)

    def hours(self, hours: float) -> str:
        """As "in 18 hours", "in 6 days", or "not within 21 days"."""
        if hours > THREE_WEEKS:
            return self.say("not_within", days=THREE_WEEKS // DAY)
        if hours <= HORIZON:
            return self.say("in_hours", hours=round(hours))
        return self.say("in_days", days=round(hours / DAY))

    def surety(self, outlook: Outlook) -> str:
        """How sure, and why: last week's error of the same method."""
        told = self.say(f"confidence_{outlook.confidence}")
        if outlook.trial is None:
            return self.say("surety_untried", confidence=told)
        error = percent(outlook.trial.relative_error(outlook.model)).removesuffix(" %")
        inside = round(100 * outlook.trial.inside[outlook.model])
        return self.say("surety", confidence=told, error=error, inside=inside)

    def advice(self, advice: Advice) -> str:
        """The sentence to act on."""
        match advice:
            case Add():
                why = self.say("add_why", name=advice.outlook.subject.name, short=self.when(advice.short_at))
                told = self.say("add", nodes=advice.nodes, by=self.when(advice.by))
                return " ".join(
                    part for part in (told, why, self.surety(advice.outlook), self.cost(advice.nodes)) if part
                )
            case Release():
                return " ".join(
                    part for part in (self.say("release", nodes=advice.nodes), self.cost(-advice.nodes)) if part
                )
            case Enough():
                return self.say("enough", days=HORIZON // DAY)
            case Unsure():
                return self.say("unsure")

    def cost(self, nodes: int) -> str:
        """What it costs or saves a day, if the price of a node is set."""
        if not self.price:
            return ""
        a_day = abs(nodes) * self.price * 24
        return self.say("costs" if nodes > 0 else "saves", cost=f"{a_day:.2f}", currency=self.currency)

    def request(self, request: Request) -> str:
        """What a container should ask for."""
        unit = "bytes" if request.resource == "memory" else "cores"
        values = {
            "container": request.container,
            "resource": self.say(f"resource_{request.resource}"),
            "asked": self.say("no_request") if request.asked is None else self.amount(request.asked, unit),
            "peak": self.amount(request.peak, unit),
            "advised": self.amount(request.advised, unit),
        }
        return self.say("resize" if request.worth_changing else "well_sized", **values)

    def table(self, told: list[Outlook | Refused]) -> Table:
        """What runs out first, first."""
        columns = tuple(
            self.say(f"column_{name}") for name in ("name", "now", "ceiling", "expected", "earliest", "sure")
        )
        return Table(columns, tuple(self._row(one) for one in sorted(told, key=urgency)))

    def _row(self, one: Outlook | Refused) -> tuple[str, ...]:
        if isinstance(one, Refused):
            return (one.subject.name, "-", "-", "-", "-", one.why.told(self.language))
        subject = one.subject
        ceiling = "-" if subject.ceiling is None else self.amount(subject.ceiling, subject.unit)
        full = ("-", "-") if subject.ceiling is None else (self.hours(one.expected), self.hours(one.earliest))
        now = self.amount(float(subject.history.mean[-1]), subject.unit)
        return (subject.name, now, ceiling, *full, self.say(f"confidence_{one.confidence}"))

    def remarks(self, told: list[Outlook | Refused]) -> tuple[str, ...]:
        """What should be known about the numbers, each once."""
        found: dict[str, None] = {}
        for one in told:
            for remark in (one.why,) if isinstance(one, Refused) else one.remarks:
                found[f"{one.subject.name}: {remark.told(self.language)}"] = None
        return tuple(found)


def urgency(one: Outlook | Refused) -> tuple[float, float, float, str]:
    """What is full first comes first, then what is fullest; what could not be told comes last."""
    if isinstance(one, Refused):
        return (math.inf, math.inf, math.inf, one.subject.name)
    ceiling = one.subject.ceiling
    fullness = float(one.subject.history.mean[-1]) / ceiling if ceiling else -math.inf
    return (one.expected, one.earliest, -fullness, one.subject.name)


def facts(one: Outlook | Refused) -> Mapping[str, JSON]:
    """The same for the brain."""
    if isinstance(one, Refused):
        return {"name": one.subject.name, "refused": one.why.told("en")}
    subject = one.subject
    return {
        "name": subject.name,
        "labels": dict(subject.labels),
        "unit": subject.unit,
        "now": round(float(subject.history.mean[-1]), 6),
        "ceiling": subject.ceiling,
        "peak": round(one.peak, 6),
        "expected_full_hours": None if one.expected > THREE_WEEKS else one.expected,
        "earliest_full_hours": None if one.earliest > THREE_WEEKS else one.earliest,
        "confidence": one.confidence,
        "model": one.model,
        "last_week_error": None if one.trial is None else round(one.trial.relative_error(one.model), 4),
        "last_week_coverage80": None if one.trial is None else round(one.trial.inside[one.model], 3),
        "starts_at": one.start * HOUR,
        "middle_by_day": [round(float(v), 6) for v in one.middle.reshape(-1, DAY).mean(1)],
        "high_by_day": [round(float(v), 6) for v in one.high.reshape(-1, DAY).max(1)],
    }
