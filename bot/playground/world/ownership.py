"""Who belongs to whom: pods to their workloads, and templates to their short names."""

import hashlib
import json
from collections.abc import Iterable
from functools import partial

from bot.playground.kube.cluster import Cluster
from bot.playground.kube.kinds import Manifest
from bot.playground.world.lives import Life


def owned(lives: Iterable[Life], owner: Manifest) -> list[Life]:
    """The lives of the pods that belong to an owner, oldest first."""
    meta = owner["metadata"]
    mine = (owner["kind"], meta["name"])
    return [
        life
        for life in lives
        if life.owner == mine and life.deleted is None and life.namespace == meta.get("namespace")
    ]


def reference(owner: Manifest) -> Manifest:
    """How a manifest names its owner."""
    meta = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def belongs(manifest: Manifest, owner: Manifest) -> bool:
    """Whether a manifest names this owner."""
    return any(each["uid"] == owner["metadata"]["uid"] for each in manifest["metadata"].get("ownerReferences", ()))


def template_hash(template: Manifest) -> str:
    """The short name of a template: equal templates have equal names."""
    letters = "bcdfghjklmnpqrstvwxz2456789"
    number = int(hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest(), 16)
    return "".join(letters[(number >> (5 * place)) % len(letters)] for place in range(10))


def report(cluster: Cluster, manifest: Manifest, told: Manifest) -> None:
    """Write a status into the store, if it is another one."""
    meta, kind = manifest["metadata"], cluster.kinds.of(manifest)
    newest = cluster.place(kind).get((meta.get("namespace", ""), meta["name"])) if kind else None
    if newest is not None and newest.get("status") == told:
        return
    cluster.edit(manifest, partial(_tell, told))


def _tell(told: Manifest, manifest: Manifest) -> None:
    manifest["status"] = told
