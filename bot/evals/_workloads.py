"""A pretend cluster of as many Deployments as one likes: each obeys at once, and every true change of it is counted."""

import copy
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.evals._cluster import serving

NAMESPACE = "shop"


class Workloads:
    """What an API server would answer, as far as restarts need it."""

    def __init__(self) -> None:
        self.url = ""
        self.changes: Counter[str] = Counter()
        """By name: how often its pods were really replaced."""
        self._all: dict[str, dict[str, Any]] = {}

    def add(self, name: str) -> str:
        """Another one, of two pods."""
        label = {"app": name}
        self._all[name] = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": name,
                "namespace": NAMESPACE,
                "uid": f"uid-{name}",
                "resourceVersion": "1",
                "generation": 1,
            },
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": label},
                "template": {"metadata": {"labels": label, "annotations": {}}, "spec": {"containers": []}},
            },
            "status": {
                "replicas": 2,
                "readyReplicas": 2,
                "availableReplicas": 2,
                "updatedReplicas": 2,
                "observedGeneration": 1,
            },
        }
        return name

    async def answer(self, request: Request) -> Response:
        """One call of the API."""
        if request.url.path.startswith(("/api/v1/query", "/api/v1/series", "/api/v1/label", "/loki/")):
            return _nothing_measured(request.url.path)
        parts = request.url.path.strip("/").split("/")
        kind, name = (parts[-2], parts[-1]) if parts[-1] in self._all else (parts[-1], "")
        if parts[-2:-1] == ["namespaces"]:
            known = parts[-1] == NAMESPACE
            return JSONResponse({"metadata": {"name": NAMESPACE}} if known else _status(404), 200 if known else 404)
        if kind == "deployments" and name:
            return await self._one(request, name)
        things = list(self._all.values()) if kind == "deployments" else []
        things = [{"metadata": {"name": NAMESPACE}}] if kind == "namespaces" else things
        if request.method == "GET" and not _asks_for_one(parts):
            return JSONResponse({"items": things, "metadata": {"resourceVersion": "1"}})
        return JSONResponse(_status(404), 404)

    async def _one(self, request: Request, name: str) -> Response:
        if request.method == "GET":
            return JSONResponse(self._all[name])
        try:
            patch = json.loads(await request.body())
        except ClientDisconnect:
            return Response(status_code=499)  # who asked was killed as they asked
        now = self._all[name]
        asked = (patch.get("metadata") or {}).get("resourceVersion")
        if asked and asked != now["metadata"]["resourceVersion"]:
            return JSONResponse(_status(409), 409)
        after = _merged(now, patch)
        if "dryRun" not in request.query_params and after["spec"] != now["spec"]:
            generation = now["metadata"]["generation"] + 1
            after["metadata"] |= {"generation": generation, "resourceVersion": str(generation)}
            after["status"]["observedGeneration"] = generation
            self._all[name] = after
            self.changes[name] += 1
        return JSONResponse(after)


def _nothing_measured(path: str) -> Response:
    """As a Prometheus or a Loki that knows nothing."""
    if "query" not in path:
        return JSONResponse({"status": "success", "data": []})
    shape = "streams" if path.startswith("/loki/") else "matrix" if path.endswith("range") else "vector"
    return JSONResponse({"status": "success", "data": {"resultType": shape, "result": []}})


def _asks_for_one(parts: list[str]) -> bool:
    """/apis/apps/v1/namespaces/shop/deployments/NAME of something that is not there."""
    after = parts[parts.index("namespaces") + 2 :] if "namespaces" in parts else []
    return len(after) > 1


def _merged(old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """As a merge patch does it."""
    new = copy.deepcopy(old)
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(new.get(key), dict):
            new[key] = _merged(new[key], value)
        elif value is None:
            new.pop(key, None)
        else:
            new[key] = value
    return new


def _status(code: int) -> dict[str, Any]:
    return {"kind": "Status", "status": "Failure", "code": code, "message": "not found" if code == 404 else "changed"}


@asynccontextmanager
async def workloads() -> AsyncIterator[Workloads]:
    """Served on a free port of this machine."""
    made = Workloads()
    async with serving(made.answer) as made.url:
        yield made
