"""What is known to have happened in the last week: scalings, rollouts, changed limits, nodes that came and went."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from skills.capacity.client import Line, PrometheusReader
from skills.capacity.cluster import Cluster
from skills.capacity.history import HOUR
from skills.capacity.measures import Target
from skills.capacity.outlook import Event
from skills.capacity.shape import HISTORY
from skills.capacity.telling import Teller
from skills.capacity.wording import Remark
from skills.errors import SkillError

MOST_EVENTS = 24
"""Of each series: the largest, where there are more."""
MOST_OBJECTS = 2_000
REVISION = "deployment.kubernetes.io/revision"
CHANGED = "{metric}{{{match}}} and on (namespace, deployment) (changes({metric}{{{match}}}[7d] @ end()) > 0)"
"""Only those that changed: thousands of others need not be read."""
NODES = 'count(kube_node_status_allocatable{resource="cpu"})'


@dataclass(frozen=True, slots=True)
class Happening:
    """One event, of which workload it is, and how many replicas or nodes it moved."""

    event: Event
    namespace: str = ""
    workload: str = ""
    weight: float = 0.0
    nodes: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """For each series its events, in order; and what could not be asked."""

    events: tuple[tuple[Event, ...], ...]
    gaps: tuple[Remark, ...] = ()


@dataclass(slots=True)
class _Heard:
    found: list[Happening] = field(default_factory=list)
    gaps: list[Remark] = field(default_factory=list)


class Happenings:
    """Asks Kubernetes for what it still knows, and Prometheus for what it saw before that."""

    def __init__(self, reader: PrometheusReader, cluster: Cluster | None) -> None:
        self._reader = reader
        self._cluster = cluster

    async def of(self, target: Target, labels: Sequence[Mapping[str, str]], teller: Teller) -> Known:
        """The events of each of these series; a volume's use has none that lift or lower it."""
        if target == "volume":
            return Known(((),) * len(labels))
        spaces = tuple(sorted({space for each in labels if (space := each.get("namespace", ""))}))
        heard = _Heard()
        await self._from_prometheus(spaces, teller, heard)
        if self._cluster is not None:
            await self._from_kubernetes(self._cluster, spaces, teller, heard)
        since = teller.now.timestamp() - HISTORY * HOUR
        recent = [one for one in heard.found if since <= one.event.at <= teller.now.timestamp()]
        return Known(tuple(_mine(target, each, recent) for each in labels), tuple(heard.gaps))

    async def _from_prometheus(self, spaces: tuple[str, ...], teller: Teller, heard: _Heard) -> None:
        match = f'namespace=~"{"|".join(spaces)}"' if spaces else ""
        try:
            scaled = await self._changed("kube_deployment_spec_replicas", match, "event_scaled", teller)
            heard.found += scaled
            if spaces:
                rolled = await self._changed("kube_deployment_metadata_generation", match, "event_rollout", teller)
                known = {(one.namespace, one.workload, one.event.at) for one in scaled}  # each is a new generation, too
                heard.found += [one for one in rolled if (one.namespace, one.workload, one.event.at) not in known]
                return
            for line in (await self._reader.history(NODES, teller.now.timestamp(), 7)).lines:
                for at, old, new in _changes(line):
                    told = teller.say("event_nodes", old=f"{old:g}", new=f"{new:g}")
                    heard.found.append(Happening(Event(at, told), weight=abs(new - old), nodes=True))
        except SkillError as error:
            heard.gaps.append(Remark("events_unseen", source="Prometheus", why=str(error)))

    async def _changed(self, metric: str, match: str, key: str, teller: Teller) -> list[Happening]:
        answer = await self._reader.history(CHANGED.format(metric=metric, match=match), teller.now.timestamp(), 7)
        found = []
        for line in answer.lines:
            space, name = line.labels.get("namespace", ""), line.labels.get("deployment", line.name)
            for at, old, new in _changes(line):
                told = teller.say(key, name=name, old=f"{old:g}", new=f"{new:g}")
                found.append(Happening(Event(at, told), space, name, abs(new - old)))
        return found

    async def _from_kubernetes(self, cluster: Cluster, spaces: tuple[str, ...], teller: Teller, heard: _Heard) -> None:
        """Each kind by itself: what may not be read takes nothing from the others."""
        paths = [f"namespaces/{space}/" for space in spaces] or [""]
        for path in paths:
            for where, read in (
                (f"/apis/apps/v1/{path}replicasets", _rollouts),
                (f"/apis/autoscaling/v2/{path}horizontalpodautoscalers", _scalings),
                (f"/api/v1/{path}events?fieldSelector=reason%3DSuccessfulRescale&", _rescales),
            ):
                await self._read(cluster, where, read, teller, heard)
        if not spaces:
            await self._read(cluster, "/api/v1/nodes", _joined, teller, heard)

    @staticmethod
    async def _read(cluster: Cluster, where: str, read: Any, teller: Teller, heard: _Heard) -> None:
        try:
            found = await cluster.read(f"{where}{'' if where.endswith('&') else '?'}limit={MOST_OBJECTS}")
        except SkillError as error:
            remark = Remark("events_unseen", source="Kubernetes", why=str(error))
            if remark not in heard.gaps:
                heard.gaps.append(remark)
            return
        heard.found += read(found.get("items") or (), teller)


