"""Lists and watches: what is there, and what changes from then on."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping

from bot.playground.kube import selectors, status
from bot.playground.kube.cluster import Change, Cluster
from bot.playground.kube.kinds import BUILT_IN, Kind, Manifest
from bot.playground.kube.paths import Target

_TYPED = {(kind.group, kind.plural) for kind in BUILT_IN}


def wanted(target: Target, query: Mapping[str, str]) -> selectors.Test:
    """The test that the request's path and selectors make."""
    labels = selectors.by_labels(query.get("labelSelector", ""))
    fields = selectors.by_fields(query.get("fieldSelector", ""), target.kind)
    namespace, name = target.namespace, target.name

    def test(manifest: Manifest) -> bool:
        meta = manifest["metadata"]
        here = namespace is None or meta.get("namespace") == namespace
        return here and (not name or meta["name"] == name) and labels(manifest) and fields(manifest)

    return test


def listing(cluster: Cluster, target: Target, query: Mapping[str, str]) -> Manifest:
    """A list, cut into pages when the request limits it."""
    kind = target.kind
    test = wanted(target, query)
    after = base64.urlsafe_b64decode(query["continue"]).decode() if query.get("continue") else ""
    keys = [key for key in sorted(cluster.place(kind)) if target.namespace in (None, key[0]) and "/".join(key) > after]
    limit = int(query.get("limit") or 0)
    meta: Manifest = {"resourceVersion": str(cluster.version)}
    page: list[Manifest] = []
    for place, key in enumerate(keys):
        if not test(cluster.place(kind)[key]):
            continue
        page.append(cluster.place(kind)[key])
        if limit and len(page) == limit and place + 1 < len(keys):
            meta["continue"] = base64.urlsafe_b64encode("/".join(key).encode()).decode()
            break
    return {
        "kind": f"{kind.kind}List",
        "apiVersion": kind.api_version,
        "metadata": meta,
        "items": [bare(kind, manifest) for manifest in page],
    }


def bare(kind: Kind, manifest: Manifest) -> Manifest:
    """A manifest as it stands in a list: the built-in kinds are not named again."""
    if (kind.group, kind.plural) in _TYPED:
        return {key: value for key, value in manifest.items() if key not in ("kind", "apiVersion")}
    return manifest


async def watch(cluster: Cluster, target: Target, query: Mapping[str, str]) -> AsyncIterator[bytes]:
    """Changes from the asked version on, one JSON document a line, until the time is up."""
    test = wanted(target, query)
    waiting: asyncio.Queue[Change] = asyncio.Queue()
    asked = query.get("resourceVersion") or ""
    loop = asyncio.get_running_loop()
    cluster.listeners.append(waiting.put_nowait)
    until = loop.time() + min(float(query.get("timeoutSeconds") or 1800), 3600)
    try:
        for line in _before(cluster, target.kind, test, asked):
            yield line
        while (left := until - loop.time()) > 0:
            try:
                change = await asyncio.wait_for(waiting.get(), left)
            except TimeoutError:
                return
            if change.kind is target.kind and (line := _event(change, test)):
                yield line
    finally:
        cluster.listeners.remove(waiting.put_nowait)


def _before(cluster: Cluster, kind: Kind, test: selectors.Test, asked: str) -> list[bytes]:
    if asked in ("", "0"):
        return [_line("ADDED", manifest) for _, manifest in sorted(cluster.place(kind).items()) if test(manifest)]
    since = int(asked) if asked.isdigit() else 0
    if cluster.log and since < cluster.log[0].version - 1 and len(cluster.log) == cluster.log.maxlen:
        return [_line("ERROR", status.too_old().status())]
    changes = [change for change in cluster.log if change.version > since and change.kind is kind]
    return [line for change in changes if (line := _event(change, test))]


def _event(change: Change, test: selectors.Test) -> bytes:
    """The line for a change; one that moves in or out of the selection is an addition or a deletion."""
    now, before = test(change.manifest), change.before is not None and test(change.before)
    if change.verb == "DELETED":
        return _line("DELETED", change.manifest) if before or now else b""
    if now:
        return _line("MODIFIED" if before else "ADDED", change.manifest)
    return _line("DELETED", change.manifest) if before else b""


def _line(verb: str, manifest: Manifest) -> bytes:
    return json.dumps({"type": verb, "object": manifest}).encode() + b"\n"
