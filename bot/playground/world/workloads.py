"""The controllers that make pods: replica sets, stateful sets, daemon sets and jobs."""

import json
from dataclasses import dataclass
from typing import Any

from bot.playground.kube.cluster import Cluster, stamp
from bot.playground.kube.kinds import Manifest
from bot.playground.world.agenda import Agenda
from bot.playground.world.events import Reporter
from bot.playground.world.kubelet import Kubelet
from bot.playground.world.lives import Life
from bot.playground.world.ownership import owned, reference, report, template_hash
from bot.playground.world.quotas import over_quota

TEMPLATE = "controller-revision-hash"


@dataclass(slots=True)
class Workloads:
    """Keeps pods as the workloads ask."""

    cluster: Cluster
    agenda: Agenda
    kubelet: Kubelet
    reporter: Reporter

    def reconcile(self) -> None:
        """One round over everything."""
        for replica_set in list(self.cluster.every("replicasets", "apps")):
            self._replica_set(replica_set)
        for stateful in list(self.cluster.every("statefulsets", "apps")):
            self._stateful_set(stateful)
        for daemon in list(self.cluster.every("daemonsets", "apps")):
            self._daemon_set(daemon)
        for job in list(self.cluster.every("jobs", "batch")):
            self._job(job)

    def _owned(self, owner: Manifest) -> list[Life]:
        return owned(self.kubelet.lives.values(), owner)

    def _replica_set(self, replica_set: Manifest) -> None:
        wanted, lives = replica_set["spec"]["replicas"], self._owned(replica_set)
        counted = [life for life in lives if not life.over and not life.leaving]
        for _ in range(wanted - len(counted)):
            if not self._make_pod(replica_set, {"generateName": f"{replica_set['metadata']['name']}-"}):
                break
        if len(counted) > wanted:
            order = sorted(counted, key=lambda life: (life.is_ready, bool(life.node), -life.created))
            for life in order[: len(counted) - wanted]:
                self.kubelet.leave(life)
        counted = [life for life in self._owned(replica_set) if not life.over and not life.leaving]
        ready = sum(life.is_ready for life in counted)
        told: dict[str, Any] = {
            "replicas": len(counted),
            "observedGeneration": replica_set["metadata"].get("generation", 1),
        }
        if counted:
            told |= {"fullyLabeledReplicas": len(counted)}
        if ready:
            told |= {"readyReplicas": ready, "availableReplicas": ready}
        report(self.cluster, replica_set, told)

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
                "labels": {**template.get("metadata", {}).get("labels", {}), **_revision_label(owner)},
                "annotations": dict(template.get("metadata", {}).get("annotations", {})),
                "ownerReferences": [reference(owner)],
            },
            "spec": spec,
            "status": {"phase": "Pending", "qosClass": "Burstable"},
        }
        if why := over_quota(self.cluster, namespace, spec):
            named = meta.get("name") or meta.get("generateName", "") + "*"
            self.reporter.tell(
                owner,
                "Warning",
                "FailedCreate",
                f'Error creating: pods "{named}" is forbidden: {why}',
                "replicaset-controller",
            )
            return False
        made = self.cluster.create(self.cluster.kind("pods"), namespace, pod)
        self.reporter.tell(
            owner,
            "Normal",
            "SuccessfulCreate",
            f"Created pod: {made['metadata']['name']}",
            f"{owner['kind'].lower()}-controller",
        )
        return True

    def _stateful_set(self, stateful: Manifest) -> None:
        meta, spec = stateful["metadata"], stateful["spec"]
        lives = {life.name: life for life in self._owned(stateful)}
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
            if life.labels.get(TEMPLATE) != digest:
                self.kubelet.leave(life)
                break
            if not life.is_ready:
                break
        for name, life in lives.items():
            if int(name.rsplit("-", 1)[1]) >= spec["replicas"]:
                self.kubelet.leave(life)
        ready = sum(life.is_ready for life in lives.values() if not life.leaving)
        report(
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
        lives = {life.spec.get("nodeName", ""): life for life in self._owned(daemon) if not life.over}
        nodes = [node["metadata"]["name"] for node in self.cluster.every("nodes")]
        digest = template_hash(daemon["spec"]["template"])
        stale = [life for life in lives.values() if life.labels.get(TEMPLATE) != digest]
        if stale and all(life.is_ready for life in lives.values()):
            self.kubelet.leave(stale[0])
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
        report(self.cluster, daemon, told)

    def _job(self, job: Manifest) -> None:
        spec, lives = job["spec"], self._owned(job)
        done = sum(life.phase == "Succeeded" for life in lives)
        failed = sum(life.phase == "Failed" for life in lives)
        active = len(lives) - done - failed
        conditions = job.get("status", {}).get("conditions", [])
        if not conditions:
            if done >= (spec.get("completions") or 1):
                conditions = [
                    _condition(
                        "Complete", "CompletionsReached", "Reached expected number of succeeded pods", self.agenda.now
                    )
                ]
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
        report(self.cluster, job, told)


def _condition(kind: str, reason: str, message: str, now: float) -> Manifest:
    return {
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": message,
        "lastProbeTime": stamp(now),
        "lastTransitionTime": stamp(now),
    }


def _revision_label(owner: Manifest) -> Manifest:
    """Pods of stateful and daemon sets tell which template they were made from."""
    if owner["kind"] not in ("StatefulSet", "DaemonSet"):
        return {}
    return {TEMPLATE: template_hash(owner["spec"]["template"])}
