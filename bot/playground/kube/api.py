"""The Kubernetes API over HTTP: one Starlette application over a cluster's store."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.playground.kube import paths, status
from bot.playground.kube.cluster import Cluster
from bot.playground.kube.kinds import Manifest
from bot.playground.kube.reading import listing, wanted, watch
from bot.playground.kube.writing import Writer, scale_of

VERSION = "v1.37.2"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
MAX_BODY = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PodLogs:
    """What a pod's log request asks for."""

    container: str
    previous: bool
    tail: int | None
    since: float | None
    timestamps: bool
    limit_bytes: int | None


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind the API: the store, how time passes, how things go, and what the containers said."""

    cluster: Cluster
    advance: Callable[[], None]
    settle: Callable[[], None]
    remove: Callable[[paths.Target, Manifest], Manifest]
    logs: Callable[[Manifest, PodLogs], str]


def application(behind: Behind) -> Starlette:
    """The API as an application."""
    return Starlette(routes=[Route("/{path:path}", Api(behind).answer, methods=METHODS)])


@dataclass(frozen=True, slots=True)
class Api:
    """Answers requests."""

    behind: Behind

    async def answer(self, request: Request) -> Response:
        """Any request."""
        self.behind.advance()
        try:
            return await self._route(request)
        except status.NoPage:
            return PlainTextResponse("404 page not found\n", 404)
        except status.ApiError as refused:
            return JSONResponse(refused.status(), refused.code)

    async def _route(self, request: Request) -> Response:
        path, cluster = request.url.path, self.behind.cluster
        if path.strip("/") in ("healthz", "livez", "readyz"):
            return PlainTextResponse("ok")
        if path.endswith("reviews"):
            return self._review(path, await _body(request))
        if request.method == "GET" and (told := paths.directory(cluster.kinds, path, VERSION)) is not None:
            return JSONResponse(told)
        target = paths.read(cluster.kinds, path)
        if request.method == "GET":
            return self._read(request, target)
        return await self._write(request, target)

    def _read(self, request: Request, target: paths.Target) -> Response:
        query, cluster = request.query_params, self.behind.cluster
        if not target.name:
            if query.get("watch") in ("true", "1"):
                wanted(target, query)
                return StreamingResponse(watch(cluster, target, query), media_type="application/json")
            return JSONResponse(listing(cluster, target, query))
        found = cluster.get(target.kind, target.namespace or "", target.name)
        if target.subresource == "log":
            return PlainTextResponse(self.behind.logs(found, _log_options(request, found)))
        return JSONResponse(scale_of(found) if target.subresource == "scale" else found)

    async def _write(self, request: Request, target: paths.Target) -> Response:
        body, query = await _body(request), request.query_params
        writer = Writer(self.behind.cluster, self.behind.remove)
        code = 200
        match request.method:
            case "POST" if target.subresource == "eviction":
                done, code = writer.evict(target, body, query), 201
            case "POST" if not target.name:
                done, code = writer.create(target, body, query), 201
            case "PUT" if target.name:
                done = writer.replace(target, body, query)
            case "PATCH" if target.name:
                there = (target.namespace or "", target.name) in self.behind.cluster.place(target.kind)
                code = 200 if there else 201
                done = writer.patch(target, request.headers.get("content-type", ""), body, query)
            case "DELETE" if target.name:
                done = writer.delete(target, body or {}, query)
            case "DELETE":
                done = self._delete_all(writer, target, query)
            case _:
                raise status.ApiError(
                    405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
                )
        self.behind.settle()
        return JSONResponse(done, code)

    def _delete_all(self, writer: Writer, target: paths.Target, query: Any) -> Manifest:
        listed = listing(self.behind.cluster, target, query)
        for manifest in listed["items"]:
            meta = manifest["metadata"]
            writer.delete(paths.Target(target.kind, meta.get("namespace"), meta["name"], ""), {}, query)
        return listed

    def _review(self, path: str, body: Any) -> Response:
        kind = path.rsplit("/", 1)[-1]
        told: Manifest = dict(body or {})
        match kind:
            case "selfsubjectaccessreviews" | "subjectaccessreviews" | "localsubjectaccessreviews":
                told["status"] = {"allowed": True, "reason": "the playground allows everything"}
            case "selfsubjectrulesreviews":
                rules = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
                told["status"] = {"resourceRules": rules, "nonResourceRules": [], "incomplete": False}
            case "selfsubjectreviews":
                told["status"] = {"userInfo": {"username": "playground", "groups": ["system:authenticated"]}}
            case _:
                raise status.no_such_path()
        return JSONResponse(told, 201)


async def _body(request: Request) -> Any:
    raw = await request.body()
    if len(raw) > MAX_BODY:
        raise status.ApiError(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")
    if not raw:
        return {}
    try:
        if "yaml" in request.headers.get("content-type", ""):
            return yaml.safe_load(raw)
        return json.loads(raw)
    except (ValueError, yaml.YAMLError) as wrong:
        raise status.bad_request(
            f"the object provided is unrecognized (must be of type JSON or YAML): {wrong}"
        ) from wrong


def _log_options(request: Request, pod: Manifest) -> PodLogs:
    query = request.query_params
    names = [each["name"] for each in pod["spec"].get("containers", ())]
    container, name = query.get("container", ""), pod["metadata"]["name"]
    if container and container not in names:
        raise status.bad_request(f"container {container} is not valid for pod {name}")
    if not container and len(names) > 1:
        raise status.bad_request(
            f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]"
        )

    def number(name: str) -> int | None:
        text = query.get(name)
        if text is None:
            return None
        if not text.isdigit():
            raise status.bad_request(f'{name}: Invalid value: "{text}"')
        return int(text)

    since = number("sinceSeconds")
    return PodLogs(
        container=container or (names[0] if names else ""),
        previous=query.get("previous") in ("true", "1"),
        tail=number("tailLines"),
        since=float(since) if since is not None else None,
        timestamps=query.get("timestamps") in ("true", "1"),
        limit_bytes=number("limitBytes"),
    )
