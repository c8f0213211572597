"""The state of the cluster as metrics, as kube-state-metrics tells it: pods, workloads, nodes, claims."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from bot.playground.kube.cluster import Change, seconds
from bot.playground.kube.kinds import Manifest
from bot.playground.shop.metrics import Family, Floats, Line, constant, steps
from bot.playground.world.lives import Life, quantity
from bot.playground.world.world import World

_JOB = {"job": "kube-state-metrics", "instance": "kube-state-metrics:8080"}
_WAITING = ("ContainerCreating", "CrashLoopBackOff", "CreateContainerConfigError", "ErrImagePull", "ImagePullBackOff")
_ENDED = ("Completed", "Error", "OOMKilled")
_CONDITIONS = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
Read = Callable[[Manifest], Any]
_DEPLOYMENT: Mapping[str, Read] = {
    "kube_deployment_spec_replicas": lambda m: m["spec"].get("replicas", 1),
    "kube_deployment_status_replicas": lambda m: m.get("status", {}).get("replicas", 0),
    "kube_deployment_status_replicas_available": lambda m: m.get("status", {}).get("availableReplicas", 0),
    "kube_deployment_status_replicas_ready": lambda m: m.get("status", {}).get("readyReplicas", 0),
    "kube_deployment_status_replicas_unavailable": lambda m: m.get("status", {}).get("unavailableReplicas", 0),
    "kube_deployment_status_replicas_updated": lambda m: m.get("status", {}).get("updatedReplicas", 0),
    "kube_deployment_metadata_generation": lambda m: m["metadata"].get("generation", 1),
    "kube_deployment_status_observed_generation": lambda m: m.get("status", {}).get("observedGeneration", 1),
}
_STATEFUL: Mapping[str, Read] = {
    "kube_statefulset_replicas": lambda m: m["spec"].get("replicas", 1),
    "kube_statefulset_status_replicas_ready": lambda m: m.get("status", {}).get("readyReplicas", 0),
    "kube_replicaset_spec_replicas": lambda m: m["spec"].get("replicas", 0),
    "kube_replicaset_status_ready_replicas": lambda m: m.get("status", {}).get("readyReplicas", 0),
    "kube_daemonset_status_desired_number_scheduled": lambda m: m.get("status", {}).get("desiredNumberScheduled", 0),
    "kube_daemonset_status_number_ready": lambda m: m.get("status", {}).get("numberReady", 0),
    "kube_persistentvolumeclaim_resource_requests_storage_bytes": lambda m: quantity(
        m["spec"].get("resources", {}).get("requests", {}).get("storage")
    ),
    "kube_node_spec_unschedulable": lambda m: float(bool(m["spec"].get("unschedulable"))),
    "kube_horizontalpodautoscaler_spec_max_replicas": lambda m: m["spec"].get("maxReplicas", 0),
    "kube_horizontalpodautoscaler_status_current_replicas": lambda m: m.get("status", {}).get("currentReplicas", 0),
}
_KINDS = {
    "Deployment": ("deployment", _DEPLOYMENT),
    "StatefulSet": ("statefulset", _STATEFUL),
    "ReplicaSet": ("replicaset", _STATEFUL),
    "DaemonSet": ("daemonset", _STATEFUL),
    "PersistentVolumeClaim": ("persistentvolumeclaim", _STATEFUL),
    "Node": ("node", _STATEFUL),
    "HorizontalPodAutoscaler": ("horizontalpodautoscaler", _STATEFUL),
}
History = list[tuple[float, float]]


@dataclass(slots=True)
class States:
    """Listens to the store and remembers what each number was when."""

    world: World
    told: dict[str, dict[tuple[str, str], History]] = field(default_factory=dict)
    gone: dict[tuple[str, str, str], float] = field(default_factory=dict)
    conditions: dict[tuple[str, str], History] = field(default_factory=dict)

    def hear(self, change: Change) -> None:
        """Remember the numbers of a changed manifest."""
        kind, manifest = change.kind.kind, change.manifest
        if kind not in _KINDS:
            return
        label, table = _KINDS[kind]
        key = (manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"])
        if change.verb == "DELETED":
            self.gone[label, *key] = self.world.now
            return
        for name, read in table.items():
            if name.startswith(f"kube_{label}_"):
                _note(self.told.setdefault(name, {}).setdefault(key, []), self.world.now, float(read(manifest)))
        for condition in manifest.get("status", {}).get("conditions", ()) if kind == "Node" else ():
            value = {"True": 1.0, "False": 0.0}.get(condition["status"], 0.5)
            _note(self.conditions.setdefault((key[1], condition["type"]), []), self.world.now, value)

    def families(self) -> list[Family]:
        """All of them."""
        made = [
            Family(name, "gauge", "From the cluster's state.", partial(self._numbers, name, label))
            for label, table in _KINDS.values()
            for name in table
            if name.startswith(f"kube_{label}_")
        ]
        pods: dict[str, Callable[[], Iterator[Line]]] = {
            "kube_pod_info": self._info,
            "kube_pod_owner": self._owner,
            "kube_pod_created": lambda: self._pods(lambda life: constant(life.created)),
            "kube_pod_labels": self._labels,
            "kube_pod_status_phase": self._phases,
            "kube_pod_status_ready": self._ready,
            "kube_pod_container_status_ready": lambda: self._containers(_is_ready),
            "kube_pod_container_status_running": lambda: self._containers(_is_running),
            "kube_pod_container_status_restarts_total": lambda: self._containers(_restarts),
            "kube_pod_container_status_waiting_reason": self._waiting,
            "kube_pod_container_status_terminated_reason": lambda: self._ended(last=False),
            "kube_pod_container_status_last_terminated_reason": lambda: self._ended(last=True),
            "kube_pod_container_resource_limits": lambda: self._resources("limits"),
            "kube_pod_container_resource_requests": lambda: self._resources("requests"),
            "kube_replicaset_owner": self._set_owners,
            "kube_node_status_condition": self._node_conditions,
            "kube_node_info": self._node_info,
            "kube_node_status_allocatable": lambda: self._node_room("allocatable"),
            "kube_node_status_capacity": lambda: self._node_room("capacity"),
            "kube_resourcequota": self._quotas,
        }
        kinds = {"kube_pod_container_status_restarts_total": "counter"}
        return made + [
            Family(name, kinds.get(name, "gauge"), "From the cluster's state.", lines) for name, lines in pods.items()
        ]

    def _numbers(self, name: str, label: str) -> Iterator[Line]:
        for (namespace, thing), history in self.told.get(name, {}).items():
            place = {"namespace": namespace} if namespace else {}
            ended = self.gone.get((label, namespace, thing))
            died = ended if ended is not None and ended >= history[-1][0] else None
            yield Line({**_JOB, **place, label: thing}, steps(history), history[0][0], died)

    def _pods(
        self, make: Callable[[Life], Callable[[Floats], Floats]], more: Callable[[Life], dict[str, str]] | None = None
    ) -> Iterator[Line]:
        for life in self.world.kubelet.lives.values():
            told = {**_JOB, "namespace": life.namespace, "pod": life.name, "uid": life.uid}
            yield Line({**told, **(more(life) if more else {})}, make(life), life.created, life.deleted)

    def _containers(
        self, make: Callable[[Life], Callable[[Floats], Floats]], more: Callable[[Life], dict[str, str]] | None = None
    ) -> Iterator[Line]:
        return self._pods(make, lambda life: {"container": life.containers[0]["name"], **(more(life) if more else {})})

    def _info(self) -> Iterator[Line]:
        return self._pods(
            lambda _: constant(1.0),
            lambda life: {
                "node": life.node,
                "pod_ip": life.ip,
                "created_by_kind": life.owner[0],
                "created_by_name": life.owner[1],
            },
        )

    def _owner(self) -> Iterator[Line]:
        return self._pods(
            lambda _: constant(1.0),
            lambda life: {"owner_kind": life.owner[0], "owner_name": life.owner[1], "owner_is_controller": "true"},
        )

    def _labels(self) -> Iterator[Line]:
        return self._pods(lambda _: constant(1.0), lambda life: {"label_app": life.app})

    def _phases(self) -> Iterator[Line]:
        for phase in ("Pending", "Running", "Succeeded", "Failed", "Unknown"):
            yield from self._pods(partial(_in_phase, phase), partial(_told, {"phase": phase}))

    def _ready(self) -> Iterator[Line]:
        for word in ("true", "false"):
            yield from self._pods(partial(_is_ready_as, word), partial(_told, {"condition": word}))

    def _waiting(self) -> Iterator[Line]:
        for life in self.world.kubelet.lives.values():
            for reason in {reason for _, reason in life.waiting if reason in _WAITING}:
                marks = [(at, float(said == reason)) for at, said in life.waiting] + [
                    (run.start, 0.0) for run in life.runs
                ]
                told = {**_JOB, "namespace": life.namespace, "pod": life.name, "uid": life.uid}
                told |= {"container": life.containers[0]["name"], "reason": reason}
                yield Line(told, steps(sorted(marks)), life.created, life.deleted)

    def _ended(self, *, last: bool) -> Iterator[Line]:
        for life in self.world.kubelet.lives.values():
            ended = [run for run in life.runs if run.end is not None]
            for reason in sorted({run.reason for run in ended} & set(_ENDED)):
                marks = [(float(run.end or 0), float(run.reason == reason)) for run in ended]
                if not last:
                    marks = sorted(marks + [(run.start, 0.0) for run in life.runs[1:]])
                told = {**_JOB, "namespace": life.namespace, "pod": life.name, "uid": life.uid}
                told |= {"container": life.containers[0]["name"], "reason": reason}
                yield Line(told, steps(marks), marks[0][0], life.deleted)

    def _resources(self, sort: str) -> Iterator[Line]:
        for resource, unit in (("cpu", "core"), ("memory", "byte")):
            for line, life in zip(
                self._containers(lambda _: constant(0.0), lambda life: {"node": life.node}),
                self.world.kubelet.lives.values(),
                strict=True,
            ):
                amount = quantity(life.containers[0].get("resources", {}).get(sort, {}).get(resource))
                if amount:
                    yield Line(
                        {**line.labels, "resource": resource, "unit": unit}, constant(amount), line.born, line.died
                    )

    def _set_owners(self) -> Iterator[Line]:
        for each in self.world.cluster.every("replicasets", "apps"):
            for owner in each["metadata"].get("ownerReferences", ()):
                told = {**_JOB, "namespace": each["metadata"]["namespace"], "replicaset": each["metadata"]["name"]}
                told |= {"owner_kind": owner["kind"], "owner_name": owner["name"], "owner_is_controller": "true"}
                yield Line(told, constant(1.0), seconds(each["metadata"]["creationTimestamp"]))

    def _node_conditions(self) -> Iterator[Line]:
        for (node, condition), history in self.conditions.items():
            if condition in _CONDITIONS:
                for word, level in (("true", 1.0), ("false", 0.0), ("unknown", 0.5)):
                    told = {**_JOB, "node": node, "condition": condition, "status": word}
                    yield Line(told, steps([(at, float(value == level)) for at, value in history]), history[0][0])

    def _nodes(self) -> Iterator[Manifest]:
        return self.world.cluster.every("nodes")

    def _node_info(self) -> Iterator[Line]:
        for node in self._nodes():
            told = {
                **_JOB,
                "node": node["metadata"]["name"],
                "kubelet_version": node["status"]["nodeInfo"]["kubeletVersion"],
            }
            yield Line(told, constant(1.0))

    def _node_room(self, sort: str) -> Iterator[Line]:
        for node in self._nodes():
            for resource, unit in (("cpu", "core"), ("memory", "byte"), ("pods", "integer")):
                told = {**_JOB, "node": node["metadata"]["name"], "resource": resource, "unit": unit}
                yield Line(told, constant(quantity(node["status"][sort][resource])))

    def _quotas(self) -> Iterator[Line]:
        for quota in self.world.cluster.every("resourcequotas"):
            for sort in ("hard", "used"):
                for resource, amount in quota.get("status", {}).get(sort, {}).items():
                    told = {
                        **_JOB,
                        "namespace": quota["metadata"]["namespace"],
                        "resourcequota": quota["metadata"]["name"],
                    }
                    yield Line({**told, "resource": resource, "type": sort}, constant(quantity(amount)))


def _note(history: History, at: float, value: float) -> None:
    if not history or history[-1][1] != value:
        if history and history[-1][0] == at:
            history.pop()
        history.append((at, value))


def _told(labels: dict[str, str], _: Life) -> dict[str, str]:
    return labels


def _in_phase(phase: str, life: Life) -> Callable[[Floats], Floats]:
    return steps([(at, float(name == phase)) for at, name in life.phases])


def _is_ready_as(word: str, life: Life) -> Callable[[Floats], Floats]:
    marks = [(at, float(ready is (word == "true"))) for at, ready in life.ready]
    return steps([(life.created, float(word == "false")), *marks])


def _is_ready(life: Life) -> Callable[[Floats], Floats]:
    return steps([(at, float(ready)) for at, ready in life.ready])


def _is_running(life: Life) -> Callable[[Floats], Floats]:
    marks = [(run.start, 1.0) for run in life.runs] + [(run.end, 0.0) for run in life.runs if run.end is not None]
    return steps(sorted(marks))


def _restarts(life: Life) -> Callable[[Floats], Floats]:
    starts = np.array([run.start for run in life.runs[1:]])
    return lambda times: np.searchsorted(starts, times, side="right").astype(np.float64)
