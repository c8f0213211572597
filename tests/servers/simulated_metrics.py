"""What a cluster's metrics server says (metrics.k8s.io): usage of nodes and pods now, for people and autoscalers."""

import time
from collections.abc import Callable, Iterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers.pod_reports import Life, Pod, stamp
from tests.servers.simulated_kubelet import usage
from tests.servers.simulated_pods import Pods

GROUP = "metrics.k8s.io"
VERSION = f"{GROUP}/v1beta1"
ROOT = f"/apis/{VERSION}"


def amounts(cpu: float, memory: float) -> dict[str, str]:
    return {"cpu": f"{round(cpu * 1e9)}n", "memory": f"{round(memory / 1024)}Ki"}


def chooses(selector: str) -> Callable[[dict[str, str]], bool]:
    """A label selector of equalities (a=b, a==b, a!=b) as a question about labels.

    Raises:
        ValueError: It says more than that.
    """
    wishes = []
    for part in filter(None, selector.split(",")):
        key, sign, value = part.partition("=")
        if not sign or "(" in part:
            raise ValueError(f"this selector is not simulated: {selector}")
        wishes.append((key.removesuffix("!").strip(), value.lstrip("=").strip(), not key.endswith("!")))
    return lambda labels: all((labels.get(key) == value) == same for key, value, same in wishes)


def metrics_server(pods: Pods, nodes: dict[str, Pod]) -> Starlette:
    """The pages that the API server passes on."""

    def running() -> Iterator[Life]:
        return (one for one in pods.lives.values() if one.pod.get("status", {}).get("phase") == "Running")

    def of_pod(life: Life) -> Pod:
        metadata = {key: life.pod["metadata"].get(key) for key in ("name", "namespace", "labels")}
        containers = [{"name": name, "usage": amounts(cpu, memory)} for name, cpu, memory in usage(life.pod)]
        return _measured("PodMetrics", metadata) | {"containers": containers}

    def of_node(name: str) -> Pod:
        mine = [part for one in running() if one.pod["spec"]["nodeName"] == name for part in usage(one.pod)]
        cpu, memory = 0.1 + sum(part[1] for part in mine), 5e8 + sum(part[2] for part in mine)
        metadata = {"name": name, "labels": nodes[name]["metadata"].get("labels")}
        return _measured("NodeMetrics", metadata) | {"usage": amounts(cpu, memory)}

    async def listed(request: Request) -> Response:
        try:
            chosen = chooses(request.query_params.get("labelSelector", ""))
        except ValueError as why:
            return JSONResponse(_failure(400, "BadRequest", str(why)), 400)
        if request.url.path.endswith("/nodes"):
            found = [of_node(name) for name, node in nodes.items() if chosen(node["metadata"].get("labels") or {})]
            return JSONResponse(_list("NodeMetricsList", found))
        namespace = request.path_params.get("namespace")
        here = [one for one in running() if namespace in (None, one.pod["metadata"]["namespace"])]
        found = [of_pod(one) for one in here if chosen(one.pod["metadata"].get("labels") or {})]
        return JSONResponse(_list("PodMetricsList", found))

    async def one(request: Request) -> Response:
        name, namespace = request.path_params["name"], request.path_params.get("namespace")
        if namespace is None and name in nodes:
            return JSONResponse(of_node(name))
        for life in running():
            if (life.pod["metadata"]["namespace"], life.pod["metadata"]["name"]) == (namespace, name):
                return JSONResponse(of_pod(life))
        return JSONResponse(_failure(404, "NotFound", f'metrics of "{name}" not found'), 404)

    return Starlette(
        routes=[
            Route(f"/apis/{GROUP}", _group),
            Route(ROOT, _resources),
            Route(f"{ROOT}/nodes", listed),
            Route(f"{ROOT}/pods", listed),
            Route(f"{ROOT}/namespaces/{{namespace}}/pods", listed),
            Route(f"{ROOT}/nodes/{{name}}", one),
            Route(f"{ROOT}/namespaces/{{namespace}}/pods/{{name}}", one),
        ]
    )


def _measured(kind: str, metadata: Pod) -> Pod:
    return {"kind": kind, "apiVersion": VERSION, "metadata": metadata, "timestamp": stamp(time.time()), "window": "10s"}


def _list(kind: str, found: list[Pod]) -> Pod:
    return {"kind": kind, "apiVersion": VERSION, "metadata": {}, "items": found}


def _failure(code: int, reason: str, message: str) -> Pod:
    kind = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return kind | {"code": code, "reason": reason, "message": message}


async def _group(request: Request) -> Response:
    version = {"groupVersion": VERSION, "version": "v1beta1"}
    kind = {"kind": "APIGroup", "apiVersion": "v1", "name": GROUP}
    return JSONResponse(kind | {"versions": [version], "preferredVersion": version})


async def _resources(request: Request) -> Response:
    verbs = {"singularName": "", "verbs": ["get", "list"]}
    nodes = {"name": "nodes", "namespaced": False, "kind": "NodeMetrics"} | verbs
    pods = {"name": "pods", "namespaced": True, "kind": "PodMetrics"} | verbs
    kind = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": VERSION}
    return JSONResponse(kind | {"resources": [nodes, pods]})
