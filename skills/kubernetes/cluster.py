"""The Kubernetes API, as much of it as we use: plain HTTP and JSON, one bounded client."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skills.errors import BadArguments, Forbidden, NotFound, Unreachable, not_found
from skills.http import Http, Params, Server
from skills.kubernetes.kinds import EVENT, NAMESPACE, Kind

Thing = dict[str, Any]
"""One object, as the API has it."""

META = {
    **dict.fromkeys(("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp"), str),
    **dict.fromkeys(("labels", "annotations"), dict),
    "ownerReferences": [dict],
}
POD_SPEC = {"containers": [dict], "initContainers": [dict], "nodeName": str}
THING = {
    "kind": str,
    "metadata": META,
    "spec": {**POD_SPEC, "template": {"metadata": META, "spec": POD_SPEC}},
    "status": {"conditions": [dict], "containerStatuses": [dict], "phase": str},
}
LISTED = {"items": [THING], "metadata": {"continue": str, "remainingItemCount": int}}
"""What is leant on, of whatever kind a thing is."""
PAGE = 500
MOST_PAGES = 8
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
MANAGER = "dutybot"


@dataclass(frozen=True, slots=True)
class Listing:
    """Things found, and how many were left out."""

    things: tuple[Thing, ...]
    left_out: int = 0


class Cluster:
    """One API server."""

    def __init__(self, connect: Callable[[], Server], http: Callable[[Server], Http] = Http) -> None:
        self._connect = connect
        self._open = http
        self._http: Http | None = None

    @property
    def http(self) -> Http:
        """Opened when first needed, so that a missing cluster is told when it is asked, not at start."""
        if self._http is None:
            self._http = self._open(self._connect())
        return self._http

    async def list(
        self,
        kind: Kind,
        namespace: str = "",
        *,
        selector: str = "",
        fields: str = "",
        most: int = PAGE * MOST_PAGES,
        authors: bool = False,
    ) -> Listing:
        """All of a kind, in one namespace or in all, page by page; `authors`: with who wrote which fields."""
        things: list[Thing] = []
        params: dict[str, Any] = {"limit": min(PAGE, most)}
        if selector:
            params["labelSelector"] = selector
        if fields:
            params["fieldSelector"] = fields
        left_out = 0
        while True:
            page = await self.http.read_json(path_of(kind, namespace), params, like=LISTED)
            for thing in page.get("items") or ():
                thing.setdefault("kind", kind.name)
                thing.setdefault("apiVersion", kind.api_version)
                things.append(thing if authors else _trimmed(thing))
            following = (page.get("metadata") or {}).get("continue")
            if not following:
                break
            if len(things) >= most:
                left_out = int(page["metadata"].get("remainingItemCount") or 1)
                break
            params["continue"] = following
        if not things and namespace:
            await self.require_namespace(namespace)
        return Listing(tuple(things[:most]), left_out + max(0, len(things) - most))

    async def get(self, kind: Kind, namespace: str, name: str) -> Thing:
        """One thing; if it is not there, the sentence names the nearest that is."""
        try:
            thing: Thing = await self.http.read_json(path_of(kind, namespace, name), like=THING)
        except NotFound as error:
            raise await self._missing(kind, namespace, name) from error
        return _trimmed(thing)

    async def find(self, kind: Kind, namespace: str, name: str, authors: bool = False) -> Thing | None:
        """One thing, or None; with who wrote which of its fields, if that is asked for."""
        try:
            thing: Thing = await self.http.read_json(path_of(kind, namespace, name), like=THING)
        except NotFound:
            return None
        return thing if authors else _trimmed(thing)

    async def patch(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        body: object,
        *,
        how: str = STRATEGIC,
        part: str = "",
        dry_run: bool = False,
    ) -> Thing:
        """Change one thing; a dry run is judged by the server in full and kept nowhere."""
        path = path_of(kind, namespace, name, part)
        changed: Thing = await self.http.write_json("PATCH", path, body, _writing(dry_run), how, trial=dry_run)
        return _trimmed(changed)

    async def create(
        self, kind: Kind, namespace: str, body: object, *, name: str = "", part: str = "", dry_run: bool = False
    ) -> Thing:
        """Make one thing, or post to a part of one (as an eviction)."""
        path = path_of(kind, namespace, name, part)
        made: Thing = await self.http.write_json("POST", path, body, _writing(dry_run), trial=dry_run)
        return _trimmed(made)

    async def replace(self, kind: Kind, namespace: str, name: str, body: object, *, dry_run: bool = False) -> Thing:
        """Write one thing whole."""
        path = path_of(kind, namespace, name)
        kept: Thing = await self.http.write_json("PUT", path, body, _writing(dry_run), trial=dry_run)
        return _trimmed(kept)

    async def delete(
        self, kind: Kind, namespace: str, name: str, *, uid: str = "", dry_run: bool = False, orphan: bool = False
    ) -> None:
        """Remove one thing, if it is still the one with this uid."""
        options: Thing = {"propagationPolicy": "Orphan" if orphan else "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        if dry_run:
            options["dryRun"] = ["All"]  # where there is a body, the API server reads it and not the query
        await self.http.write_json("DELETE", path_of(kind, namespace, name), options, trial=dry_run)

    async def read_text(self, path: str, params: Params) -> str:
        """Plain text, as logs are."""
        return (await self.http.read(path, params)).body.decode(errors="replace")

    async def events_of(self, thing: Thing, most: int = 50) -> tuple[Thing, ...]:
        """What happened to one thing."""
        meta = thing["metadata"]
        chosen = f"involvedObject.name={meta['name']},involvedObject.kind={thing['kind']}"
        listing = await self.list(EVENT, meta.get("namespace", ""), fields=chosen, most=500)
        return tuple(sorted(listing.things, key=seen_at)[-most:])

    async def require_namespace(self, namespace: str) -> None:
        """A misspelt namespace lists as empty: say so instead."""
        try:
            await self.http.read_json(path_of(NAMESPACE, "", namespace))
        except NotFound as error:
            known = [thing["metadata"]["name"] for thing in (await self.list(NAMESPACE)).things]
            near = difflib.get_close_matches(namespace, known, n=3, cutoff=0.4) or sorted(known)[:5]
            raise not_found("no_namespace", near, namespace=namespace) from error
        except (Forbidden, Unreachable):
            return

    async def close(self) -> None:
        """Let go of the connections."""
        if self._http is not None:
            await self._http.close()

    async def _missing(self, kind: Kind, namespace: str, name: str) -> NotFound:
        near: list[str] = []
        try:
            known = [thing["metadata"]["name"] for thing in (await self.list(kind, namespace)).things]
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known)[:3]
        except (Forbidden, Unreachable, BadArguments):
            near = []
        if not namespace:
            return not_found("not_in_cluster", near, kind=kind.name, name=name)
        return not_found("no_such_thing", near, kind=kind.name, name=name, namespace=namespace)


def path_of(kind: Kind, namespace: str = "", name: str = "", part: str = "") -> str:
    """Where a kind or a thing lives in the API."""
    path = kind.root
    if kind.namespaced and namespace:
        path += f"/namespaces/{namespace}"
    return "/".join(piece for piece in (path + f"/{kind.plural}", name, part) if piece)


def seen_at(event: Thing) -> str:
    """When an event was last seen, as text that sorts."""
    series: Mapping[str, Any] = event.get("series") or {}
    return str(
        series.get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or event.get("firstTimestamp")
        or event["metadata"].get("creationTimestamp")
        or ""
    )


def _writing(dry_run: bool) -> Params:
    params: dict[str, str] = {"fieldManager": MANAGER}
    if dry_run:
        params["dryRun"] = "All"
    return params


def _trimmed(thing: Thing) -> Thing:
    """Without the book-keeping that nobody reads."""
    if isinstance(thing, dict) and isinstance(meta := thing.get("metadata"), dict):
        meta.pop("managedFields", None)
        (meta.get("annotations") or {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
    return thing
