"""The Kubernetes objects of a case, found by kind, name, owner, selector and what happened to them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bot.domain.finding import Subject
from bot.think.diagnosis.clock import moment
from bot.think.diagnosis.thing import Thing

POD_OF_SET = re.compile(r"^(?P<workload>.+?)-(?P<hash>[0-9a-f]{6,10}|[a-z0-9]{8,10})-(?P<tail>[a-z0-9]{5})$")
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet")


@dataclass(frozen=True, slots=True)
class Happening:
    """A Kubernetes event, about one object."""

    about: Subject
    reason: str
    message: str
    warning: bool
    count: int
    first: float | None
    last: float | None

    @property
    def query(self) -> str:
        where = f" -n {self.about.namespace}" if self.about.namespace else ""
        return f"kubectl get events{where} --field-selector involvedObject.name={self.about.name},reason={self.reason}"


@dataclass(frozen=True)
class Cluster:
    """An index over the objects."""

    things: tuple[Thing, ...]

    @cached_property
    def _kinds(self) -> Mapping[str, list[Thing]]:
        found: dict[str, list[Thing]] = {}
        for thing in self.things:
            found.setdefault(thing.kind, []).append(thing)
        return found

    @cached_property
    def _named(self) -> Mapping[Subject, Thing]:
        return {thing.subject: thing for thing in self.things}

    def all(self, *kinds: str) -> Iterator[Thing]:
        for kind in kinds:
            yield from self._kinds.get(kind, ())

    def has(self, kind: str) -> bool:
        return kind in self._kinds

    def find(self, kind: str, namespace: str, name: str) -> Thing | None:
        return self._named.get(Subject(kind, namespace, name))

    @cached_property
    def happenings(self) -> tuple[Happening, ...]:
        told = (_happening(thing) for thing in self._kinds.get("Event", ()))
        return tuple(one if one.about.kind else replace(one, about=self._by_name(one.about)) for one in told)

    def _by_name(self, about: Subject) -> Subject:
        """An event that does not say of which kind of object it tells: there may be just one of that name."""
        found = [one.subject for one in self.things if one.name == about.name and one.namespace == about.namespace]
        found = [one for one in found if one.kind != "Event"]
        return found[0] if len(found) == 1 else about

    @cached_property
    def _happened(self) -> Mapping[Subject, list[Happening]]:
        found: dict[Subject, list[Happening]] = {}
        for happening in self.happenings:
            found.setdefault(happening.about, []).append(happening)
        return found

    def about(self, subject: Subject) -> list[Happening]:
        return self._happened.get(subject, [])

    def owner(self, subject: Subject) -> Subject:
        """The workload at the top: pod -> replica set -> deployment; by owner reference, else by the pod's name."""
        seen = {subject}
        while True:
            above = self._above(subject)
            if above is None or above in seen:
                return subject
            seen.add(above)
            subject = above

    def _above(self, subject: Subject) -> Subject | None:
        thing = self._named.get(subject)
        if thing is not None:
            for reference in thing.each("metadata", "ownerReferences"):
                kind, name = str(reference.get("kind", "")), str(reference.get("name", ""))
                if kind in WORKLOADS and name:
                    return Subject(kind, subject.namespace, name)
        if subject.kind == "Pod":
            return self._above_by_name(subject)
        if subject.kind == "ReplicaSet" and re.search(r"-[0-9a-z]{6,10}$", subject.name):
            name = subject.name.rsplit("-", 1)[0]
            hashed = thing is None or "pod-template-hash" in thing.labels
            if hashed or Subject("Deployment", subject.namespace, name) in self._named:
                return Subject("Deployment", subject.namespace, name)
        return None

    def _above_by_name(self, pod: Subject) -> Subject | None:
        named = POD_OF_SET.match(pod.name)
        if named:
            return Subject("Deployment", pod.namespace, named["workload"])
        for kind in ("StatefulSet", "Job", "DaemonSet"):
            head, _, tail = pod.name.rpartition("-")
            fits = tail.isdigit() if kind == "StatefulSet" else len(tail) == 5
            if head and fits and Subject(kind, pod.namespace, head) in self._named:
                return Subject(kind, pod.namespace, head)
        return None

    def pods_of(self, workload: Subject) -> list[Thing]:
        return [pod for pod in self.all("Pod") if self.owner(pod.subject) == workload]

    def matching(self, namespace: str, labels: Mapping[str, Any]) -> list[Thing]:
        """The pods of a namespace that carry all these labels."""
        return [pod for pod in self.all("Pod") if pod.namespace == namespace and wears(pod.labels, labels)]

    def templates(self) -> Iterator[tuple[Thing, Mapping[str, Any]]]:
        """Each pod-like object with its pod spec: bare pods and the templates of workloads."""
        for thing in self.things:
            if thing.kind == "Pod":
                spec = thing.get("spec")
            elif thing.kind == "CronJob":
                spec = thing.get("spec", "jobTemplate", "spec", "template", "spec")
            elif thing.kind in WORKLOADS:
                spec = thing.get("spec", "template", "spec")
            else:
                continue
            if isinstance(spec, Mapping):
                yield thing, spec


def wears(labels: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def containers(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Init containers and containers of a pod spec."""
    found: list[Mapping[str, Any]] = []
    for key in ("initContainers", "containers"):
        listed = spec.get(key)
        found += [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return found


def statuses(pod: Thing) -> Iterable[Mapping[str, Any]]:
    return [*pod.each("status", "initContainerStatuses"), *pod.each("status", "containerStatuses")]


def condition(thing: Thing, kind: str) -> Mapping[str, Any]:
    """The condition of that type, or an empty mapping."""
    return next((one for one in thing.each("status", "conditions") if one.get("type") == kind), {})


def _happening(event: Thing) -> Happening:
    about = event.get("involvedObject") or event.get("regarding") or {}
    last = (
        event.get("lastTimestamp")
        or event.get("series", "lastObservedTime")
        or event.get("eventTime")
        or event.get("metadata", "creationTimestamp")
    )
    kind = str(about.get("kind", ""))
    space = str(about.get("namespace") or (event.namespace if kind not in ("Node", "PersistentVolume") else "") or "")
    return Happening(
        about=Subject(kind, "" if kind == "Node" else space, str(about.get("name", ""))),
        reason=event.text("reason"),
        message=event.text("message") or event.text("note"),
        warning=event.text("type") == "Warning",
        count=event.number("count") or event.number("series", "count") or 1,
        first=moment(event.get("firstTimestamp") or event.get("eventTime")),
        last=moment(last),
    )
