"""The plan of a live look: which objects, series and lines to read for what was asked; each read bounded in time."""

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bot.think.diagnosis.asked import asked_about, asked_namespaces
from bot.think.diagnosis.queries import Query, metric_queries
from bot.think.diagnosis.reads import Reads
from bot.think.diagnosis.sight import Ask, LogLine, Sight, Track
from bot.think.diagnosis.thing import Thing
from skills.errors import SkillError

KINDS = (
    "Pod",
    "Event",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "Service",
    "EndpointSlice",
    "Ingress",
    "NetworkPolicy",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "PersistentVolumeClaim",
    "ConfigMap",
    "ResourceQuota",
)
CLUSTER_KINDS = ("Node", "StorageClass", "PersistentVolume")
MOST_NAMESPACES = 3
MOST_THINGS = 500
MOST_LINES = 1000
BEFORE = 3600.0
PATIENCE = 4.0
AT_ONCE = 8
TRIED_ENOUGH = 3
"""A source that failed so often and never answered is away: the rest is not waited for."""
ERRORS = (
    "(?i)(error|exception|fatal|panic|fail|refused|timeout|timed out|denied|expired|exhaust|oom|unable|cannot"
    "|错误|失败|超时)"
)

T = TypeVar("T")


@dataclass
class Basket:
    """What came in so far, and what could not be read."""

    patience: float
    things: list[Thing] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    missed: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def read(self, source: str, reading: Awaitable[Sequence[T]], into: list[T]) -> None:
        """One read: what fails or takes too long is counted, not raised."""
        self.asked[source] = self.asked.get(source, 0) + 1
        async with self.gate:
            if source not in self.answered and self.missed.get(source, 0) >= TRIED_ENOUGH:
                self.missed[source] += 1
                if isinstance(reading, Coroutine):
                    reading.close()
                return
            try:
                into.extend(await asyncio.wait_for(reading, self.patience))
                self.answered.add(source)
            except (SkillError, TimeoutError):
                self.missed[source] = self.missed.get(source, 0) + 1

    def gaps(self) -> tuple[str, ...]:
        """A source that failed always is a gap; one that failed at times, a part of one."""
        return tuple(
            source if count >= self.asked[source] else f"{source}_part" for source, count in sorted(self.missed.items())
        )


async def gather(
    reads: Reads, ask: Ask, now: float, fault_from: float | None = None, patience: float = PATIENCE
) -> Sight:
    """Everything that the looks can use, within a few seconds."""
    basket = Basket(patience)
    sight = Sight(now, ask, fault_from=fault_from, kinds_read=frozenset((*KINDS, *CLUSTER_KINDS)))
    spaces = sorted(asked_namespaces(sight))[:MOST_NAMESPACES] or await _spaces_by_name(basket, reads, ask, now)
    jobs = [
        basket.read("kubernetes", reads.things(kind, space, MOST_THINGS), basket.things)
        for space in spaces or [""]
        for kind in KINDS
    ]
    jobs += [basket.read("kubernetes", reads.things(kind, "", MOST_THINGS), basket.things) for kind in CLUSTER_KINDS]
    start = sight.start - BEFORE
    jobs += [
        basket.read("prometheus", reads.series(query.name, query.promql, start, now), basket.tracks)
        for query in metric_queries(spaces)
    ]
    jobs += [
        basket.read("loki", reads.lines(query.promql, since, now, MOST_LINES), basket.lines)
        for query, since in _log_queries(sight, spaces)
    ]
    await asyncio.gather(*jobs)
    found = replace(
        sight,
        things=tuple(basket.things),
        lines=tuple(sorted(set_of(basket.lines), key=lambda line: line.at)),
        gaps=basket.gaps(),
    )
    return replace(found, tracks=tuple(_served(found, track) for track in basket.tracks))


def set_of(lines: list[LogLine]) -> list[LogLine]:
    """Each line once: two selectors may both have found it."""
    return list({(line.at, line.text, line.labels.get("pod", "")): line for line in lines}.values())


async def _spaces_by_name(basket: Basket, reads: Reads, ask: Ask, now: float) -> list[str]:
    """No namespace was named: those whose workloads the question names."""
    things: list[Thing] = []
    for kind in ("Deployment", "StatefulSet", "Service"):
        await basket.read("kubernetes", reads.things(kind, "", MOST_THINGS), things)
    named = asked_about(Sight(now, ask, tuple(things)))
    return sorted({subject.namespace for subject in named if subject.namespace})[:MOST_NAMESPACES]


def _log_queries(sight: Sight, spaces: list[str]) -> list[tuple[Query, float]]:
    """Errors of the whole namespace for an hour; all lines of what was asked about for the last minutes."""
    queries = [(Query("", f'{{namespace="{space}"}} |~ "{ERRORS}"'), sight.start - BEFORE) for space in spaces]
    for subject in asked_about(sight)[:2]:
        if subject.namespace and subject.kind != "Node":
            selector = f'{{namespace="{subject.namespace}", pod=~"{subject.name}.*"}}'
            queries.append((Query("", selector), sight.start - 900))
    return queries


def _served(sight: Sight, track: Track) -> Track:
    """A series of a pod, with the workload it belongs to as its service."""
    pod, space = track.labels.get("pod", ""), track.labels.get("namespace", "")
    if not pod or "service" in track.labels:
        return track
    known = next((one for one in sight.cluster.all("Pod") if one.name == pod and one.namespace == space), None)
    if known is None:
        return track
    owner = sight.cluster.owner(known.subject)
    return replace(track, labels={**track.labels, "service": owner.name})
