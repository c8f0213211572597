"""Gathers from Prometheus what there is to look ahead for: histories, ceilings and known events of a target."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from skills.capacity.advice import Nodes
from skills.capacity.client import Line, PrometheusReader
from skills.capacity.history import clean
from skills.capacity.measures import MEASURES, NAME_LABEL, Measure, Target, filled_in, matchers
from skills.capacity.outlook import Event, Subject
from skills.capacity.settings import CapacitySettings
from skills.capacity.telling import Teller
from skills.capacity.wording import Remark

MOST_EVENTS = 3
"""The newest events that are looked at for each series."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A series to look ahead for, and which measure it is of."""

    subject: Subject
    measure: Measure


@dataclass(frozen=True, slots=True)
class Found:
    """All that a survey saw."""

    watched: tuple[Watched, ...]
    queries: tuple[str, ...]
    gaps: tuple[Remark, ...]

    @property
    def subjects(self) -> list[Subject]:
        """Without their measures."""
        return [one.subject for one in self.watched]


class Survey:
    """Asks in bounded queries; the fullest first where no name is given."""

    def __init__(self, reader: PrometheusReader, settings: CapacitySettings) -> None:
        self._reader = reader
        self._settings = settings

    async def of_target(self, target: Target, name: str, namespace: str, teller: Teller) -> Found:
        """Every measure of a cluster, node, namespace or volume."""
        events = await self._events(namespace or name, teller) if target == "namespace" and (namespace or name) else ()
        watched: list[Watched] = []
        queries: list[str] = []
        gaps: list[Remark] = []
        for measure in MEASURES[target]:
            found = await self._of_measure(target, measure, matchers(target, name, namespace), teller)
            watched += [replace(one, subject=replace(one.subject, events=events)) for one in found.watched]
            queries += found.queries
            gaps += found.gaps
        return Found(tuple(watched), tuple(queries), tuple(dict.fromkeys(gaps)))

    async def of_query(self, query: str, ceiling: float | None, teller: Teller) -> Found:
        """Any expression."""
        now = teller.now.timestamp()
        answer = await self._reader.history(query, now, self._settings.history_days)
        watched = tuple(
            Watched(Subject(line.name or query, clean(line.points, now=now), "", ceiling), _ANY)
            for line in answer.lines
        )
        return Found(watched, (query,), answer.gaps)

    async def nodes(self, teller: Teller) -> Nodes | None:
        """How many nodes there are, and what they bring together."""
        now = teller.now.timestamp()
        count = await self._reader.now_value('count(kube_node_status_allocatable{resource="cpu"})', now)
        allocatable = {
            resource: await self._reader.now_value(f'sum(kube_node_status_allocatable{{resource="{resource}"}})', now)
            for resource in ("cpu", "memory")
        }
        known = {resource: value for resource, value in allocatable.items() if value}
        return Nodes(int(count), known) if count and len(known) == len(allocatable) else None

    async def _of_measure(self, target: Target, measure: Measure, match: str, teller: Teller) -> Found:
        now = teller.now.timestamp()
        gaps: list[Remark] = []
        if measure.labels and not match:
            match, left = await self._fullest(target, measure, now)
            if left:
                gaps.append(Remark("cut", left=left))
        use = filled_in(measure.use, match)
        answer = await self._reader.history(use, now, self._settings.history_days)
        ceilings = await self._ceilings(filled_in(measure.ceiling, match), measure, now)
        share = self._settings.safe_share if measure.watched else 1.0
        watched = []
        for line in answer.lines:
            key = _key(line, measure.labels)
            ceiling = ceilings.get(key)
            subject = Subject(
                _name(target, measure, key, teller),
                clean(line.points, now=now),
                measure.unit or _unit(line),
                None if ceiling is None else ceiling * share,
                labels=(("measure", measure.key), *zip(measure.labels, key, strict=True)),
            )
            watched.append(Watched(subject, measure))
        return Found(tuple(watched), (use,), (*gaps, *answer.gaps))

    async def _ceilings(self, query: str, measure: Measure, now: float) -> dict[tuple[str, ...], float]:
        if not query:
            return {}
        found = await self._reader.now_values(query, now)
        return {_key(line, measure.labels): line.points[0][1] for line in found if line.points[0][1] > 0}

    async def _fullest(self, target: Target, measure: Measure, now: float) -> tuple[str, int]:
        """Matchers for the fullest ones, and how many are left out."""
        use = filled_in(measure.use, "")
        ranked = f"({use}) / ({filled_in(measure.ceiling, '')})" if measure.ceiling else use
        most = self._settings.most_shown
        count = await self._reader.now_value(f"count({ranked})", now) or 0
        found = await self._reader.now_values(f"topk({most}, {ranked})", now) if count else []
        labels = {NAME_LABEL[target], "namespace"} & set(measure.labels)
        return "".join(_any_of(label, (line.labels.get(label, "") for line in found)) for label in sorted(labels)), max(
            0, int(count) - most
        )

    async def _events(self, namespace: str, teller: Teller) -> tuple[Event, ...]:
        """Scalings and rollouts of a namespace in the last week, from what Prometheus saw of its deployments."""
        now = teller.now.timestamp()
        events: list[Event] = []
        for query, key in (
            (f'kube_deployment_spec_replicas{{namespace="{namespace}"}}', "event_scaled"),
            (f'kube_deployment_metadata_generation{{namespace="{namespace}"}}', "event_rollout"),
        ):
            answer = await self._reader.history(query, now, 7)
            for line in answer.lines:
                name = line.labels.get("deployment", line.name)
                events += [
                    Event(at, teller.say(key, name=name, old=f"{a:g}", new=f"{b:g}")) for at, a, b in _changes(line)
                ]
        return tuple(sorted(events, key=lambda event: event.at)[-MOST_EVENTS:])


_ANY = Measure("query", "", "", "", ())


def _name(target: Target, measure: Measure, key: tuple[str, ...], teller: Teller) -> str:
    """As "cluster CPU use" or "volume shop/disk-0"."""
    parts = (teller.measure(measure.key), "/".join(part for part in key if part))
    return " ".join(part for part in (parts if measure.labels else (teller.say(f"target_{target}"), *parts)) if part)


def _key(line: Line, labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(line.labels.get(label, "") for label in labels)


def _unit(line: Line) -> str:
    """Quotas tell their unit by the resource's name."""
    resource = line.labels.get("resource", "")
    if "memory" in resource or "storage" in resource:
        return "bytes"
    return "cores" if "cpu" in resource else ""


def _any_of(label: str, values: Iterable[str]) -> str:
    """A matcher for any of these values, whatever signs are in them."""
    known = sorted({value for value in values if value})
    escaped = (re.sub(r"([.\\+*?()|\[\]{}^$])", r"\\\1", value) for value in known)
    pattern = "|".join(escaped).replace("\\", "\\\\").replace('"', '\\"')
    return f',{label}=~"{pattern}"' if known else ""


def _changes(line: Line) -> list[tuple[float, float, float]]:
    """When a value changed, from what to what."""
    pairs = zip(line.points, line.points[1:], strict=False)
    return [(later, old, new) for (_, old), (later, new) in pairs if old != new]
