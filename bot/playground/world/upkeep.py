"""The other controllers: endpoints of services, disruption budgets, autoscalers, claims, quotas, and clearing up."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.playground.kube.cluster import Cluster, stamp
from bot.playground.kube.kinds import Manifest
from bot.playground.kube.selectors import by_selector
from bot.playground.world import quotas
from bot.playground.world.kubelet import Kubelet
from bot.playground.world.lives import Life, quantity

_OWNED = (("replicasets", "apps"), ("pods", ""), ("jobs", "batch"), ("endpointslices", "discovery.k8s.io"))


@dataclass(frozen=True, slots=True)
class Upkeep:
    """One round keeps everything in step."""

    cluster: Cluster
    kubelet: Kubelet

    def reconcile(self) -> None:
        """One round over everything."""
        self._clear()
        self._endpoints()
        self._budgets()
        self._claims()
        quotas.report(self.cluster)

    def _lives(self, namespace: str, selector: Manifest | None) -> list[Life]:
        test = by_selector(selector)
        return [
            life
            for life in self.kubelet.lives.values()
            if not life.over and life.namespace == namespace and test({"metadata": {"labels": life.labels}})
        ]

    def _clear(self) -> None:
        """What belonged to something that is gone goes too."""
        alive = {
            manifest["metadata"]["uid"] for stored in list(self.cluster.places.values()) for manifest in stored.values()
        }
        for plural, group in _OWNED:
            for manifest in list(self.cluster.every(plural, group)):
                references = manifest["metadata"].get("ownerReferences", ())
                if references and all(each["uid"] not in alive for each in references):
                    life = self.kubelet.lives.get(manifest["metadata"]["uid"])
                    if plural == "pods" and life is not None:
                        self.kubelet.leave(life)
                    elif plural != "pods":
                        meta = manifest["metadata"]
                        self.cluster.delete(self.cluster.kind(plural, group), meta["namespace"], meta["name"])

    def _endpoints(self) -> None:
        for service in list(self.cluster.every("services")):
            meta, spec = service["metadata"], service["spec"]
            if not spec.get("selector"):
                continue
            lives = sorted(self._lives(meta["namespace"], spec["selector"]), key=lambda life: life.name)
            lives = [life for life in lives if life.runs]
            ports = [{"name": p.get("name", ""), "port": p["port"], "protocol": "TCP"} for p in spec.get("ports", ())]
            self._slice(service, [_endpoint(life) for life in lives], ports)
            ready = [_address(life) for life in lives if life.is_ready]
            rest = [_address(life) for life in lives if not life.is_ready]
            subset = {k: v for k, v in (("addresses", ready), ("notReadyAddresses", rest), ("ports", ports)) if v}
            self._put("endpoints", "", meta, {"subsets": [subset] if lives else []}, {})

    def _slice(self, service: Manifest, told: list[Manifest], ports: list[Manifest]) -> None:
        meta = service["metadata"]
        reference = {
            "apiVersion": "v1",
            "kind": "Service",
            "name": meta["name"],
            "uid": meta["uid"],
            "controller": True,
        }
        self._put(
            "endpointslices",
            "discovery.k8s.io",
            {**meta, "name": f"{meta['name']}-{meta['uid'][:5]}"},
            {"addressType": "IPv4", "endpoints": told, "ports": ports},
            {"labels": {"kubernetes.io/service-name": meta["name"]}, "ownerReferences": [reference]},
        )

    def _put(self, plural: str, group: str, named: Manifest, fields: Manifest, meta: Manifest) -> None:
        kind = self.cluster.kind(plural, group)
        old = self.cluster.find(plural, named["namespace"], named["name"], group)
        if old is None:
            made = {
                "apiVersion": kind.api_version,
                "kind": kind.kind,
                "metadata": {"name": named["name"], **meta},
                **fields,
            }
            self.cluster.create(kind, named["namespace"], made)
        elif any(old.get(key) != value for key, value in fields.items()):
            self.cluster.edit(old, lambda manifest: manifest.update(fields))

    def _budgets(self) -> None:
        for budget in list(self.cluster.every("poddisruptionbudgets", "policy")):
            lives = self._lives(budget["metadata"]["namespace"], budget["spec"].get("selector"))
            healthy, expected = sum(life.is_ready for life in lives), len(lives)
            desired = _share(budget["spec"].get("minAvailable"), expected)
            if budget["spec"].get("maxUnavailable") is not None:
                desired = expected - _share(budget["spec"]["maxUnavailable"], expected)
            told = {
                "currentHealthy": healthy,
                "desiredHealthy": desired,
                "disruptionsAllowed": max(0, healthy - desired),
                "expectedPods": expected,
                "observedGeneration": budget["metadata"].get("generation", 1),
            }
            self.cluster.edit(budget, partial(_tell, told))

    def _claims(self) -> None:
        """A claim is bound at once; one that asks for more gets it."""
        for claim in list(self.cluster.every("persistentvolumeclaims")):
            asked = claim["spec"].get("resources", {}).get("requests", {}).get("storage")
            name = claim["spec"].get("volumeName") or f"pvc-{claim['metadata']['uid']}"
            classes = {each["metadata"]["name"] for each in self.cluster.every("storageclasses", "storage.k8s.io")}
            if claim["spec"].get("storageClassName", "standard") not in classes:
                continue
            if self.cluster.find("persistentvolumes", "", name) is None:
                self.cluster.create(self.cluster.kind("persistentvolumes"), "", _volume(claim, name))
            told = {
                "phase": "Bound",
                "accessModes": claim["spec"].get("accessModes", []),
                "capacity": {"storage": asked},
            }

            def bind(manifest: Manifest, name: str = name, told: Manifest = told) -> None:
                manifest["spec"]["volumeName"] = name
                manifest["status"] = told

            if claim["spec"].get("volumeName") != name or claim.get("status") != told:
                grown = bool(claim.get("status", {}).get("capacity"))
                bound = self.cluster.edit(claim, bind)
                if grown:
                    self.kubelet.reporter.tell(
                        bound,
                        "Normal",
                        "FileSystemResizeSuccessful",
                        "MountVolume.NodeExpandVolume succeeded for volume",
                        "kubelet",
                    )


def _reference(life: Life) -> Manifest:
    return {"kind": "Pod", "name": life.name, "namespace": life.namespace, "uid": life.uid}


def _address(life: Life) -> Manifest:
    return {"ip": life.ip, "nodeName": life.node, "targetRef": _reference(life)}


def _endpoint(life: Life) -> Manifest:
    return {
        "addresses": [life.ip],
        "conditions": {"ready": life.is_ready, "serving": life.is_ready, "terminating": life.leaving},
        "nodeName": life.node,
        "targetRef": _reference(life),
    }


def _volume(claim: Manifest, name: str) -> Manifest:
    meta = claim["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "creationTimestamp": stamp(0) if not meta else meta["creationTimestamp"]},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"].get("accessModes", []),
            "storageClassName": claim["spec"].get("storageClassName", "standard"),
            "persistentVolumeReclaimPolicy": "Delete",
            "claimRef": {
                "kind": "PersistentVolumeClaim",
                "name": meta["name"],
                "namespace": meta["namespace"],
                "uid": meta["uid"],
            },
        },
        "status": {"phase": "Bound"},
    }


def _tell(told: Manifest, manifest: Manifest) -> None:
    manifest["status"] = told


def _share(value: Any, expected: int) -> int:
    if value is None:
        return 0
    if isinstance(value, str) and value.endswith("%"):
        return -int(-expected * quantity(value[:-1]) // 100)
    return int(value)
