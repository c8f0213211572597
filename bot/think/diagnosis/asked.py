"""Whom the alert or the question is about: the objects its labels and words name."""

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.domain.finding import Subject
from bot.think.diagnosis.sight import Sight

LABELS = {
    "pod": "Pod",
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "replicaset": "ReplicaSet",
    "job_name": "Job",
    "cronjob": "CronJob",
    "node": "Node",
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "horizontalpodautoscaler": "HorizontalPodAutoscaler",
    "hpa": "HorizontalPodAutoscaler",
    "poddisruptionbudget": "PodDisruptionBudget",
    "pdb": "PodDisruptionBudget",
    "buildconfig": "BuildConfig",
    "certificate": "Certificate",
    "csv": "ClusterServiceVersion",
    "clusterserviceversion": "ClusterServiceVersion",
    "machine": "Machine",
    "ingress": "Ingress",
    "route": "Route",
    "service_name": "Service",
    "microservice": "Service",
    "dbinstance_identifier": "DBInstance",
    "dbinstance": "DBInstance",
}
CLUSTER_WIDE = {"Node", "DBInstance"}
EXPORTERS = re.compile(r"kube-state-metrics|node-exporter|prometheus|kubelet")


def asked_about(sight: Sight) -> tuple[Subject, ...]:
    """Most telling first; if nothing is named, the one workload of the namespace."""
    return named(sight) or _only_one(sight)


def named(sight: Sight) -> tuple[Subject, ...]:
    """What labels and words name. A label may name a pod as 'deployment': what exists decides."""
    found: list[Subject] = []
    for alert in sight.ask.alerts:
        labels = alert.labels
        namespace = labels.get("exported_namespace") or labels.get("namespace") or ""
        for label, kind in LABELS.items():
            name = labels.get(f"exported_{label}") or labels.get(label)
            if name and not EXPORTERS.search(name):
                found.append(_real(sight, kind, "" if kind in CLUSTER_WIDE else namespace, name))
        found += _by_bare_name(sight, namespace, labels, found)
        name = labels.get("service", "")
        if name and not EXPORTERS.search(name) and not found:
            found.append(_real(sight, "Service", namespace, name))
    return tuple(dict.fromkeys([*found, *_named_in_words(sight)]))


def _by_bare_name(
    sight: Sight, namespace: str, labels: Mapping[str, str], found: Sequence[Subject]
) -> Iterator[Subject]:
    """Exporters of custom resources label with a plain name: whatever is called so is meant."""
    name = labels.get("exported_name") or labels.get("name") or ""
    if not name or found:
        return
    things = [one for one in sight.things if one.name == name and one.namespace in (namespace, "")]
    things = [one for one in things if one.kind not in ("Event", "Pod", "ConfigMap", "Secret")]
    told = {one.about for one in sight.cluster.happenings if one.about.name == name}
    yield from [one.subject for one in things][:1] or sorted(told)[:1]


def asked_namespaces(sight: Sight) -> set[str]:
    """The namespaces the alert or the question names; empty: anywhere."""
    spaces = _alerted_namespaces(sight)
    known = {thing.namespace for thing in sight.things if thing.namespace}
    words = set(re.findall(r"[\w.-]+", sight.ask.text))
    return spaces | {space for space in known if space in words}


def _alerted_namespaces(sight: Sight) -> set[str]:
    told = [one.labels.get("exported_namespace") or one.labels.get("namespace") for one in sight.ask.alerts]
    return {one for one in told if one}


def _only_one(sight: Sight) -> tuple[Subject, ...]:
    """An alert names just a namespace, and one workload was gathered there: it is about that one."""
    spaces = _alerted_namespaces(sight)
    found = [one.subject for one in sight.cluster.all("Deployment", "StatefulSet") if one.namespace in spaces]
    return tuple(found) if len(found) == 1 else ()


def _real(sight: Sight, kind: str, namespace: str, name: str) -> Subject:
    """The object of that kind if it was gathered; else one of that name of another kind; else as told."""
    if sight.cluster.find(kind, namespace, name):
        return Subject(kind, namespace, name)
    for other in ("Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "Service"):
        if sight.cluster.find(other, namespace, name):
            return Subject(other, namespace, name)
    return Subject(kind, namespace, name)


def _named_in_words(sight: Sight) -> list[Subject]:
    words = set(re.findall(r"[\w][\w.-]+[\w]", sight.ask.text))
    kinds = (
        *("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Service", "Pod", "Node", "Ingress"),
        *("HorizontalPodAutoscaler", "PodDisruptionBudget", "PersistentVolumeClaim", "NetworkPolicy", "Certificate"),
    )
    return [thing.subject for kind in kinds for thing in sight.cluster.all(kind) if thing.name in words]
