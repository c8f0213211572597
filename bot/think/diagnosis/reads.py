"""What a live diagnosis reads, as three questions: things of a kind, series of a query, lines of a selector."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from bot.telemetry import DIAGNOSIS_LOG_BYTES
from bot.think.diagnosis.sight import LogLine, Track
from bot.think.diagnosis.thing import Thing
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.kinds import KINDS
from skills.loki.client import LokiClient
from skills.prometheus.client import PrometheusClient
from skills.timerange import TimeRange

MOST_LOG_BYTES = 200_000
"""Of one answer. A look asks five times at the most, and each again at the most once or twice: some 2 MB in all."""


class Reads(Protocol):
    """A cluster and its monitors, live or replayed. Each raises a SkillError when it cannot answer."""

    async def things(self, kind: str, namespace: str, most: int) -> Sequence[Thing]: ...

    async def series(self, name: str, promql: str, start: float, end: float) -> Sequence[Track]:
        """The series of a query, under a name of ours."""
        ...

    async def lines(self, logql: str, start: float, end: float, most: int) -> Sequence[LogLine]: ...


class LiveReads:
    """Reads through the clients of our skills, with their rights, limits and errors."""

    def __init__(self, cluster: Cluster, prometheus: PrometheusClient, loki: LokiClient) -> None:
        self._cluster = cluster
        self._prometheus = prometheus
        self._loki = loki
        self._kinds = {kind.name: kind for kind in KINDS}

    async def things(self, kind: str, namespace: str, most: int) -> Sequence[Thing]:
        known = self._kinds.get(kind)
        if known is None:
            return ()
        listing = await self._cluster.list(known, namespace if known.namespaced else "", most=most)
        return [_thing(one) for one in listing.things]

    async def series(self, name: str, promql: str, start: float, end: float) -> Sequence[Track]:
        answer = await self._prometheus.over(promql, _span(start, end))
        return [
            Track(
                name or one.labels.get("__name__", ""),
                {key: value for key, value in one.labels.items() if key != "__name__"},
                tuple(at for at, _ in one.points),
                tuple(value for _, value in one.points),
            )
            for one in answer.series
            if one.points
        ]

    async def lines(self, logql: str, start: float, end: float, most: int) -> Sequence[LogLine]:
        before = self._loki.received
        try:
            found = await self._loki.lines(logql, _span(start, end), most)
        finally:
            DIAGNOSIS_LOG_BYTES.inc(self._loki.received - before)
        return [LogLine(line.at, line.text, line.labels) for line in found.lines]

    async def close(self) -> None:
        """Let go of the connections."""
        await self._cluster.close()
        await self._prometheus.close()
        await self._loki.close()


def _span(start: float, end: float) -> TimeRange:
    return TimeRange(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def _thing(raw: object) -> Thing:
    from bot.think.diagnosis.bundle import read_things

    return next(iter(read_things([raw])))
