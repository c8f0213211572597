"""The policy as people write it in YAML, read and checked; from these models comes its JSON Schema too."""

import fnmatch
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator

from bot.domain.approval import Verdict
from skills import Action
from skills.change import Preview, Target

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _span(value: Any) -> Any:
    if isinstance(value, str) and value[:-1].isdigit() and value[-1:] in UNITS:
        return timedelta(**{UNITS[value[-1]]: int(value[:-1])})
    if isinstance(value, timedelta):
        return value
    raise ValueError("write a time as 30s, 15m, 2h or 1d")


Span = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema({"type": "string", "pattern": "^[0-9]+[smhd]$"})]
RiskName = Literal["read", "change", "destroy"]


class Part(BaseModel):
    """Any part of the file: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def any_fits(patterns: tuple[str, ...], name: str) -> bool:
    """No patterns fit everything."""
    return not patterns or any(fnmatch.fnmatchcase(name, each) for each in patterns)


class Limits(Part):
    """How much may be hit at once, and how often."""

    max_pods: int | None = Field(default=None, ge=0, description="Pods that may go in one step.")
    max_fraction: float | None = Field(default=None, ge=0, le=1, description="Of a workload's pods, 0 to 1.")
    max_nodes: int | None = Field(default=None, ge=0)
    per_hour: int | None = Field(default=None, ge=0, description="Changes that this rule lets be made in an hour.")

    @property
    def measured(self) -> bool:
        """Whether it matters how much is hit."""
        return (self.max_pods, self.max_fraction, self.max_nodes) != (None, None, None)

    def exceeded(self, preview: Preview) -> tuple[str, float, float] | None:
        """What would be too much: its name, how much it is, and how much may be; None: nothing."""
        going = float((preview.figures or {}).get("pods", len(preview.pods)))
        found = (
            ("pods", going, self.max_pods),
            ("fraction", preview.fraction or 0.0, self.max_fraction),
            ("nodes", float(len(preview.nodes)), self.max_nodes),
        )
        return next(((name, is_, float(most)) for name, is_, most in found if most is not None and is_ > most), None)


class Rule(Part):
    """One line of the policy."""

    name: str = Field(min_length=1)
    risk: tuple[RiskName, ...] = ()
    actions: tuple[str, ...] = Field(default=(), description="Patterns, as kubernetes.scale_*; empty: all.")
    namespaces: tuple[str, ...] = Field(default=(), description="Patterns; empty: all, and what is in none.")
    targets: tuple[str, ...] = Field(default=(), description="Patterns of kind/name, as Deployment/order-*.")
    labels: dict[str, str] = Field(
        default={}, description="Patterns of labels that the live target has, as tier: critical; looks have none."
    )
    ask: tuple[str, ...] = Field(default=(), description="Roles that may ask; empty: anyone.")
    verdict: Verdict
    approve: tuple[str, ...] = Field(default=(), description="Roles that may give leave.")
    quorum: int = Field(default=1, ge=1, le=10, description="How many of them are needed.")
    self_approval: bool = Field(default=False, description="Whether who asked counts as well.")
    expires: Span = timedelta(minutes=15)
    typed: bool = Field(default=False, description="Approving takes the target's name, typed.")
    limits: Limits = Limits()

    def fits(self, action: Action, target: Target, labels: Mapping[str, str]) -> bool:
        return (
            (not self.risk or action.risk.name.lower() in self.risk)
            and any_fits(self.actions, action.name)
            and any_fits(self.namespaces, target.namespace)
            and any_fits(self.targets, f"{target.kind}/{target.name}")
            and all(
                name in labels and fnmatch.fnmatchcase(labels[name], wanted) for name, wanted in self.labels.items()
            )
        )


class Freeze(Part):
    """A time in which nothing is changed."""

    name: str = Field(min_length=1)
    cron: str = Field(default="", description="When it begins, as a cron line; empty: only `start`.")
    lasts: Span = timedelta(hours=1)
    zone: str = "UTC"
    start: datetime | None = Field(default=None, description="One time only: when it begins, with its zone.")
    end: datetime | None = None
    namespaces: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    @field_validator("cron")
    @classmethod
    def _cron(cls, value: str) -> str:
        from croniter import croniter

        if value and not croniter.is_valid(value):
            raise ValueError(f"{value!r} is not a cron line, such as `0 18 * * 5`")
        return value

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not a time zone, such as Asia/Shanghai")
        return value

    def covers(self, action: Action, target: Target, now: datetime) -> bool:
        return any_fits(self.actions, action.name) and any_fits(self.namespaces, target.namespace) and self.on(now)

    def on(self, now: datetime) -> bool:
        """Whether it is frozen now."""
        if self.start and self.end and self.start <= now < self.end:
            return True
        if not self.cron:
            return False
        from croniter import croniter

        here = now.astimezone(ZoneInfo(self.zone))
        began: datetime = croniter(self.cron, here + timedelta(seconds=1)).get_prev(datetime)
        return here - began < self.lasts


class Automatic(Part):
    """What is done without asking: only what can be undone, and only so often."""

    name: str = Field(min_length=1)
    actions: tuple[str, ...] = Field(min_length=1)
    namespaces: tuple[str, ...] = Field(min_length=1)
    ask: tuple[str, ...] = Field(default=(), description="Roles that may have it done; empty: whoever may ask.")
    per_hour: int = Field(default=3, ge=1)
    earned: bool = Field(default=False, description="Only where its own record has earned it.")


class Earning(Part):
    """What a record must show before an action runs without asking."""

    runs: int = Field(default=20, ge=1)
    verified: float = Field(default=0.95, ge=0, le=1)
    quiet: Span = Field(default=timedelta(days=7), description="None undone for so long.")


class Breaker(Part):
    """When repairs are paused, and what is too soon."""

    target: int = Field(default=3, ge=1, description="Failures in a row on one target.")
    everywhere: int = Field(default=5, ge=1, description="Failures in a row anywhere.")
    cool_down: Span = timedelta(hours=1)
    back_off: Span = timedelta(minutes=1)
    """After a failure on a target; doubled by each further one."""
    moments: Span = Field(default=timedelta(minutes=5), description="DutyBot does not repair a target again so soon.")
    ineffective: Span = Field(default=timedelta(hours=6), description="Nor does it repeat so soon what did not help.")


class BreakGlass(Part):
    """Who may, in an emergency and by a typed reason, pass over freezes and a quorum."""

    roles: tuple[str, ...] = ()
    lasts: Span = timedelta(minutes=30)


class PolicyFile(Part):
    """The whole policy."""

    version: Literal[1]
    roles: dict[str, tuple[str, ...]] = Field(default={}, description="Who has it, as channel:workspace:id.")
    reads: dict[str, tuple[str, ...]] = Field(
        default={}, description="Labels of entries of the library that a role may read, as jira:OPS:*."
    )
    rules: tuple[Rule, ...] = Field(min_length=1, description="The first that fits decides; none fits: refused.")
    protected: tuple[str, ...] = Field(default=(), description="Namespaces that nobody changes.")
    freezes: tuple[Freeze, ...] = ()
    calendar: str = Field(default="", description="A YAML file of more freezes, beside this one.")
    automatic: tuple[Automatic, ...] = ()
    earning: Earning = Earning()
    shadow: tuple[str, ...] = Field(default=(), description="Namespaces in which nothing is done.")
    breaker: Breaker = Breaker()
    break_glass: BreakGlass = BreakGlass()

    @field_validator("rules")
    @classmethod
    def _somebody_approves(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        for rule in rules:
            if rule.verdict is Verdict.ASK and not rule.approve:
                raise ValueError(f"rule {rule.name!r} asks, but nobody may approve")
            if rule.verdict is Verdict.RUN and set(rule.risk) != {"read"}:
                raise ValueError(f"rule {rule.name!r} runs more than risk [read]; list it under `automatic`")
        return rules


def schema() -> dict[str, Any]:
    """JSON Schema of the policy, for editors."""
    return PolicyFile.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
