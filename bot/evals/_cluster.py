"""A pretend cluster with Prometheus and Loki on one address: it answers every question and notes every write."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

NAMESPACES = ("prod", "shop")
DEPLOYMENTS = ("payment-api", "order-service", "mysql-ha")
NODES = tuple(f"node-{number:02}" for number in range(1, 10))
NAMES = frozenset((*NAMESPACES, *DEPLOYMENTS, *NODES, "base-images", "db-cred", "bot-admin", "mysql", "redis"))
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(slots=True)
class Far:
    """What was asked of the far end."""

    url: str = ""
    writes: list[str] = field(default_factory=list)
    """Method and path of every write that was not a dry run."""
    reads: list[str] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        """As an API server would, near enough for a dry run."""
        body = await request.body()
        path, told = request.url.path, f"{request.method} {request.url.path}"
        if path.startswith(("/api/v1/query", "/loki/")):
            return self._queried(request)
        if request.method != "GET":
            options = json.loads(body) if body else {}
            dry = "dryRun" in request.query_params or (isinstance(options, dict) and options.get("dryRun"))
            if not dry:
                self.writes.append(told)
        self.reads.append(told)
        return self._thing(path)

    def _queried(self, request: Request) -> Response:
        self.reads.append(f"QUERY {request.query_params.get('query', '')}")
        loki = request.url.path.startswith("/loki/")
        result: dict[str, Any] = {"resultType": "streams" if loki else "vector", "result": []}
        return JSONResponse({"status": "success", "data": result})

    def _thing(self, path: str) -> Response:
        parts = [part for part in path.split("/") if part]
        if "namespaces" in parts[:-1] and len(parts) > parts.index("namespaces") + 2:
            at = parts.index("namespaces")
            namespace, parts = parts[at + 1], parts[at + 2 :]
            if namespace not in NAMESPACES:
                return _absent(path)
        else:
            namespace, parts = "", parts[2:] if parts[:1] == ["api"] else parts[3:]
        if len(parts) < 2:
            return JSONResponse({"items": [_object(name, namespace) for name in _of(parts[0] if parts else "")]})
        if parts[1] in _of(parts[0]):
            return JSONResponse(_object(parts[1], namespace))
        return _absent(path)


def _of(plural: str) -> tuple[str, ...]:
    known = {"namespaces": NAMESPACES, "deployments": DEPLOYMENTS, "statefulsets": DEPLOYMENTS, "nodes": NODES}
    return known.get(plural, ())


def _absent(path: str) -> Response:
    return JSONResponse({"kind": "Status", "status": "Failure", "message": f"{path} not found", "code": 404}, 404)


def _object(name: str, namespace: str) -> dict[str, Any]:
    container = {"name": "main", "image": f"registry.example/{name}:v1", "resources": {}}
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": "7", "generation": 1}
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
    }
    status = {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "updatedReplicas": 2, "observedGeneration": 1}
    return {"metadata": meta, "spec": spec, "status": status}


@contextlib.asynccontextmanager
async def far_end() -> AsyncIterator[Far]:
    """Served on a free port of this machine."""
    far = Far()
    async with serving(far.answer) as far.url:
        yield far


@contextlib.asynccontextmanager
async def serving(answer: Callable[[Request], Awaitable[Response]]) -> AsyncIterator[str]:
    """One answer for every path, on a free port of this machine; gives its address."""
    app = Starlette(routes=[Route("/{path:path}", answer, methods=METHODS)])
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", lifespan="off", access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await serving
