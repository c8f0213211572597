"""Gathers from Prometheus what there is to look ahead for: histories, ceilings and known events of a target."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from skills.capacity.advice import Nodes
from skills.capacity.client import Line, PrometheusReader
from skills.capacity.happenings import Happenings
from skills.capacity.history import clean
from skills.capacity.measures import MEASURES, NAME_LABEL, Measure, Target, Which, filled_in, recorded_as
from skills.capacity.outlook import Subject
from skills.capacity.settings import CapacitySettings
from skills.capacity.telling import Teller
from skills.capacity.wording import Remark

RECORDED_DAYS = 7
"""Recorded series are taken where they reach back so far."""
Progress = Callable[[int, int], None]
"""Told how many pieces have been read, and of how many."""


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

    def __init__(self, reader: PrometheusReader, settings: CapacitySettings, happenings: Happenings | None) -> None:
        self._reader = reader
        self._settings = settings
        self._happenings = happenings

    async def of_target(self, target: Target, name: str, namespace: str, teller: Teller) -> Found:
        """Every measure of a cluster, pool, node, namespace, workload or volume."""
        if target == "namespace":
            which = Which((name or namespace,) if name or namespace else ())
        else:
            which = Which((name,) if name else (), (namespace,) if namespace else ())
        recorded = await self._recorded(target, teller.now.timestamp())
        watched: list[Watched] = []
        queries: list[str] = []
        gaps: list[Remark] = []
        for measure in MEASURES[target]:
            found = await self._of_measure(target, measure, which, recorded, teller)
            watched += found.watched
            queries += found.queries
            gaps += found.gaps
        watched, unseen = await self._with_events(target, watched, teller)
        return Found(tuple(watched), tuple(queries), tuple(dict.fromkeys((*gaps, *unseen))))

    async def of_query(
        self, query: str, ceiling: float | None, teller: Teller, progress: Progress | None = None
    ) -> Found:
        """Any expression."""
        now = teller.now.timestamp()
        answer = await self._reader.history(query, now, self._settings.history_days, progress=progress)
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

    async def _of_measure(
        self, target: Target, measure: Measure, which: Which, recorded: frozenset[str], teller: Teller
    ) -> Found:
        now, label = teller.now.timestamp(), NAME_LABEL[target]
        gaps: list[Remark] = []
        if measure.labels and not which.names:
            which, left = await self._fullest(measure, label, which, now)
            if left:
                gaps.append(Remark("cut", left=left))
        use = filled_in(measure.use, which.matchers(measure))
        if (name := recorded_as(target, measure)) in recorded:
            use = f"{name}{{{which.of_labels(label, measure)}}}"
        answer = await self._reader.history(use, now, self._settings.history_days)
        ceilings = await self._ceilings(filled_in(measure.ceiling, which.matchers(measure)), measure, now)
        share = self._settings.safe_share if measure.watched else 1.0
        watched = []
        for line in answer.lines:
            key = _key(line, measure.labels)
            if not which.takes(label, measure, key):
                continue
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

    async def _recorded(self, target: Target, now: float) -> frozenset[str]:
        """Which uses of this target are recorded, and have been for a week."""
        query = f'count by (__name__) ({{__name__=~"dutybot:{target}_.+"}} offset {RECORDED_DAYS}d)'
        return frozenset(line.labels.get("__name__", "") for line in await self._reader.now_values(query, now))

    async def _ceilings(self, query: str, measure: Measure, now: float) -> dict[tuple[str, ...], float]:
        if not query:
            return {}
        found = await self._reader.now_values(query, now)
        return {_key(line, measure.labels): line.points[0][1] for line in found if line.points[0][1] > 0}

    async def _fullest(self, measure: Measure, label: str, which: Which, now: float) -> tuple[Which, int]:
        """The fullest ones by name, and how many are left out."""
        match = which.matchers(measure)
        use = filled_in(measure.use, match)
        ranked = f"({use}) / ({filled_in(measure.ceiling, match)})" if measure.ceiling else use
        most = self._settings.most_shown
        count = await self._reader.now_value(f"count({ranked})", now) or 0
        found = await self._reader.now_values(f"topk({most}, {ranked})", now) if count else []
        names = tuple(sorted({name for line in found if (name := line.labels.get(label, ""))}))
        spaces = tuple(sorted({space for line in found if (space := line.labels.get("namespace", ""))}))
        return Which(names, which.namespaces or (spaces if label != "namespace" else ())), max(0, int(count) - most)

    async def _with_events(
        self, target: Target, watched: list[Watched], teller: Teller
    ) -> tuple[list[Watched], tuple[Remark, ...]]:
        """The same, each with what is known to have happened to it in its last week."""
        if self._happenings is None or not watched:
            return watched, ()
        known = await self._happenings.of(target, [dict(one.subject.labels) for one in watched], teller)
        told = [
            replace(one, subject=replace(one.subject, events=events))
            for one, events in zip(watched, known.events, strict=True)
        ]
        return told, known.gaps


_ANY = Measure("query", "", "", "", ())


def _name(target: Target, measure: Measure, key: tuple[str, ...], teller: Teller) -> str:
    """As "Cluster CPU use", "node n1 CPU use", "quota shop/pods" or "volume shop/disk-0"."""
    told, which = teller.measure(measure.key), "/".join(part for part in key if part)
    if measure.key in ("quota", "volume"):
        return f"{told} {which}".strip()
    kind = teller.say(f"kind_{target}")
    return " ".join(part for part in (kind, which, told) if part)


def _key(line: Line, labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(line.labels.get(label, "") for label in labels)


def _unit(line: Line) -> str:
    """Quotas tell their unit by the resource's name."""
    resource = line.labels.get("resource", "")
    if "memory" in resource or "storage" in resource:
        return "bytes"
    return "cores" if "cpu" in resource else ""
