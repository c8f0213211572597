"""What simulated nodes say over HTTP: container logs to the API server, usage and state metrics to Prometheus.

On a pod:
  simulator/cpu      usage of the whole pod, as a quantity: "250m" (20% of its requests, or 20m a container)
  simulator/memory   "128Mi" (20% of its requests, or 64Mi a container)
  simulator/logs     the text of its log (else a line every two seconds)
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.servers.pod_reports import Life, Pod, annotation, stamp
from tests.servers.simulated_pods import ENDS, Pods, behavior

UNITS = {"": 1, "m": "0.001", "u": "1e-6", "n": "1e-9", "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
UNITS |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
PANIC = 'level=error msg="panic: runtime error: invalid memory address or nil pointer dereference"'


def quantity(text: str) -> float:
    """A Kubernetes quantity as a number."""
    found = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text))
    if not found or found[2] not in UNITS:
        raise ValueError(f"not a quantity: {text}")
    return float(Decimal(found[1]) * Decimal(UNITS[found[2]]))


def usage(pod: Pod) -> Iterator[tuple[str, float, float]]:
    """Each container's name, cores and bytes in use."""
    containers = pod["spec"]["containers"]
    for one in containers:
        asked = one.get("resources", {}).get("requests", {})
        cpu = 0.2 * quantity(asked["cpu"]) if "cpu" in asked else 0.02
        memory = 0.2 * quantity(asked["memory"]) if "memory" in asked else 64 * 2**20
        if said := annotation(pod, "cpu"):
            cpu = quantity(said) / len(containers)
        if said := annotation(pod, "memory"):
            memory = quantity(said) / len(containers)
        yield one["name"], cpu, memory


def burn(life: Life) -> Iterator[tuple[str, float, float]]:
    """Each container's name, CPU seconds since it was made, and bytes in use."""
    now = time.time()
    running = life.pod.get("status", {}).get("phase") == "Running"
    for name, cpu, memory in usage(life.pod):
        total, since = life.burnt.get(name, (0.0, life.started))
        if running:
            total += cpu * (now - since)
        life.burnt[name] = (total, now)
        if running:
            yield name, total, memory


class Page:
    """A page of metrics in the making."""

    def __init__(self) -> None:
        self._families: dict[str, list[str]] = {}

    def add(self, name: str, value: float, **labels: str) -> None:
        inside = ",".join(f'{key}="{text}"' for key, text in sorted(labels.items()))
        self._families.setdefault(name, []).append(f"{name}{{{inside}}} {value:.15g}")

    def text(self) -> str:
        lines = []
        for name, samples in self._families.items():
            lines += [f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}", *samples]
        return "\n".join(lines) + "\n"


def cadvisor(pods: Pods, node: str | None = None) -> str:
    """Usage of the containers of one node, or of all."""
    page = Page()
    spent: dict[str, list[float]] = {}
    for life in pods.lives.values():
        spec, metadata = life.pod["spec"], life.pod["metadata"]
        if node not in (None, spec["nodeName"]):
            continue
        where = {"namespace": metadata["namespace"], "pod": metadata["name"], "node": spec["nodeName"]}
        limits = {one["name"]: one.get("resources", {}).get("limits", {}) for one in spec["containers"]}
        for name, seconds, memory in burn(life):
            page.add("container_cpu_usage_seconds_total", seconds, container=name, **where)
            page.add("container_memory_working_set_bytes", memory, container=name, **where)
            page.add("container_memory_usage_bytes", memory * 1.1, container=name, **where)
            page.add("container_start_time_seconds", life.container_started, container=name, **where)
            if "memory" in limits[name]:
                most = quantity(limits[name]["memory"])
                page.add("container_spec_memory_limit_bytes", most, container=name, **where)
            sums = spent.setdefault(spec["nodeName"], [0.0, 0.0])
            sums[0], sums[1] = sums[0] + seconds, sums[1] + memory
    for name, (seconds, memory) in spent.items():
        page.add("node_cpu_usage_seconds_total", seconds, node=name)
        page.add("node_memory_working_set_bytes", memory + 5e8, node=name)
    return page.text()


def state(pods: Pods, nodes: dict[str, Pod]) -> str:
    """The part of kube-state-metrics that is about pods and nodes."""
    page = Page()
    for life in pods.lives.values():
        metadata, spec, status = life.pod["metadata"], life.pod["spec"], life.pod.get("status", {})
        where = {"namespace": metadata["namespace"], "pod": metadata["name"]}
        owner = next(iter(metadata.get("ownerReferences", [])), {"kind": "<none>", "name": "<none>"})
        made_by = {"created_by_kind": owner["kind"], "created_by_name": owner["name"]}
        page.add("kube_pod_info", 1, node=spec["nodeName"], **made_by, **where)
        for phase in ("Pending", "Running", "Succeeded", "Failed", "Unknown"):
            page.add("kube_pod_status_phase", float(status.get("phase") == phase), phase=phase, **where)
        for one in status.get("containerStatuses", []):
            here = {"container": one["name"], **where}
            page.add("kube_pod_container_status_restarts_total", one["restartCount"], **here)
            page.add("kube_pod_container_status_ready", float(one["ready"]), **here)
            if waiting := one["state"].get("waiting"):
                page.add("kube_pod_container_status_waiting_reason", 1, reason=waiting["reason"], **here)
            if last := one["lastState"].get("terminated"):
                page.add("kube_pod_container_status_last_terminated_reason", 1, reason=last["reason"], **here)
        for one in spec["containers"]:
            for kind, wishes in one.get("resources", {}).items():
                for resource, text in wishes.items() if kind in ("requests", "limits") else ():
                    unit = {"cpu": "core", "memory": "byte"}.get(resource, "integer")
                    labels = {"container": one["name"], "resource": resource, "unit": unit, "node": spec["nodeName"]}
                    page.add(f"kube_pod_container_resource_{kind}", quantity(text), **labels, **where)
    for name, node in nodes.items():
        for one in node.get("status", {}).get("conditions", []):
            for said in ("True", "False", "Unknown"):
                labels = {"condition": one["type"], "status": said.lower(), "node": name}
                page.add("kube_node_status_condition", float(one["status"] == said), **labels)
        for resource in ("cpu", "memory"):
            if text := node.get("status", {}).get("allocatable", {}).get(resource):
                unit = {"cpu": "core", "memory": "byte"}[resource]
                page.add("kube_node_status_allocatable", quantity(text), node=name, resource=resource, unit=unit)
    return page.text()


