"""The workload controllers: deployments make replica sets, and those and their kin make pods."""

import hashlib
import json
import math
from dataclasses import dataclass, field
from typing import Any

from bot.playground.kube.cluster import Cluster, stamp
from bot.playground.kube.kinds import Manifest
from bot.playground.world.agenda import Agenda
from bot.playground.world.events import Reporter
from bot.playground.world.kubelet import Kubelet
from bot.playground.world.lives import Life
from bot.playground.world.quotas import over_quota

REVISION = "deployment.kubernetes.io/revision"


@dataclass(slots=True)
class Workloads:
    """Keeps pods as the workloads ask."""

    cluster: Cluster
    agenda: Agenda
    kubelet: Kubelet
    reporter: Reporter
    progress: dict[tuple[str, int], float] = field(default_factory=dict)

    def reconcile(self) -> None:
        """One round over everything."""
        for deployment in list(self.cluster.every("deployments", "apps")):
            self._deployment(deployment)
        for replica_set in list(self.cluster.every("replicasets", "apps")):
            self._replica_set(replica_set)
        for stateful in list(self.cluster.every("statefulsets", "apps")):
            self._stateful_set(stateful)
        for daemon in list(self.cluster.every("daemonsets", "apps")):
            self._daemon_set(daemon)
        for job in list(self.cluster.every("jobs", "batch")):
            self._job(job)

    def owned(self, owner: Manifest) -> list[Life]:
        """The lives of the pods that belong to an owner, oldest first."""
        meta = owner["metadata"]
        return [
            life
            for life in self.kubelet.lives.values()
            if life.owner == (owner["kind"], meta["name"])
            and life.namespace == meta.get("namespace")
            and life.deleted is None
        ]

    def _deployment(self, deployment: Manifest) -> None:
        meta, spec = deployment["metadata"], deployment["spec"]
        sets = [each for each in self.cluster.every("replicasets", "apps", meta["namespace"]) if _owner(each, deployment)]
        digest = template_hash(spec["template"])
        current = next((each for each in sets if each["metadata"]["labels"].get("pod-template-hash") == digest), None)
        if current is None and not spec.get("paused"):
            current = self._new_set(deployment, digest, sets)
            sets.append(current)
        elif current is not None:
            current = self._newest(deployment, current, sets)
        if current is not None:
            self._roll(deployment, current, sets)
        self._deployment_status(deployment, current)

    def _new_set(self, deployment: Manifest, digest: str, sets: list[Manifest]) -> Manifest:
        meta, spec = deployment["metadata"], deployment["spec"]
        template = json.loads(json.dumps(spec["template"]))
        template.setdefault("metadata", {}).setdefault("labels", {})["pod-template-hash"] = digest
        revision = str(max([_revision(each) for each in sets], default=0) + 1)
        made = self.cluster.create(
            self.cluster.kind("replicasets", "apps"),
            meta["namespace"],
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": f"{meta['name']}-{digest}",
                    "labels": dict(template["metadata"]["labels"]),
                    "annotations": {**_carried(meta), REVISION: revision},
                    "ownerReferences": [_reference(deployment)],
                },
                "spec": {
                    "replicas": 0,
                    "selector": {
                        "matchLabels": {**spec["selector"].get("matchLabels", {}), "pod-template-hash": digest}
                    },
                    "template": template,
                },
                "status": {"replicas": 0},
            },
        )
        self._annotate(deployment, revision)
        return made

    def _newest(self, deployment: Manifest, current: Manifest, sets: list[Manifest]) -> Manifest:
        """A template that was used before, as after a rollback, becomes the newest revision."""
        highest = max(_revision(each) for each in sets)
        if _revision(current) < highest:
            revision = str(highest + 1)
            current = self.cluster.edit(
                current, lambda m: m["metadata"]["annotations"].update({**_carried(deployment["metadata"]), REVISION: revision})
            )
            self._annotate(deployment, revision)
        return current

    def _annotate(self, deployment: Manifest, revision: str) -> None:
        self.cluster.edit(
            deployment, lambda manifest: manifest["metadata"].setdefault("annotations", {}).update({REVISION: revision})
        )

    def _roll(self, deployment: Manifest, current: Manifest, sets: list[Manifest]) -> None:
        spec = deployment["spec"]
        wanted = spec.get("replicas", 1)
        old = [each for each in sets if each["metadata"]["name"] != current["metadata"]["name"] and each["spec"]["replicas"]]
        have = current["spec"]["replicas"]
        if spec.get("strategy", {}).get("type") == "Recreate":
            for each in old:
                self._scale(deployment, each, 0)
            if not any(self.owned(each) for each in old):
                self._scale(deployment, current, wanted)
            return
        surge, unavailable = _allowance(spec, wanted)
        total = have + sum(each["spec"]["replicas"] for each in old)
        if have < wanted:
            self._scale(deployment, current, min(wanted, have + max(0, wanted + surge - total)))
        elif have > wanted:
            self._scale(deployment, current, wanted)
        spare = sum(sum(life.is_ready for life in self.owned(each)) for each in sets) - (wanted - unavailable)
        for each in sorted(old, key=lambda each: _revision(each)):
            lives = self.owned(each)
            broken = sum(not life.is_ready for life in lives)
            gone = min(each["spec"]["replicas"], broken + max(0, spare))
            spare -= max(0, gone - broken)
            if gone:
                self._scale(deployment, each, each["spec"]["replicas"] - gone)

    def _scale(self, deployment: Manifest, replica_set: Manifest, replicas: int) -> None:
        before = replica_set["spec"]["replicas"]
        if before == replicas:
            return
        self.cluster.edit(replica_set, lambda manifest: manifest["spec"].update(replicas=replicas))
        word = "up" if replicas > before else "down"
        self.reporter.tell(
            deployment,
            "Normal",
            "ScalingReplicaSet",
            f"Scaled {word} replica set {replica_set['metadata']['name']} from {before} to {replicas}",
            "deployment-controller",
        )

    def _deployment_status(self, deployment: Manifest, current: Manifest | None) -> None:
        sets = [
            each
            for each in self.cluster.every("replicasets", "apps", deployment["metadata"]["namespace"])
            if _owner(each, deployment)
        ]
        lives = [life for each in sets for life in self.owned(each) if not life.over and not life.leaving]
        new = [life for life in lives if current and life.owner[1] == current["metadata"]["name"]]
        ready = sum(life.is_ready for life in lives)
        wanted = deployment["spec"].get("replicas", 1)
        told: dict[str, Any] = {
            "observedGeneration": deployment["metadata"].get("generation", 1),
            "replicas": len(lives),
            "updatedReplicas": len(new),
            "readyReplicas": ready,
            "availableReplicas": ready,
        }
        if wanted > ready:
            told["unavailableReplicas"] = wanted - ready
        told = {key: value for key, value in told.items() if value or key == "observedGeneration"}
        told["conditions"] = self._conditions(deployment, current, ready, sum(life.is_ready for life in new), len(lives))
        _report(self.cluster, deployment, told)

    def _conditions(
        self, deployment: Manifest, current: Manifest | None, ready: int, fresh: int, total: int
    ) -> list[Manifest]:
        wanted = deployment["spec"].get("replicas", 1)
        _, unavailable = _allowance(deployment["spec"], wanted)
        enough = ready >= wanted - unavailable
        name = current["metadata"]["name"] if current else ""
        done = fresh >= wanted and total == wanted
        key = (deployment["metadata"]["uid"], deployment["metadata"].get("generation", 1))
        began = self.progress.setdefault(key, self.agenda.now)
        late = not done and self.agenda.now - began > deployment["spec"].get("progressDeadlineSeconds", 600)
        available = {
            "type": "Available",
            "status": str(enough),
            "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
            "message": f"Deployment {'has' if enough else 'does not have'} minimum availability.",
        }
        reason = "NewReplicaSetAvailable" if done else "ProgressDeadlineExceeded" if late else "ReplicaSetUpdated"
        what = {"NewReplicaSetAvailable": "has successfully progressed", "ProgressDeadlineExceeded": "has timed out progressing"}
        progressing = {
            "type": "Progressing",
            "status": str(not late),
            "reason": reason,
            "message": f'ReplicaSet "{name}" {what.get(reason, "is progressing")}.',
        }
        old = {each["type"]: each for each in deployment.get("status", {}).get("conditions", ())}
        return [_since(old.get(each["type"]), each, self.agenda.now) for each in (available, progressing)]

    def _replica_set(self, replica_set: Manifest) -> None:
        wanted, lives = replica_set["spec"]["replicas"], self.owned(replica_set)
        counted = [life for life in lives if not life.over and not life.leaving]
        for _ in range(wanted - len(counted)):
            if not self._make_pod(replica_set, {"generateName": f"{replica_set['metadata']['name']}-"}):
                break
        if len(counted) > wanted:
            order = sorted(counted, key=lambda life: (life.is_ready, bool(life.node), -life.created))
            for life in order[: len(counted) - wanted]:
                self.kubelet.leave(life)
        counted = [life for life in self.owned(replica_set) if not life.over and not life.leaving]
        ready = sum(life.is_ready for life in counted)
        told: dict[str, Any] = {"replicas": len(counted), "observedGeneration": replica_set["metadata"].get("generation", 1)}
        if counted:
            told |= {"fullyLabeledReplicas": len(counted)}
        if ready:
            told |= {"readyReplicas": ready, "availableReplicas": ready}
        _report(self.cluster, replica_set, told)

    def _make_pod(self, owner: Manifest, meta: Manifest, node: str = "") -> bool:
        template = owner["spec"]["template"]
        spec = json.loads(json.dumps(template["spec"]))
        if node:
            spec["nodeName"] = node
        namespace = owner["metadata"]["namespace"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                **meta,
                "labels": dict(template.get("metadata", {}).get("labels", {})),
                "annotations": dict(template.get("metadata", {}).get("annotations", {})),
                "ownerReferences": [_reference(owner)],
            },
            "spec": spec,
            "status": {"phase": "Pending", "qosClass": "Burstable"},
        }
        if why := over_quota(self.cluster, namespace, spec):
            named = meta.get("name") or meta.get("generateName", "") + "*"
            self.reporter.tell(
                owner, "Warning", "FailedCreate", f'Error creating: pods "{named}" is forbidden: {why}', "replicaset-controller"
            )
            return False
        made = self.cluster.create(self.cluster.kind("pods"), namespace, pod)
        self.reporter.tell(
            owner, "Normal", "SuccessfulCreate", f"Created pod: {made['metadata']['name']}", f"{owner['kind'].lower()}-controller"
        )
        return True

    def _stateful_set(self, stateful: Manifest) -> None:
        meta, spec = stateful["metadata"], stateful["spec"]
        lives = {life.name: life for life in self.owned(stateful)}
        digest = template_hash(spec["template"])
        for number in range(spec["replicas"]):
            name = f"{meta['name']}-{number}"
            life = lives.get(name)
            if life is None:
                self._make_pod(stateful, {"name": name})
                break
            if life.over:
                self.kubelet.gone(life)
                break
            if template_hash({"spec": _plain(life.spec), "metadata": {}}) != template_hash(
                {"spec": spec["template"]["spec"], "metadata": {}}
            ) or life.labels.get("restarted", "") != _restarted(spec["template"]):
                self.kubelet.leave(life)
                break
            if not life.is_ready:
                break
        for name, life in lives.items():
            if int(name.rsplit("-", 1)[1]) >= spec["replicas"]:
                self.kubelet.leave(life)
        ready = sum(life.is_ready for life in lives.values() if not life.leaving)
        _report(
            self.cluster,
            stateful,
            {
                "observedGeneration": meta.get("generation", 1),
                "replicas": len(lives),
                "readyReplicas": ready,
                "availableReplicas": ready,
                "updatedReplicas": len(lives),
                "currentRevision": f"{meta['name']}-{digest}",
                "updateRevision": f"{meta['name']}-{digest}",
            },
        )

    def _daemon_set(self, daemon: Manifest) -> None:
        lives = {life.spec.get("nodeName", ""): life for life in self.owned(daemon) if not life.over}
        nodes = [node["metadata"]["name"] for node in self.cluster.every("nodes")]
        for node in nodes:
            if node not in lives:
                self._make_pod(daemon, {"generateName": f"{daemon['metadata']['name']}-"}, node)
        ready = sum(life.is_ready for life in lives.values())
        told = {
            "desiredNumberScheduled": len(nodes),
            "currentNumberScheduled": len(lives),
            "numberReady": ready,
            "numberAvailable": ready,
            "numberMisscheduled": 0,
            "updatedNumberScheduled": len(lives),
            "observedGeneration": daemon["metadata"].get("generation", 1),
        }
        _report(self.cluster, daemon, told)

    def _job(self, job: Manifest) -> None:
        spec, lives = job["spec"], self.owned(job)
        done = sum(life.phase == "Succeeded" for life in lives)
        failed = sum(life.phase == "Failed" for life in lives)
        active = len(lives) - done - failed
        conditions = job.get("status", {}).get("conditions", [])
        if not conditions:
            if done >= (spec.get("completions") or 1):
                conditions = [_condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods", self.agenda.now)]
                self.reporter.tell(job, "Normal", "Completed", "Job completed", "job-controller")
            elif failed > spec.get("backoffLimit", 6):
                why = "Job has reached the specified backoff limit"
                conditions = [_condition("Failed", "BackoffLimitExceeded", why, self.agenda.now)]
                self.reporter.tell(job, "Warning", "BackoffLimitExceeded", why, "job-controller")
            elif active == 0 and not spec.get("suspend"):
                self._make_pod(job, {"generateName": f"{job['metadata']['name']}-"})
                active = 1
        began = job.get("status", {}).get("startTime") or stamp(self.agenda.now)
        told: dict[str, Any] = {"startTime": began, "conditions": conditions}
        if done and conditions:
            told["completionTime"] = job.get("status", {}).get("completionTime") or stamp(self.agenda.now)
        told |= {key: value for key, value in (("active", active), ("succeeded", done), ("failed", failed)) if value}
        _report(self.cluster, job, told)


def _report(cluster: Cluster, manifest: Manifest, told: dict[str, Any]) -> None:
    cluster.edit(manifest, lambda newest: newest.update(status={**newest.get("status", {}), **told} if newest["kind"] in ("Job",) else told))


def _since(old: Manifest | None, new: Manifest, now: float) -> Manifest:
    same = old is not None and old["status"] == new["status"]
    moved = old["lastTransitionTime"] if same and old else stamp(now)
    unchanged = same and old is not None and old.get("reason") == new["reason"]
    return {**new, "lastTransitionTime": moved, "lastUpdateTime": old["lastUpdateTime"] if unchanged and old else stamp(now)}


def _condition(kind: str, reason: str, message: str, now: float) -> Manifest:
    return {
        "type": kind, "status": "True", "reason": reason, "message": message,
        "lastProbeTime": stamp(now), "lastTransitionTime": stamp(now),
    }


def _allowance(spec: Manifest, wanted: int) -> tuple[int, int]:
    """How many pods more, and how many fewer, a rolling update may have."""
    rolling = spec.get("strategy", {}).get("rollingUpdate") or {}

    def part(value: Any, up: bool) -> int:
        if isinstance(value, int):
            return value
        share = wanted * float(str(value).rstrip("%")) / 100
        return math.ceil(share) if up else math.floor(share)

    surge, unavailable = part(rolling.get("maxSurge", "25%"), True), part(rolling.get("maxUnavailable", "25%"), False)
    return (surge, unavailable) if surge or unavailable else (0, 1)


def _owner(manifest: Manifest, owner: Manifest) -> bool:
    return any(each["uid"] == owner["metadata"]["uid"] for each in manifest["metadata"].get("ownerReferences", ()))


def _revision(manifest: Manifest) -> int:
    return int(manifest["metadata"].get("annotations", {}).get(REVISION, 0))


def _carried(meta: Manifest) -> Manifest:
    gone = (REVISION, "kubectl.kubernetes.io/last-applied-configuration")
    return {key: value for key, value in meta.get("annotations", {}).items() if key not in gone}


def _reference(owner: Manifest) -> Manifest:
    meta = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"],
        "controller": True, "blockOwnerDeletion": True,
    }


def _plain(spec: Manifest) -> Manifest:
    return {key: value for key, value in spec.items() if key != "nodeName"}


def _restarted(template: Manifest) -> str:
    return str(template.get("metadata", {}).get("labels", {}).get("restarted", ""))


def template_hash(template: Manifest) -> str:
    """The short name of a template: equal templates have equal names."""
    letters = "bcdfghjklmnpqrstvwxz2456789"
    number = int(hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest(), 16)
    return "".join(letters[(number >> (5 * place)) % len(letters)] for place in range(10))
