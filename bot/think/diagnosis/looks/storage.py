"""Volumes and claims: pending, lost, released, too small, nearly full; classes that do not exist; mounts that fail."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.clock import amount
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

OLD = ("kubernetes.io/no-provisioner", "kubernetes.io/aws-ebs", "kubernetes.io/gce-pd", "kubernetes.io/azure-disk")
DEFAULT = "storageclass.kubernetes.io/is-default-class"
CAPACITY = ("status", "capacity")
RESIZE = ("VolumeResizeFailed", "FileSystemResizeFailed", "ExternalExpandingFailed")
MOUNT = {"FailedMount", "FailedAttachVolume", "FailedMapVolume", "VolumeResizeFailed", "FileSystemResizeFailed"}
MISSING = re.compile(r'(configmap|secret) "?([\w.-]+)"? not found')


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for claim in sight.cluster.all("PersistentVolumeClaim"):
        yield from _claim(sight, claim)
    for volume in sight.cluster.all("PersistentVolume"):
        yield from _volume(volume)
    yield from _classes(sight)
    for workload in sight.cluster.all("StatefulSet"):
        yield from _set(sight, workload)
    yield from _lost_claims(sight)
    yield from _mounts(sight)
    yield from _resizes(sight)


def _claim(sight: Sight, claim: Thing) -> Iterator[Finding]:
    phase, named = claim.text("status", "phase"), claim.get("spec", "storageClassName")
    said = [event for event in sight.cluster.about(claim.subject) if event.warning]
    message = said[-1].message if said else ""
    if phase == "Lost":
        yield _say(claim, "claim_lost", 0.85, message or phase)
    elif phase == "Pending" and not said and _waits_for_a_user(sight, claim):
        return
    elif phase == "Pending":
        proofs = [Proof(event.query, event.message[:300], event.last) for event in said[-1:]]
        gone = isinstance(named, str) and named and _no_class(sight, named, message)
        key = "claim_class_gone" if gone else "claim_pending"
        yield _say(claim, key, 0.95 if gone else 0.7, message or phase, *proofs, storage_class=str(named or ""))
    elif named is None and not claim.annotations.get("volume.beta.kubernetes.io/storage-class"):
        default = any(_default(one) for one in sight.cluster.all("StorageClass"))
        if not default and not claim.get("spec", "volumeName"):
            yield _say(claim, "claim_no_class", 0.25, "")
    elif sight.audits and _tiny(claim.get("spec", "resources", "requests", "storage")):
        yield _say(claim, "claim_small", 0.1, str(claim.get("spec", "resources", "requests", "storage")))


def _waits_for_a_user(sight: Sight, claim: Thing) -> bool:
    """Its volume is only made when a pod wants it, and no pod does: that is no trouble."""
    kind = sight.cluster.find("StorageClass", "", claim.text("spec", "storageClassName"))
    if kind is None or kind.text("volumeBindingMode") != "WaitForFirstConsumer":
        return False
    used = (
        volume
        for pod in sight.cluster.all("Pod")
        if pod.namespace == claim.namespace
        for volume in pod.each("spec", "volumes")
    )
    return not any((one.get("persistentVolumeClaim") or {}).get("claimName") == claim.name for one in used)


def _no_class(sight: Sight, named: str, message: str) -> bool:
    if "not found" in message and named in message:
        return True
    return sight.cluster.has("StorageClass") and not sight.cluster.find("StorageClass", "", named)


def _volume(volume: Thing) -> Iterator[Finding]:
    phase = volume.text("status", "phase")
    if phase == "Failed":
        yield _say(volume, "volume_failed", 0.7, volume.text("status", "message") or phase)
    elif phase == "Released":
        yield _say(volume, "volume_released", 0.2, phase)
    if _tiny(volume.get("spec", "capacity", "storage")):
        yield _say(volume, "volume_small", 0.1, str(volume.get("spec", "capacity", "storage")))


def _tiny(told: object) -> bool:
    size = amount(told)
    return size is not None and size < 2**30


def _classes(sight: Sight) -> Iterator[Finding]:
    classes = list(sight.cluster.all("StorageClass"))
    defaults = [one for one in classes if _default(one)]
    for one in classes:
        if one.text("provisioner") in OLD:
            yield _say(one, "class_old", 0.15, one.text("provisioner"))
    for one in defaults if len(defaults) > 1 else ():
        yield _say(one, "class_two_defaults", 0.2, ", ".join(each.name for each in defaults))


def _default(one: Thing) -> bool:
    return one.annotations.get(DEFAULT) == "true"


def _set(sight: Sight, workload: Thing) -> Iterator[Finding]:
    service = workload.text("spec", "serviceName")
    listed = any(one.namespace == workload.namespace for one in sight.cluster.all("Service"))
    if service and not sight.cluster.find("Service", workload.namespace, service):
        down = not workload.number("status", "readyReplicas")
        if listed or down:
            yield _say(workload, "set_no_service", 0.4 if listed else 0.2, service)
    for claim in workload.each("spec", "volumeClaimTemplates"):
        named = (claim.get("spec") or {}).get("storageClassName")
        if not named or sight.cluster.find("StorageClass", "", str(named)):
            continue
        if sight.cluster.has("StorageClass") or not workload.number("status", "readyReplicas"):
            yield _say(workload, "set_class_gone", 0.6 if sight.cluster.has("StorageClass") else 0.25, str(named))


def _lost_claims(sight: Sight) -> Iterator[Finding]:
    """Claims that only events tell of, and claims that a pod names but nobody made."""
    for event in sight.cluster.happenings:
        known = sight.cluster.find(event.about.kind, event.about.namespace, event.about.name)
        if event.about.kind == "PersistentVolumeClaim" and event.reason == "ProvisioningFailed" and known is None:
            values = {"name": event.about.name, "message": event.message[:300], "storage_class": "?"}
            proof = Proof(event.query, event.message[:300], event.last)
            key = "claim_class_gone" if "not found" in event.message else "claim_pending"
            yield Finding(event.about, key, Category.STORAGE, 0.9, values, (proof,), at=event.first)
    listed = {claim.namespace for claim in sight.cluster.all("PersistentVolumeClaim")}
    for pod in sight.cluster.all("Pod"):
        for volume in pod.each("spec", "volumes"):
            name = str((volume.get("persistentVolumeClaim") or {}).get("claimName") or "")
            waits = pod.text("status", "phase") == "Pending"
            subject = Subject("PersistentVolumeClaim", pod.namespace, name)
            known = sight.cluster.find(subject.kind, subject.namespace, name)
            if name and waits and pod.namespace in listed and known is None:
                values = {"name": name, "message": pod.name}
                yield Finding(subject, "claim_gone", Category.STORAGE, 0.8, values, (Proof(pod.query, name),))


def _resizes(sight: Sight) -> Iterator[Finding]:
    """A claim wants to be larger, and its volume is not made so."""
    for event in sight.cluster.happenings:
        fresh = event.last is None or sight.now - event.last < 3600
        if event.about.kind == "PersistentVolumeClaim" and event.reason in RESIZE and fresh:
            claim = sight.cluster.find("PersistentVolumeClaim", event.about.namespace, event.about.name)
            if claim is not None and _as_large_as_wanted(claim):
                continue
            values = {"name": event.about.name, "kind": "PersistentVolumeClaim", "message": event.message[:300]}
            proof = Proof(event.query, event.message[:300], event.last)
            yield Finding(event.about, "claim_not_grown", Category.STORAGE, 0.8, values, (proof,), at=event.first)


def _as_large_as_wanted(claim: Thing) -> bool:
    wanted, has = (amount(claim.get(*where, "storage")) for where in (("spec", "resources", "requests"), CAPACITY))
    return wanted is not None and has is not None and has >= wanted


def _mounts(sight: Sight) -> Iterator[Finding]:
    for event in sight.cluster.happenings:
        if event.reason not in MOUNT or event.about.kind != "Pod":
            continue
        pod = sight.cluster.find("Pod", event.about.namespace, event.about.name)
        if pod is not None and pod.text("status", "phase") == "Running":
            continue
        missing = MISSING.search(event.message)
        values = {"name": event.about.name, "message": event.message[:300]}
        proof = Proof(event.query, event.message[:300], event.last)
        key, category = ("mount_reference_gone", Category.CONFIG) if missing else ("mount_fails", Category.STORAGE)
        yield Finding(event.about, key, category, 0.85, values, (proof,), at=event.first)


def _say(thing: Thing, key: str, weight: float, message: str, *proofs: Proof, storage_class: str = "") -> Finding:
    values = {"name": thing.name, "kind": thing.kind, "message": message[:300], "storage_class": storage_class or "?"}
    own = Proof(thing.query, message[:300])
    return Finding(thing.subject, key, Category.STORAGE, weight, values, (own, *proofs))
