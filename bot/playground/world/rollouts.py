"""Rollouts: a deployment's replica sets, old and new, and how the one takes over from the other."""

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
from bot.playground.world.ownership import belongs, owned, reference, report, template_hash

REVISION = "deployment.kubernetes.io/revision"


@dataclass(slots=True)
class Rollouts:
    """The deployment controller."""

    cluster: Cluster
    agenda: Agenda
    kubelet: Kubelet
    reporter: Reporter
    progress: dict[tuple[str, int], float] = field(default_factory=dict)

    def reconcile(self) -> None:
        """One round over all deployments."""
        for deployment in list(self.cluster.every("deployments", "apps")):
            self._deployment(deployment)

    def _owned(self, owner: Manifest) -> list[Life]:
        return owned(self.kubelet.lives.values(), owner)

    def _deployment(self, deployment: Manifest) -> None:
        meta, spec = deployment["metadata"], deployment["spec"]
        sets = [
            each for each in self.cluster.every("replicasets", "apps", meta["namespace"]) if belongs(each, deployment)
        ]
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
                    "ownerReferences": [reference(deployment)],
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
                current,
                lambda m: m["metadata"]["annotations"].update({**_carried(deployment["metadata"]), REVISION: revision}),
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
        old = [
            each
            for each in sets
            if each["metadata"]["name"] != current["metadata"]["name"] and each["spec"]["replicas"]
        ]
        have = current["spec"]["replicas"]
        if spec.get("strategy", {}).get("type") == "Recreate":
            for each in old:
                self._scale(deployment, each, 0)
            if not any(self._owned(each) for each in old):
                self._scale(deployment, current, wanted)
            return
        surge, unavailable = _allowance(spec, wanted)
        total = have + sum(each["spec"]["replicas"] for each in old)
        if have < wanted:
            self._scale(deployment, current, min(wanted, have + max(0, wanted + surge - total)))
        elif have > wanted:
            self._scale(deployment, current, wanted)
        spare = sum(sum(life.is_ready for life in self._owned(each)) for each in sets) - (wanted - unavailable)
        for each in sorted(old, key=_revision):
            lives = self._owned(each)
            broken = sum(not life.is_ready for life in lives)
            gone = min(each["spec"]["replicas"], broken + max(0, spare))
            spare -= max(0, gone - broken)
            if gone:
                self._scale(deployment, each, each["spec"]["replicas"] - gone)

    def _scale(self, deployment: Manifest, replica_set: Manifest, replicas: int) -> None:
        before = replica_set["spec"]["replicas"]
        if before == replicas:
            return
        self.cluster.edit(replica_set, lambda manifest: _set_replicas(manifest, replicas))
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
            if belongs(each, deployment)
        ]
        lives = [life for each in sets for life in self._owned(each) if not life.over and not life.leaving]
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
        told["conditions"] = self._conditions(
            deployment, current, ready, sum(life.is_ready for life in new), len(lives)
        )
        report(self.cluster, deployment, told)

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
        what = {
            "NewReplicaSetAvailable": "has successfully progressed",
            "ProgressDeadlineExceeded": "has timed out progressing",
        }
        progressing = {
            "type": "Progressing",
            "status": str(not late),
            "reason": reason,
            "message": f'ReplicaSet "{name}" {what.get(reason, "is progressing")}.',
        }
        old = {each["type"]: each for each in deployment.get("status", {}).get("conditions", ())}
        return [_since(old.get(each["type"]), each, self.agenda.now) for each in (available, progressing)]


def _since(old: Manifest | None, new: Manifest, now: float) -> Manifest:
    same = old is not None and old["status"] == new["status"]
    moved = old["lastTransitionTime"] if same and old else stamp(now)
    unchanged = same and old is not None and old.get("reason") == new["reason"]
    return {
        **new,
        "lastTransitionTime": moved,
        "lastUpdateTime": old["lastUpdateTime"] if unchanged and old else stamp(now),
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


def _revision(manifest: Manifest) -> int:
    return int(manifest["metadata"].get("annotations", {}).get(REVISION, 0))


def _carried(meta: Manifest) -> Manifest:
    gone = (REVISION, "kubectl.kubernetes.io/last-applied-configuration")
    return {key: value for key, value in meta.get("annotations", {}).items() if key not in gone}


def _set_replicas(manifest: Manifest, replicas: int) -> None:
    manifest["spec"]["replicas"] = replicas
