"""Alerts become incidents: by time, by place, by who calls whom. Pure, and fast enough for a storm."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.alert import Alert
from bot.domain.incident import Incident

TOGETHER = timedelta(minutes=5)
"""What starts in one place within this time belongs together, known link or not."""
LINKED = timedelta(minutes=30)
"""What is linked (same workload, node, or a call between them) belongs together within this time."""
LONGEST = timedelta(hours=4)
"""No incident takes in new alerts for longer than this; what starts later is a new one."""
MOST_ALERTS = 20
"""Of an incident, so many of its newest alerts tell where it is."""
ABOUT = ("pod", "deployment", "statefulset", "daemonset", "job_name", "service", "service_name", "workload", "node")
PLACES = ("namespace", "exported_namespace")


@dataclass(frozen=True, slots=True)
class Topology:
    """What is known of who calls whom and what runs where; all optional."""

    calls: Mapping[str, frozenset[str]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    """Pod -> workload."""
    nodes: Mapping[str, str] = field(default_factory=dict)
    """Pod -> node."""

    def linked(self, one: str, other: str) -> bool:
        return one == other or other in self.calls.get(one, ()) or one in self.calls.get(other, ())


@dataclass(slots=True)
class Group:
    """Alerts that belong together so far."""

    id: str
    alerts: list[Alert]
    first: datetime
    last: datetime
    places: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def take(self, alert: Alert, places: Iterable[str], names: Iterable[str]) -> None:
        self.alerts.append(alert)
        self.first, self.last = min(self.first, alert.starts_at), max(self.last, alert.starts_at)
        self.places.update(places)
        self.names.update(names)


def group(alerts: Sequence[Alert], topology: Topology | None = None) -> list[Group]:
    """All alerts, none lost: each in exactly one group; the same alert told again joins where it was."""
    grouping = Grouping(topology or Topology())
    for alert in sorted(alerts, key=lambda one: one.starts_at):
        grouping.place(alert)
    return grouping.groups


class Grouping:
    """Places one alert after the other. Looks only at groups of the same place or with a linked name."""

    def __init__(self, topology: Topology) -> None:
        self.groups: list[Group] = []
        self._topology = topology
        self._known: dict[tuple[str, datetime], Group] = {}
        self._by_id: dict[str, Group] = {}
        self._by_place: dict[str, list[Group]] = {}
        self._by_name: dict[str, list[Group]] = {}

    def place(self, alert: Alert) -> Group:
        """The group this alert belongs to; a new one if there is none."""
        told = (alert.fingerprint, alert.starts_at)
        if told in self._known:
            known = self._known[told]
            known.alerts.append(alert)
            return known
        places, names = places_of(alert), names_of(alert, self._topology)
        found = self._fitting(alert, places, names)
        if found is None:
            found = Group(f"{alert.fingerprint}/{alert.starts_at.isoformat()}", [], alert.starts_at, alert.starts_at)
            self.groups.append(found)
        self._index(found, places, names)
        found.take(alert, places, names)
        self._known[told] = found
        return found

    def adopt(self, name: str, alert: Alert) -> Group:
        """An alert whose group is known already, by the group's name."""
        places, names = places_of(alert), names_of(alert, self._topology)
        found = self._by_id.get(name)
        if found is None:
            found = self._by_id[name] = Group(name, [], alert.starts_at, alert.starts_at)
            self.groups.append(found)
        self._index(found, places, names)
        found.take(alert, places, names)
        self._known[alert.fingerprint, alert.starts_at] = found
        return found

    def _index(self, found: Group, places: set[str], names: set[str]) -> None:
        for index, keys, known in ((self._by_place, places, found.places), (self._by_name, names, found.names)):
            for key in keys - known:
                index.setdefault(key, []).append(found)

    def _fitting(self, alert: Alert, places: set[str], names: set[str]) -> Group | None:
        """The newest fitting group: same place and time, or linked and not long ago."""
        best: Group | None = None
        near = [one for place in places for one in self._by_place.get(place, ())[-8:]]
        linked = set(names)
        for name in names:
            linked |= {f"{name.rpartition('/')[0]}/{one}" for one in self._calls(name.rpartition("/")[2])}
        related = [one for name in linked for one in self._by_name.get(name, ())[-8:]]
        for candidates, reach in ((related, LINKED), (near, TOGETHER)):
            for one in candidates:
                fits = one.first - reach <= alert.starts_at <= one.last + reach
                if fits and alert.starts_at - one.first <= LONGEST and (best is None or one.last > best.last):
                    best = one
            if best is not None:
                return best
        return None

    def _calls(self, name: str) -> set[str]:
        called = set(self._topology.calls.get(name, ()))
        return called | {caller for caller, callees in self._topology.calls.items() if name in callees}


def places_of(alert: Alert) -> set[str]:
    """Where it happens: the namespace; without one, what it is about. What is foreseen keeps to itself."""
    if alert.foreseen:
        return {f"foreseen {where}" for where in places_of(replace(alert, source=""))}
    spaces = {f"namespace:{alert.labels[label]}" for label in PLACES if alert.labels.get(label)}
    if spaces:
        return spaces
    named = {f"{label}:{alert.labels[label]}" for label in (*ABOUT, "instance", "cluster") if alert.labels.get(label)}
    return named or {f"alert:{alert.name}"}


def names_of(alert: Alert, topology: Topology) -> set[str]:
    """What it is about: pods by their workload and node, with the namespace in front."""
    if alert.foreseen:
        return set()
    space = next((alert.labels[label] for label in PLACES if alert.labels.get(label)), "")
    names = set()
    for label in ABOUT:
        name = alert.labels.get(label)
        if not name:
            continue
        if label == "node":
            names.add(f"node/{name}")
            continue
        names.add(f"{space}/{topology.owners.get(name, name)}")
        if name in topology.nodes:
            names.add(f"node/{topology.nodes[name]}")
    return names


def nearest(alerts: Iterable[Alert], topology: Topology) -> list[str]:
    """The services nearest to the cause: those that fail while nothing they call fails; most telling first."""
    failing: dict[str, int] = {}
    for alert in alerts:
        name = next((alert.labels[label] for label in ABOUT if alert.labels.get(label)), "")
        if name:
            failing[name] = max(failing.get(name, 0), _telling(alert))
    deep = {
        name: weight + (0 if any(callee in failing for callee in topology.calls.get(name, ())) else 1)
        for name, weight in failing.items()
    }
    return sorted(deep, key=lambda name: (-deep[name], name))


def _telling(alert: Alert) -> int:
    """Pods that are down tell more than errors, errors more than silence: those who get no calls are only starved."""
    name = alert.name.lower()
    if any(word in name for word in ("kube", "pod", "container", "oom", "crash")):
        return 4
    if any(word in name for word in ("error", "latency", "slow")):
        return 2
    return 0


class Belonging:
    """Says which open incident new alerts belong to, by the same rules; the topology is asked for each time."""

    def __init__(self, topology: Callable[[], Topology] = Topology) -> None:
        self._topology = topology

    def __call__(self, incidents: Sequence[Incident]) -> Callable[[Alert], str]:
        """Names an alert's incident by its id; alerts that belong to none, but together, get one new name."""
        grouping = Grouping(self._topology())
        for incident in incidents:
            for known in incident.alerts[-MOST_ALERTS:]:
                grouping.adopt(incident.id, known)
        return lambda alert: grouping.place(alert).id
