"""Writes: create, replace, patch, apply, delete, scale and evict."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.kube import status
from bot.playground.kube.cluster import Cluster
from bot.playground.kube.defaults import check, fill
from bot.playground.kube.kinds import Manifest
from bot.playground.kube.patches import applied_fields, patch
from bot.playground.kube.paths import Target
from bot.playground.kube.selectors import by_selector

Remove = Callable[[Target, Manifest], Manifest]


@dataclass(frozen=True, slots=True)
class Writer:
    """Carries out one kind of write on the store; `remove` is how pods go, since they need time."""

    cluster: Cluster
    remove: Remove

    def create(self, target: Target, body: Manifest, query: Mapping[str, str]) -> Manifest:
        """POST."""
        given = str(body.get("metadata", {}).get("namespace") or target.namespace or "")
        if target.namespace and given != target.namespace:
            raise status.bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        if body.get("kind") not in (None, target.kind.kind):
            raise status.bad_request(
                f"{body['kind']} in version {body.get('apiVersion')!r} cannot be handled as a {target.kind.kind}"
            )
        made = fill(target.kind, copy.deepcopy(body))
        check(target.kind, made)
        return self.cluster.create(target.kind, target.namespace or "", made, dry=dry(query))

    def replace(self, target: Target, body: Manifest, query: Mapping[str, str]) -> Manifest:
        """PUT."""
        if target.subresource == "scale":
            return self._scale(target, body, query)
        body = copy.deepcopy(body)
        body.setdefault("metadata", {}).setdefault("name", target.name)
        if target.kind.namespaced:
            body["metadata"]["namespace"] = target.namespace
        if target.subresource != "status":
            body = fill(target.kind, {**body, "status": self._now(target).get("status", {})})
            if not body["status"]:
                del body["status"]
            check(target.kind, body)
        return self.cluster.update(target.kind, body, dry=dry(query), status_only=target.subresource == "status")

    def patch(self, target: Target, content_type: str, body: Any, query: Mapping[str, str]) -> Manifest:
        """PATCH, of all four sorts."""
        if target.subresource == "scale":
            now = scale_of(self._now(target))
            return self._scale(target, patch(target.kind, content_type, now, body), query)
        applying = content_type.startswith("application/apply-patch")
        if applying and (target.namespace or "", target.name) not in self.cluster.place(target.kind):
            body.setdefault("metadata", {}).setdefault("name", target.name)
            made = self.create(target, body, query)
            return made if dry(query) else self._own(target, made, body, query)
        old = self._now(target)
        if applying:
            self._conflicts(target, old, body, query)
        new = patch(target.kind, content_type, old, body)
        asked = body.get("metadata", {}).get("resourceVersion") if isinstance(body, dict) else None
        if new.get("metadata", {}).get("name") != target.name:
            raise status.invalid(target.kind, target.name, "metadata.name", "Invalid value: field is immutable")
        new["metadata"]["resourceVersion"] = asked or old["metadata"]["resourceVersion"]
        if target.subresource != "status":
            check(target.kind, new)
            new = {**new, "status": old.get("status")} if old.get("status") else new
        done = self.cluster.update(target.kind, new, dry=dry(query), status_only=target.subresource == "status")
        return self._own(target, done, body, query) if applying and not dry(query) else done

    def _now(self, target: Target) -> Manifest:
        return self.cluster.get(target.kind, target.namespace or "", target.name)

    def _conflicts(self, target: Target, old: Manifest, body: Manifest, query: Mapping[str, str]) -> None:
        manager = query.get("fieldManager", "")
        if not manager:
            raise status.manager_required()
        owned = self.cluster.owners.get(old["metadata"]["uid"], {})
        have = applied_fields(old)
        clashes: dict[str, list[str]] = {}
        for path, value in applied_fields(body).items():
            if owned.get(path, manager) != manager and have.get(path) != value:
                clashes.setdefault(owned[path], []).append(path)
        if clashes and query.get("force") != "true":
            raise status.apply_conflict(clashes)

    def _own(self, target: Target, done: Manifest, body: Manifest, query: Mapping[str, str]) -> Manifest:
        manager = query.get("fieldManager", "")
        fields = dict.fromkeys(applied_fields(body), manager)
        self.cluster.owners.setdefault(done["metadata"]["uid"], {}).update(fields)
        return self.cluster.get(target.kind, target.namespace or "", target.name)

    def _scale(self, target: Target, body: Manifest, query: Mapping[str, str]) -> Manifest:
        old = self._now(target)
        replicas = body.get("spec", {}).get("replicas", 0)
        if not isinstance(replicas, int) or replicas < 0:
            raise status.invalid(
                target.kind,
                target.name,
                "spec.replicas",
                f"Invalid value: {replicas}: must be greater than or equal to 0",
            )
        version = body.get("metadata", {}).get("resourceVersion")
        new = {**old, "spec": {**old["spec"], "replicas": replicas}}
        if version:
            new["metadata"] = {**old["metadata"], "resourceVersion": version}
        return scale_of(self.cluster.update(target.kind, new, dry=dry(query)))

    def delete(self, target: Target, options: Manifest, query: Mapping[str, str]) -> Manifest:
        """DELETE."""
        old = self._now(target)
        asked = options.get("preconditions") or {}
        meta = old["metadata"]
        for key, word in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            if asked.get(key) and asked[key] != meta[key]:
                why = f"Precondition failed: {word} in precondition: {asked[key]}, {word} in object meta: {meta[key]}"
                raise status.conflict(target.kind, target.name, why)
        gone = old if dry(query) or "All" in options.get("dryRun", ()) else self.remove(target, old)
        if target.kind.kind == "Pod" or gone["metadata"].get("deletionTimestamp"):
            return gone
        details = {"name": target.name, "group": target.kind.group, "kind": target.kind.plural, "uid": meta["uid"]}
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": {key: value for key, value in details.items() if value},
        }

    def evict(self, target: Target, body: Manifest, query: Mapping[str, str]) -> Manifest:
        """POST to a pod's eviction: refused when a disruption budget does not allow it."""
        pod = self._now(target)
        for budget in self.cluster.every("poddisruptionbudgets", "policy", target.namespace):
            if by_selector(budget["spec"].get("selector"))(pod) and not budget.get("status", {}).get(
                "disruptionsAllowed", 0
            ):
                raise status.too_many_disruptions(target.name, budget["metadata"]["name"])
        asked = (body.get("deleteOptions") or {}).get("preconditions") or {}
        if asked.get("uid") and asked["uid"] != pod["metadata"]["uid"]:
            raise status.conflict(target.kind, target.name)
        if not dry(query) and "All" not in (body.get("deleteOptions") or {}).get("dryRun", ()):
            self.remove(target, pod)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def dry(query: Mapping[str, str]) -> bool:
    """Whether nothing may change."""
    if query.get("dryRun", "All") != "All":
        raise status.bad_request(f"invalid dryRun: {query['dryRun']!r}")
    return query.get("dryRun") == "All"


def scale_of(manifest: Manifest) -> Manifest:
    """The scale of a workload."""
    meta = manifest["metadata"]
    labels = manifest["spec"].get("selector", {}).get("matchLabels", {})
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            k: meta[k] for k in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp") if k in meta
        },
        "spec": {"replicas": manifest["spec"].get("replicas", 1)},
        "status": {
            "replicas": manifest.get("status", {}).get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }
