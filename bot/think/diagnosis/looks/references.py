"""What a pod needs and does not find: config maps, secrets, keys, service accounts; config that is empty or unused."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.cluster import containers
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

LOADED = re.compile(r"^(grafana_|prometheus_|fluentd?_|k8s-sidecar)")
"""Labels by which other programs find config maps that no pod names."""
SYSTEM = re.compile(r"kube-root-ca\.crt|openshift-service-ca|istio-ca|trusted-ca|kube-system")


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    used: set[tuple[str, str, str]] = set()
    for thing, spec in sight.cluster.templates():
        for need in dict.fromkeys(needs(spec)):
            used.add((need.kind, thing.namespace, need.name))
            yield from _missing(sight, thing, need)
        yield from _account(sight, thing, spec)
        yield from _pull_secrets(sight, thing, spec)
    for config in sight.cluster.all("ConfigMap"):
        if not SYSTEM.search(config.name):
            yield from _idle(sight, config, used)


@dataclass(frozen=True, slots=True)
class Need:
    """A config map or secret (and maybe a key in it) that a pod spec names."""

    kind: str
    name: str
    optional: bool = False
    key: str = ""


def needs(spec: Mapping[str, Any]) -> Iterator[Need]:
    """All that a pod spec names: volumes, then environment."""
    for volume in spec.get("volumes") or ():
        for part in [volume, *((volume.get("projected") or {}).get("sources") or [])]:
            for kind, field, label in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
                source = part.get(field) or {}
                name = source.get(label) or source.get("name")
                if name:
                    yield Need(kind, str(name), bool(source.get("optional")))
    for one in containers(spec):
        for source in one.get("envFrom") or ():
            for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                ref = source.get(field) or {}
                if ref.get("name"):
                    yield Need(kind, str(ref["name"]), bool(ref.get("optional")))
        for variable in one.get("env") or ():
            for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                ref = (variable.get("valueFrom") or {}).get(field) or {}
                if ref.get("name"):
                    yield Need(kind, str(ref["name"]), bool(ref.get("optional")), str(ref.get("key") or ""))


def _missing(sight: Sight, thing: Thing, need: Need) -> Iterator[Finding]:
    """Said only where objects of that kind were gathered in that namespace: else we cannot know."""
    listed = any(one.namespace == thing.namespace for one in sight.cluster.all(need.kind))
    if need.optional or not listed:
        return
    known = sight.cluster.find(need.kind, thing.namespace, need.name)
    values = {"name": thing.name, "kind": thing.kind, "wants": f"{need.kind} {need.name}", "key": need.key}
    if known is None:
        running = (thing.number("status", "readyReplicas") or 0) > 0 or thing.text("status", "phase") == "Running"
        weight, proof = 0.3 if running else 0.7, Proof(thing.query, need.name)
        yield Finding(thing.subject, "reference_gone", Category.CONFIG, weight, values, (proof,))
        return
    keys = {**(known.get("data") or {}), **(known.get("binaryData") or {})}
    if need.key and keys and need.key not in keys:
        proof = Proof(known.query, need.key)
        yield Finding(thing.subject, "reference_no_key", Category.CONFIG, 0.6, values, (proof,))


def _account(sight: Sight, thing: Thing, spec: Mapping[str, Any]) -> Iterator[Finding]:
    name = str(spec.get("serviceAccountName") or "")
    listed = any(one.namespace == thing.namespace for one in sight.cluster.all("ServiceAccount"))
    if name and listed and not sight.cluster.find("ServiceAccount", thing.namespace, name):
        values = {"name": thing.name, "kind": thing.kind, "wants": f"ServiceAccount {name}", "key": ""}
        yield Finding(thing.subject, "reference_gone", Category.PERMISSION, 0.6, values, (Proof(thing.query, name),))


def _pull_secrets(sight: Sight, thing: Thing, spec: Mapping[str, Any]) -> Iterator[Finding]:
    """Secrets for pulling images: what runs already has its image, and will not start elsewhere."""
    listed = any(one.namespace == thing.namespace for one in sight.cluster.all("Secret"))
    if sight.cluster.owner(thing.subject) != thing.subject or not (listed or (sight.audits and sight.sees("Secret"))):
        return
    for one in spec.get("imagePullSecrets") or ():
        name = str(one.get("name") or "")
        if name and not sight.cluster.find("Secret", thing.namespace, name):
            values = {"name": thing.name, "kind": thing.kind, "wants": f"Secret {name}", "key": ""}
            weight, proof = 0.3 if listed else 0.1, Proof(thing.query, f"imagePullSecrets: {name}")
            yield Finding(thing.subject, "reference_gone", Category.IMAGE, weight, values, (proof,))


def _idle(sight: Sight, config: Thing, used: set[tuple[str, str, str]]) -> Iterator[Finding]:
    values = {"name": config.name}
    proof = Proof(config.query, config.name)
    contents = [*(config.get("data") or {}).values(), *(config.get("binaryData") or {}).values()]
    if not contents:
        yield Finding(config.subject, "config_map_empty", Category.CONFIG, 0.1, values, (proof,))
    elif sum(len(str(one)) for one in contents) > 2**20:
        yield Finding(config.subject, "config_map_large", Category.CONFIG, 0.15, values, (proof,))
    loaded = any(LOADED.search(label) for label in config.labels)
    if sight.audits and not loaded and ("ConfigMap", config.namespace, config.name) not in used:
        yield Finding(config.subject, "config_map_unused", Category.CONFIG, 0.02, values, (proof,))
