"""A small API server at the wire: keeps objects, patches them, and remembers what was asked."""

import copy
import json
from typing import Any
from urllib.parse import parse_qs, urlparse

import httpx

from skills.clock import Clock
from skills.http import Http, Server
from skills.kubernetes.actions import Kubernetes
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.kinds import KINDS
from skills.kubernetes.settings import KubernetesSettings

PLURALS = {kind.plural: kind for kind in KINDS}


def status(code: int, message: str) -> httpx.Response:
    return httpx.Response(code, json={"kind": "Status", "status": "Failure", "message": message, "code": code})


def merged(old: Any, new: Any) -> Any:
    """A strategic merge, as far as named lists go."""
    if isinstance(old, dict) and isinstance(new, dict):
        kept = dict(old)
        for key, value in new.items():
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = merged(kept.get(key), value)
        return kept
    if isinstance(old, list) and isinstance(new, list) and all("name" in each for each in [*old, *new]):
        byname = {each["name"]: each for each in old}
        for each in new:
            byname[each["name"]] = merged(byname.get(each["name"]), each)
        return list(byname.values())
    return new


def patched(thing: Any, operations: list[dict[str, Any]]) -> Any:
    """A JSON patch; None where a test fails."""
    new = copy.deepcopy(thing)
    for each in operations:
        *parents, last = [part.replace("~1", "/") for part in each["path"].split("/")[1:]]
        place = new
        for part in parents:
            place = place.setdefault(part, {})
        match each["op"]:
            case "replace" if last == "resourceVersion":
                if place.get(last) != each["value"]:
                    return None
            case "remove":
                del place[last]
            case _:
                place[last] = each["value"]
    return new


class Wire:
    def __init__(self, *things: dict[str, Any]) -> None:
        self.things: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.answers: dict[tuple[str, str], httpx.Response] = {}
        self.page = 10_000
        self.version = 100
        for thing in things:
            self.keep(thing)

    def keep(self, thing: dict[str, Any]) -> dict[str, Any]:
        thing = copy.deepcopy(thing)
        meta = thing["metadata"]
        self.version += 1
        meta.setdefault("uid", f"uid-{thing['kind']}-{meta.get('namespace', '')}-{meta['name']}".lower())
        meta["resourceVersion"] = str(self.version)
        plural = next(kind.plural for kind in KINDS if kind.name == thing["kind"])
        self.things[plural, meta.get("namespace", ""), meta["name"]] = thing
        return thing

    def answer(self, request: httpx.Request) -> httpx.Response:
        url = urlparse(str(request.url))
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, url.path + (f"?{url.query}" if url.query else ""), body))
        if planned := self.answers.get((request.method, url.path)):
            return planned
        parts = [part for part in url.path.split("/") if part]
        parts = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = ""
        if parts[0] == "namespaces" and len(parts) > 2:
            namespace, parts = parts[1], parts[2:]
        params = {key: values[0] for key, values in parse_qs(url.query).items()}
        if len(parts) == 1 and request.method == "GET":
            return self._list(parts[0], namespace, params)
        return self._one(request.method, parts, namespace, body, params)

    def _list(self, plural, namespace, params):
        found = [t for (p, n, _), t in self.things.items() if p == plural and (not namespace or n == namespace)]
        for rule in filter(None, params.get("labelSelector", "").split(",")):
            key, _, value = rule.partition("=")
            found = [t for t in found if (t["metadata"].get("labels") or {}).get(key) == value]
        for rule in filter(None, params.get("fieldSelector", "").split(",")):
            path, _, value = rule.partition("=")
            found = [t for t in found if str(at(t, path)) == value]
        start = int(params.get("continue", 0))
        size = min(self.page, int(params.get("limit", 500)))
        meta = {"resourceVersion": str(self.version)}
        if start + size < len(found):
            meta |= {"continue": str(start + size), "remainingItemCount": len(found) - start - size}
        return httpx.Response(200, json={"items": found[start : start + size], "metadata": meta})

    def _one(self, method, parts, namespace, body, params):
        plural, dry = parts[0], params.get("dryRun") == "All"
        if len(parts) == 1 and method == "POST":
            made = copy.deepcopy(body)
            name = made["metadata"].setdefault("name", made["metadata"].get("generateName", "") + "x1")
            made["metadata"]["namespace"] = namespace
            made["kind"] = PLURALS[plural].name
            if (plural, namespace, name) in self.things:
                return status(409, f'{plural} "{name}" already exists')
            return httpx.Response(201, json=made if dry else self.keep(made))
        key = (plural, namespace, parts[1])
        if key not in self.things:
            return status(404, f'{plural} "{parts[1]}" not found')
        thing = self.things[key]
        match method, parts[2:]:
            case "GET", []:
                return httpx.Response(200, json=thing)
            case "PATCH", []:
                told = (body.get("metadata") or {}).get("resourceVersion") if isinstance(body, dict) else None
                if told and told != thing["metadata"]["resourceVersion"]:
                    return status(409, "the object has been modified")
                new = patched(thing, body) if isinstance(body, list) else merged(copy.deepcopy(thing), body)
                if new is None:
                    return status(409, "the object has been modified")
                if new.get("spec") != thing.get("spec"):
                    new["metadata"]["generation"] = thing["metadata"].get("generation", 1) + 1
                return httpx.Response(200, json=new if dry else self.keep(new))
            case "POST", ["eviction"]:
                if "dryRun" not in body["deleteOptions"]:
                    del self.things[key]
                return httpx.Response(201, json={"kind": "Status", "status": "Success"})
            case "DELETE", []:
                wanted = ((body or {}).get("preconditions") or {}).get("uid")
                if wanted and wanted != thing["metadata"]["uid"]:
                    return status(409, "the UID in the precondition does not match")
                if "dryRun" not in (body or {}):
                    del self.things[key]
                return httpx.Response(200, json={"kind": "Status", "status": "Success"})
            case "GET", ["log"]:
                return httpx.Response(200, text="2026-11-22T10:00:00Z started\n2026-11-22T10:00:01Z boom\n")
        return status(405, f"{method} is not served")

    def skill(self, now=None, **settings: Any) -> Kubernetes:
        server = Server("Kubernetes", "https://kube.test", tries=1)
        cluster = Cluster(lambda: server, lambda given: Http(given, httpx.MockTransport(self.answer)))
        clock = Clock(lambda: now) if now else Clock()
        return Kubernetes(KubernetesSettings(**settings), clock, cluster)


def at(thing: Any, path: str) -> Any:
    for part in path.split("."):
        thing = (thing or {}).get(part)
    return thing
