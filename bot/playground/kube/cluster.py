"""The store behind the API: manifests with versions, a log of changes for watches, and the rules of writing."""

import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.playground.kube import status
from bot.playground.kube.kinds import Kind, KindTable, Manifest

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One change, as a watch tells it."""

    version: int
    verb: str
    kind: Kind
    manifest: Manifest
    before: Manifest | None = None


def clone(manifest: Manifest) -> Manifest:
    """A copy of a manifest, all the way down: manifests are made of dictionaries, lists and plain values."""
    return {name: _clone(part) for name, part in manifest.items()}


def _clone(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _clone(part) for name, part in value.items()}
    return [_clone(part) for part in value] if isinstance(value, list) else value


def stamp(seconds: float) -> str:
    """A time as Kubernetes writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> float:
    """A time as Kubernetes writes it, as Unix seconds."""
    return datetime.fromisoformat(text).timestamp()


@dataclass(slots=True)
class Cluster:
    """All manifests of one cluster. One in the store is never changed in place: a change puts a new one there."""

    now: Callable[[], float]
    seed: int = 0
    kinds: KindTable = field(default_factory=KindTable)
    version: int = 1000
    places: dict[tuple[str, str], dict[Key, Manifest]] = field(default_factory=dict)
    log: deque[Change] = field(default_factory=lambda: deque(maxlen=20_000))
    listeners: list[Callable[[Change], None]] = field(default_factory=list)
    owners: dict[str, dict[str, str]] = field(default_factory=dict)
    _made: int = 0

    def place(self, kind: Kind) -> dict[Key, Manifest]:
        """All manifests of a kind."""
        return self.places.setdefault((kind.group, kind.plural), {})

    def kind(self, plural: str, group: str = "") -> Kind:
        """A kind by its plural."""
        return self.kinds.kinds[group, plural]

    def every(self, plural: str, group: str = "", namespace: str | None = None) -> Iterator[Manifest]:
        """The manifests of a kind in order of their names."""
        stored = self.place(self.kind(plural, group))
        for key in sorted(stored):
            if namespace is None or key[0] == namespace:
                yield stored[key]

    def find(self, plural: str, namespace: str, name: str, group: str = "") -> Manifest | None:
        """One manifest, if there is one."""
        return self.place(self.kind(plural, group)).get((namespace, name))

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        """One manifest, or NotFound."""
        found = self.place(kind).get((namespace, name))
        if found is None:
            raise status.not_found(kind, name)
        return found

    def create(self, kind: Kind, namespace: str, manifest: Manifest, *, dry: bool = False) -> Manifest:
        """Put a new manifest in its place."""
        made = clone(manifest)
        meta = made.setdefault("metadata", {})
        self._made += 1
        if not meta.get("name"):
            if not meta.get("generateName"):
                raise status.invalid(kind, "", "metadata.name", "Required value: name or generateName is required")
            meta["name"] = meta["generateName"] + self.word(5)
        if kind.namespaced:
            if self.find("namespaces", "", namespace) is None:
                raise status.not_found(self.kind("namespaces"), namespace)
            meta["namespace"] = namespace
        else:
            meta.pop("namespace", None)
        key = (meta.get("namespace", ""), meta["name"])
        if key in self.place(kind):
            raise status.exists(kind, meta["name"])
        made.setdefault("apiVersion", kind.api_version)
        made.setdefault("kind", kind.kind)
        meta["uid"] = meta.get("uid") or self.uid()
        meta["creationTimestamp"] = meta.get("creationTimestamp") or stamp(self.now())
        if "spec" in made:
            meta.setdefault("generation", 1)
        return made if dry else self._put("ADDED", kind, key, made, None)

    def update(self, kind: Kind, manifest: Manifest, *, dry: bool = False, status_only: bool = False) -> Manifest:
        """Replace a manifest; a version in it must be the newest."""
        meta = manifest.get("metadata", {})
        key = (meta.get("namespace", "") if kind.namespaced else "", meta.get("name", ""))
        old = self.get(kind, *key)
        if meta.get("resourceVersion") and meta["resourceVersion"] != old["metadata"]["resourceVersion"]:
            raise status.conflict(kind, key[1])
        if meta.get("uid") and meta["uid"] != old["metadata"].get("uid"):
            why = (
                f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {old['metadata']['uid']}"
            )
            raise status.conflict(kind, key[1], why)
        new = clone(manifest)
        if status_only:
            new = {**clone(old), "status": new.get("status", {})}
        for fixed in ("uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp"):
            if fixed in old["metadata"]:
                new["metadata"][fixed] = old["metadata"][fixed]
        if new.get("spec") != old.get("spec") and "generation" in old["metadata"]:
            new["metadata"]["generation"] = old["metadata"]["generation"] + 1
        if new == old or dry:
            return new
        if new["metadata"].get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            return self._drop(kind, key)
        return self._put("MODIFIED", kind, key, new, old)

    def delete(self, kind: Kind, namespace: str, name: str, *, dry: bool = False) -> Manifest:
        """Take a manifest away; with finalizers it stays, marked, until they are gone."""
        old = self.get(kind, namespace, name)
        if dry:
            return old
        if old["metadata"].get("finalizers"):
            marked = clone(old)
            marked["metadata"].setdefault("deletionTimestamp", stamp(self.now()))
            marked["metadata"].setdefault("deletionGracePeriodSeconds", 0)
            return self._put("MODIFIED", kind, (namespace, name), marked, old)
        return self._drop(kind, (namespace, name))

    def _drop(self, kind: Kind, key: Key) -> Manifest:
        old = self.place(kind).pop(key)
        self.owners.pop(old["metadata"].get("uid", ""), None)
        self.version += 1
        gone = clone(old)
        gone["metadata"]["resourceVersion"] = str(self.version)
        self._tell(Change(self.version, "DELETED", kind, gone, old))
        return gone

    def _put(self, verb: str, kind: Kind, key: Key, manifest: Manifest, old: Manifest | None) -> Manifest:
        self.version += 1
        manifest["metadata"]["resourceVersion"] = str(self.version)
        self.place(kind)[key] = manifest
        if kind.kind == "CustomResourceDefinition":
            self.kinds.define(manifest)
        self._tell(Change(self.version, verb, kind, manifest, old))
        return manifest

    def _tell(self, change: Change) -> None:
        self.log.append(change)
        for listener in list(self.listeners):
            listener(change)

    def edit(self, manifest: Manifest, change: Callable[[Manifest], None]) -> Manifest:
        """Change the newest version of a manifest by a function; what is gone stays gone."""
        kind = self.kinds.of(manifest)
        assert kind is not None
        meta = manifest["metadata"]
        old = self.place(kind).get((meta.get("namespace", ""), meta["name"]))
        if old is None or old["metadata"].get("uid") != meta.get("uid"):
            return manifest
        new = clone(old)
        change(new)
        return self.update(kind, new)

    def uid(self) -> str:
        """A fresh, repeatable identity."""
        self._made += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.seed}/{self._made}"))

    def word(self, length: int) -> str:
        """A fresh, repeatable ending for a name, of the letters that Kubernetes uses."""
        letters = "bcdfghjklmnpqrstvwxz2456789"
        number = uuid.UUID(self.uid()).int
        return "".join(letters[(number >> (5 * place)) % len(letters)] for place in range(length))
