"""What can be asked of the capacity skill: forecasts, what runs out first, and what requests should be."""

from typing import Annotated, Literal

from pydantic import Field

from skills.action import action
from skills.capacity.advice import Advice, Need, Unsure, advise, right_size, soon_full
from skills.capacity.client import PrometheusReader
from skills.capacity.history import HOUR, clean
from skills.capacity.measures import Target
from skills.capacity.outlook import Outlook, Refused, Subject, look_ahead
from skills.capacity.settings import CapacitySettings
from skills.capacity.survey import Found, Survey
from skills.capacity.telling import Teller, facts, urgency
from skills.capacity.wording import Language
from skills.clock import Clock
from skills.errors import NotFound
from skills.evidence import CHART, JSON, Evidence, Series
from skills.names import AnyName, AnyNamespace, Name, Namespace
from skills.risk import Risk
from skills.words import readers

EVENTS = (
    "apps/replicasets:list",
    "autoscaling/horizontalpodautoscalers:list",
    "events:list",
    "nodes:list",
)
"""What tells when something was scaled, rolled out, limited or joined."""
Days = Annotated[int, Field(ge=1, le=14)]
Asked = Literal["", "en", "zh"]
MOST_LINES = 6
"""Charts in one answer."""


class Looks:
    """Reads Prometheus, and changes nothing."""

    def __init__(self, reader: PrometheusReader, survey: Survey, settings: CapacitySettings, clock: Clock) -> None:
        self._reader = reader
        self._settings = settings
        self._clock = clock
        self._survey = survey

    def teller(self, language: Asked = "") -> Teller:
        """Who speaks to this reader."""
        chosen: Language = language or readers() or self._settings.language
        return Teller(chosen, self._clock.now(), self._settings.node_price_per_hour, self._settings.currency)

    @action(risk=Risk.READ, needs=EVENTS, command="capacity [cluster|node|namespace|volume|report] [name] [3]")
    async def forecast_capacity(
        self,
        target: Target = "cluster",
        name: AnyName = "",
        namespace: AnyNamespace = "",
        days: Days = 3,
        language: Asked = "",
    ) -> Evidence:
        """Look days ahead: when a cluster, pool, node, namespace, workload or volume runs out, and the nodes to add.

        Args:
            target: What to look at: cluster, pool, node, namespace, workload or volume.
            name: Its name; empty for the fullest ones.
            namespace: Of a volume or a workload: its namespace.
            days: How many days ahead; beyond three only the trend goes on.
            language: Of the answer: en or zh; empty for the usual one.
        """
        teller = self.teller(language)
        found = await self._survey.of_target(target, name, namespace, teller)
        if not found.watched:
            raise NotFound("no_series", what=" ".join(part for part in (target, namespace, name) if part))
        told = look_ahead(found.subjects, days=days, now=teller.now.timestamp())
        advice = await self.advice(found, told, teller) if target == "cluster" else None
        return self._evidence(found, told, teller, advice)

    @action(risk=Risk.READ)
    async def forecast_query(
        self, query: str, days: Days = 3, ceiling: float | None = None, language: Asked = ""
    ) -> Evidence:
        """Look days ahead for any PromQL expression.

        Args:
            query: PromQL that gives the value itself, not a counter: take rate() of counters.
            days: How many days ahead; beyond three only the trend goes on.
            ceiling: The value at which it is full; none if there is no such thing.
            language: Of the answer: en or zh; empty for the usual one.
        """
        teller = self.teller(language)
        found = await self._survey.of_query(query, ceiling, teller)
        if not found.watched:
            raise NotFound("no_series", what=query)
        return self._evidence(found, look_ahead(found.subjects, days=days, now=teller.now.timestamp()), teller, None)

    @action(risk=Risk.READ, needs=EVENTS)
    async def upcoming_shortages(self, target: Target = "volume", language: Asked = "") -> Evidence:
        """Tell what will surely be full within three days; quiet about what is unsure.

        Args:
            target: What to look at: cluster, pool, node, namespace, workload or volume.
            language: Of the answer: en or zh; empty for the usual one.
        """
        teller = self.teller(language)
        found = await self._survey.of_target(target, "", "", teller)
        told = look_ahead(found.subjects, now=teller.now.timestamp())
        short: list[Outlook | Refused] = [one for one in told if isinstance(one, Outlook) and soon_full(one)]
        evidence = self._evidence(found, short, teller, None)
        return evidence if short else Evidence(teller.say("nothing_short"), evidence.query, gaps=evidence.gaps)

    @action(risk=Risk.READ)
    async def right_size_requests(self, namespace: Namespace, workload: Name, language: Asked = "") -> Evidence:
        """Compare what a workload's containers ask for with what they need, and advise better requests.

        Args:
            namespace: Where it runs.
            workload: Name of the Deployment, StatefulSet or DaemonSet.
            language: Of the answer: en or zh; empty for the usual one.
        """
        teller = self.teller(language)
        now = teller.now.timestamp()
        match = f'namespace="{namespace}",pod=~"{workload}-.+",container!="",container!="POD"'
        uses = {
            "cpu": f"max by (container) (rate(container_cpu_usage_seconds_total{{{match}}}[5m]))",
            "memory": f"max by (container) (container_memory_working_set_bytes{{{match}}})",
        }
        lines: list[str] = []
        gaps: list[str] = []
        for resource, use in uses.items():
            asked = await self._reader.now_values(
                f'max by (container) (kube_pod_container_resource_requests{{{match},resource="{resource}"}})', now
            )
            requests = {line.labels.get("container", ""): line.points[0][1] for line in asked}
            answer = await self._reader.history(use, now, self._settings.history_days)
            gaps += [gap.told(teller.language) for gap in answer.gaps]
            subjects = [Subject(line.labels.get("container", ""), clean(line.points, now=now)) for line in answer.lines]
            for one in look_ahead(subjects, with_trials=False, now=now):
                if isinstance(one, Refused):
                    gaps.append(f"{one.subject.name}: {one.why.told(teller.language)}")
                    continue
                lines.append(
                    teller.request(right_size(one.subject.name, resource, requests.get(one.subject.name), one))
                )
        if not lines and not gaps:
            raise NotFound("no_series", what=f"{namespace}/{workload}")
        return Evidence(" ".join(lines) or gaps[0], "; ".join(uses.values()), lines=tuple(lines), gaps=tuple(gaps))

    async def advice(self, found: Found, told: list[Outlook | Refused], teller: Teller) -> Advice:
        """How many nodes to add or to give back."""
        nodes = await self._survey.nodes(teller)
        needs = [
            Need(one, watched.measure.resource, self._settings.safe_share if watched.measure.watched else 1.0)
            for watched, one in zip(found.watched, told, strict=True)
            if isinstance(one, Outlook) and watched.measure.resource
        ]
        if nodes is None:
            return Unsure()
        return advise(needs, nodes, teller.now.timestamp(), self._settings.lead_minutes * 60)

    def _evidence(self, found: Found, told: list[Outlook | Refused], teller: Teller, advice: Advice | None) -> Evidence:
        ordered = sorted(told, key=urgency)
        sentences = [self._sentence(one, teller) for one in ordered[:MOST_LINES]]
        said = [teller.advice(advice)] if advice is not None else []
        known: dict[str, JSON] = {"outlooks": [dict(facts(one)) for one in ordered]}
        if advice is not None:
            known["advice"] = advised(advice, teller)
        outlooks = [one for one in ordered if isinstance(one, Outlook)][:MOST_LINES]
        gaps = [gap.told(teller.language) for gap in found.gaps]
        return Evidence(
            " ".join((*said, *sentences[:1])),
            "; ".join(found.queries),
            url=self._reader.link(found.queries[0], self._settings.history_days) if found.queries else None,
            table=teller.table(ordered),
            series=tuple(line for one in outlooks for line in lines_of(one, teller)),
            lines=(*said, *sentences),
            facts=known,
            gaps=(*gaps, *teller.remarks(ordered)),
        )

    def _sentence(self, one: Outlook | Refused, teller: Teller) -> str:
        if isinstance(one, Refused):
            return f"{one.subject.name}: {one.why.told(teller.language)}"
        return f"{teller.headline(one)} {teller.surety(one)}"