def _mine(target: Target, labels: Mapping[str, str], found: Iterable[Happening]) -> tuple[Event, ...]:
    """What may have moved this series: its own workload's, its namespace's, or the largest of all."""
    space, workload = labels.get("namespace", ""), labels.get("workload", "")
    mine = [
        one for one in found if (not space or one.namespace == space) and (not workload or one.workload == workload)
    ]
    if target in ("cluster", "pool", "node"):
        mine = [one for one in mine if one.nodes or one.weight > 0]
    largest = sorted(mine, key=lambda one: -one.weight)[:MOST_EVENTS]
    return tuple(sorted((one.event for one in largest), key=lambda event: event.at))


def _rollouts(sets: Iterable[Mapping[str, Any]], teller: Teller) -> Iterator[Happening]:
    """Each revision of a deployment after its first; changed requests and limits are told as such."""
    owned: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for each in sets:
        owner = next((o for o in each["metadata"].get("ownerReferences") or () if o.get("kind") == "Deployment"), None)
        if owner is not None:
            owned[str(each["metadata"].get("namespace", "")), str(owner["name"])].append(each)
    for (space, name), revisions in owned.items():
        for before, after in itertools.pairwise(sorted(revisions, key=_revision)):
            key = "event_limits" if _resources(before) != _resources(after) else "event_rollout"
            if (at := _moment(after["metadata"].get("creationTimestamp"))) is not None:
                yield Happening(Event(at, teller.say(key, name=name)), space, name)


def _scalings(scalers: Iterable[Mapping[str, Any]], teller: Teller) -> Iterator[Happening]:
    """The last time that each autoscaler scaled."""
    for each in scalers:
        name = str(each.get("spec", {}).get("scaleTargetRef", {}).get("name", ""))
        if (at := _moment(each.get("status", {}).get("lastScaleTime"))) is not None:
            now = int(each["status"].get("desiredReplicas") or 0)
            told = teller.say("event_autoscaled", name=name, new=now)
            yield Happening(Event(at, told), str(each["metadata"].get("namespace", "")), name, 1.0)


def _rescales(events: Iterable[Mapping[str, Any]], teller: Teller) -> Iterator[Happening]:
    """What the autoscalers said that they did, while Kubernetes keeps it."""
    for each in events:
        about = each.get("involvedObject") or {}
        moment = each.get("lastTimestamp") or each.get("eventTime") or each["metadata"].get("creationTimestamp")
        size = re.search(r"New size: (\d+)", str(each.get("message", "")))
        if (at := _moment(moment)) is not None and size:
            name = str(about.get("name", ""))
            told = teller.say("event_autoscaled", name=name, new=size[1])
            yield Happening(Event(at, told), str(about.get("namespace", "")), name, 1.0)


def _joined(nodes: Iterable[Mapping[str, Any]], teller: Teller) -> Iterator[Happening]:
    for each in nodes:
        if (at := _moment(each["metadata"].get("creationTimestamp"))) is not None:
            told = teller.say("event_node_joined", name=str(each["metadata"]["name"]))
            yield Happening(Event(at, told), weight=1.0, nodes=True)


def _resources(revision: Mapping[str, Any]) -> list[Any]:
    pod = revision.get("spec", {}).get("template", {}).get("spec", {})
    return [(each.get("name"), each.get("resources")) for each in pod.get("containers") or ()]


def _revision(revision: Mapping[str, Any]) -> int:
    return int((revision["metadata"].get("annotations") or {}).get(REVISION, 0))


def _moment(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None


def _changes(line: Line) -> list[tuple[float, float, float]]:
    """When a value changed, from what to what."""
    pairs = zip(line.points, line.points[1:], strict=False)
    return [(later, old, new) for (_, old), (later, new) in pairs if old != new]