def lines_of(life: Life, container: str) -> list[tuple[float, str]]:
    """A container's log until now: (when, text)."""
    began = life.container_started
    if said := annotation(life.pod, "logs"):
        return [(began + number / 1000, line) for number, line in enumerate(said.splitlines())]
    name = life.pod["metadata"]["name"]
    count = min(500, int((time.time() - began) / 2) + 1)
    lines = [
        (began + 2 * n, f'level=info msg="request handled" pod={name} container={container} n={n}')
        for n in range(count)
    ]
    return [*lines, (began + 2 * count, PANIC)] if behavior(life.pod) in ENDS else lines


def kubelet(pods: Pods, node: str) -> Starlette:
    """The pages of one node, on which only the API server may call."""

    async def logs(request: Request) -> Response:
        namespace, name, container = (request.path_params[key] for key in ("namespace", "pod", "container"))
        found = [life for life in pods.lives.values() if life.pod["metadata"]["name"] == name]
        life = next((one for one in found if one.pod["metadata"]["namespace"] == namespace), None)
        asked = request.query_params
        if life is None:
            return PlainTextResponse(f'pod "{name}" not found\n', 404)
        if container not in [one["name"] for one in life.pod["spec"]["containers"]]:
            return PlainTextResponse(f'container "{container}" in pod "{name}" is not available\n', 400)
        lines = lines_of(life, container)
        if asked.get("previous") == "true":
            if not life.restarts:
                why = f'previous terminated container "{container}" in pod "{name}" not found\n'
                return PlainTextResponse(why, 400)
            lines = [(at - 2, line) for at, line in lines]
        chosen = _chosen(lines, asked)
        if asked.get("follow") == "true":
            return StreamingResponse(_follow(pods, life, container, chosen, len(lines), asked), media_type="text/plain")
        text = "".join(_line(at, line, asked) for at, line in chosen)
        return PlainTextResponse(text[: int(asked.get("limitBytes", len(text)))])

    async def metrics(request: Request) -> Response:
        return PlainTextResponse(cadvisor(pods, node))

    async def listed(request: Request) -> Response:
        mine = [life.pod for life in pods.lives.values() if life.pod["spec"]["nodeName"] == node]
        return JSONResponse({"kind": "PodList", "apiVersion": "v1", "items": mine})

    async def healthy(request: Request) -> Response:
        return PlainTextResponse("ok")

    async def not_simulated(request: Request) -> Response:
        return PlainTextResponse("exec, attach and port-forward are not simulated\n", 501)

    return Starlette(
        routes=[
            Route("/containerLogs/{namespace}/{pod}/{container}", logs),
            Route("/metrics/cadvisor", metrics),
            Route("/pods", listed),
            Route("/healthz", healthy),
            Route("/{rest:path}", not_simulated, methods=["GET", "POST"]),
        ]
    )


def _line(at: float, line: str, asked: Any) -> str:
    when = f"{stamp(at)[:-1]}.{round(at % 1 * 1e6) % 10**6:06d}Z " if asked.get("timestamps") == "true" else ""
    return f"{when}{line}\n"


def _chosen(lines: list[tuple[float, str]], asked: Any) -> list[tuple[float, str]]:
    if since := asked.get("sinceSeconds"):
        lines = [line for line in lines if line[0] >= time.time() - int(since)]
    if since := asked.get("sinceTime"):
        lines = [line for line in lines if stamp(line[0]) >= since]
    if (tail := asked.get("tailLines")) is not None:
        lines = lines[-int(tail) :] if int(tail) else []
    return lines


async def _follow(
    pods: Pods, life: Life, container: str, chosen: list[tuple[float, str]], seen: int, asked: Any
) -> AsyncIterator[str]:
    while True:
        yield "".join(_line(at, line, asked) for at, line in chosen)
        await asyncio.sleep(0.5)
        if life.pod["metadata"]["uid"] not in pods.lives or life.ending:
            return
        lines = lines_of(life, container)
        chosen, seen = lines[seen:], len(lines)


def overview(pods: Pods, nodes: dict[str, Pod]) -> Starlette:
    """The metrics of the whole cluster, for Prometheus to scrape."""

    async def whole(request: Request) -> Response:
        return PlainTextResponse(cadvisor(pods))

    async def states(request: Request) -> Response:
        return PlainTextResponse(state(pods, nodes))

    return Starlette(routes=[Route("/metrics/cadvisor", whole), Route("/metrics/state", states)])