def advised(advice: Advice, teller: Teller) -> dict[str, JSON]:
    """The same for machines: what to do, of how many nodes, and by when, in the reader's zone."""
    by = getattr(advice, "by", None)
    told = {} if by is None else {"by": teller.at(by).isoformat(" ", "minutes")}
    return {"kind": type(advice).__name__.lower(), "nodes": getattr(advice, "nodes", 0), **told}


def lines_of(one: Outlook, teller: Teller) -> tuple[Series, ...]:
    """History, forecast, its bounds and the ceiling, for one chart."""
    history, subject = one.subject.history, one.subject
    unit = teller.say("unit_cores") if subject.unit == "cores" else subject.unit

    def line(part: str, start: int, values: list[float]) -> Series:
        points = tuple((float((start + hour) * HOUR), round(value, 6)) for hour, value in enumerate(values))
        return Series(teller.say(f"chart_{part}"), {CHART: subject.name, "part": part}, points, unit)

    lines = (
        line("history", history.start, history.mean.tolist()),
        line("forecast", one.start, one.middle.tolist()),
        line("high", one.start, one.high.tolist()),
        line("low", one.start, one.low.tolist()),
    )
    if subject.ceiling is None:
        return lines
    hours = one.start + len(one.middle) - history.start
    return (*lines, line("ceiling", history.start, [subject.ceiling] * hours))
