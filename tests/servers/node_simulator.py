"""The nodes of a test cluster: takes over every Node object, keeps it alive, and lives the lives of its pods.

The control plane is real; only the kubelets are not. A Node that anyone makes is simulated from then on.
On a Node: simulator/heartbeat "stop" lets the node controller find it dead (in some 20 s); simulator/pressure
"MemoryPressure" or "DiskPressure" makes that condition true.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from tests.servers.pod_reports import MERGE, STRATEGIC, Pod, annotation, stamp
from tests.servers.process import LOCAL
from tests.servers.simulated_kubelet import kubelet, overview
from tests.servers.simulated_metrics import metrics_server
from tests.servers.simulated_pods import Pods

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
CAPACITY = {"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "50Gi"}
BEAT = 4
CONDITIONS = (
    ("MemoryPressure", "KubeletHasInsufficientMemory", "KubeletHasSufficientMemory"),
    ("DiskPressure", "KubeletHasDiskPressure", "KubeletHasNoDiskPressure"),
    ("PIDPressure", "KubeletHasInsufficientPID", "KubeletHasSufficientPID"),
)


class Server(uvicorn.Server):
    """A web server that leaves the signals of the process alone: there are many of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def secure(page: Starlette, told: argparse.Namespace, **more: Any) -> uvicorn.Config:
    """A page over TLS."""
    files = {"ssl_certfile": told.serving_certificate, "ssl_keyfile": told.serving_key}
    return uvicorn.Config(page, host=LOCAL, lifespan="off", log_level="warning", **files, **more)


class Nodes:
    """All nodes of the cluster."""

    def __init__(self, api: httpx.AsyncClient, pods: Pods, told: argparse.Namespace) -> None:
        self._api = api
        self._pods = pods
        self._told = told
        self._ports: dict[str, int] = {}
        self._tasks: dict[str, list[asyncio.Task[None]]] = {}
        self.known: dict[str, Pod] = {}

    async def make(self, count: int) -> None:
        """The nodes that the cluster starts with."""
        for number in range(1, count + 1):
            name = f"node-{number}"
            labels = {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/zone": f"zone-{'abc'[(number - 1) % 3]}",
            }
            spec = {"podCIDR": f"10.244.{number}.0/24"}
            await self._api.post("/api/v1/nodes", json={"metadata": {"name": name, "labels": labels}, "spec": spec})

    def see(self, change: str, node: Pod) -> None:
        """Takes one line of the watch over nodes."""
        name = node["metadata"]["name"]
        if change == "DELETED":
            self.known.pop(name, None)
            for task in self._tasks.pop(name, []):
                task.cancel()
            return
        before = self.known.get(name)
        self.known[name] = node
        if before is None:
            self._tasks[name] = [self._serve(name), asyncio.create_task(self._beat(name))]
        elif annotation(before, "pressure") != annotation(node, "pressure"):
            self._tasks[name].append(asyncio.create_task(self._report(name)))

    def _serve(self, name: str) -> asyncio.Task[None]:
        """Opens the node's own port, where the API server asks for logs."""
        config = secure(
            kubelet(self._pods, name), self._told, ssl_ca_certs=self._told.ca, ssl_cert_reqs=ssl.CERT_REQUIRED
        )
        open_port = socket.create_server((LOCAL, 0))
        self._ports[name] = open_port.getsockname()[1]
        return asyncio.create_task(Server(config).serve(sockets=[open_port]))

    async def _beat(self, name: str) -> None:
        """Says now and then that the node is alive, unless it is told not to."""
        fresh = False
        while True:
            try:
                if annotation(self.known[name], "heartbeat") == "stop":
                    self._pods.silent.add(name)
                    fresh = False
                else:
                    if not fresh:
                        await self._report(name)
                        self._pods.silent.discard(name)
                        self._pods.wake(name)
                        fresh = True
                    await self._renew(name)
            except httpx.HTTPError as why:
                print(f"node {name}: {why!r}", flush=True)
            await asyncio.sleep(BEAT)

    async def _renew(self, name: str) -> None:
        now = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": now}
        answer = await self._api.patch(f"{LEASES}/{name}", json={"spec": spec}, headers=MERGE)
        if answer.status_code == 404:
            await self._api.post(LEASES, json={"metadata": {"name": name}, "spec": spec})

    async def _report(self, name: str) -> None:
        node = self.known[name]
        pressed = annotation(node, "pressure")

        def condition(kind: str, true: bool, reason: str) -> Pod:
            times = {"lastHeartbeatTime": stamp(), "lastTransitionTime": stamp()}
            return {"type": kind, "status": str(true), "reason": reason, "message": "simulated", **times}

        capacity = node.get("status", {}).get("capacity") or CAPACITY
        status = {
            "capacity": capacity,
            "allocatable": node.get("status", {}).get("allocatable") or capacity,
            "addresses": [{"type": "InternalIP", "address": LOCAL}, {"type": "Hostname", "address": name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._ports[name]}},
            "nodeInfo": {
                "kubeletVersion": "v1.37.2",
                "kubeProxyVersion": "",
                "containerRuntimeVersion": "simulated://1",
                "operatingSystem": "linux",
                "architecture": "amd64",
                "kernelVersion": "6.1.0",
                "osImage": "simulated",
                **dict.fromkeys(("machineID", "systemUUID", "bootID"), name),
            },
            "conditions": [
                condition("Ready", True, "KubeletReady"),
                *(condition(kind, kind == pressed, bad if kind == pressed else good) for kind, bad, good in CONDITIONS),
            ],
        }
        answer = await self._api.patch(f"/api/v1/nodes/{name}/status", json={"status": status}, headers=STRATEGIC)
        if answer.is_error:
            print(f"node {name}: {answer.status_code} {answer.text[:300]}", flush=True)


async def watch(api: httpx.AsyncClient, path: str, fields: str, see: Callable[[str, Pod], None]) -> None:
    """Follows all objects of one kind for ever; what was missed in a gap is seen after it."""
    known: dict[str, Pod] = {}
    while True:
        try:
            found = (await api.get(path, params={"fieldSelector": fields})).raise_for_status().json()
            listed = {one["metadata"]["uid"]: one for one in found["items"]}
            for uid in known.keys() - listed.keys():
                see("DELETED", known.pop(uid))
            for uid, one in listed.items():
                known[uid] = one
                see("ADDED", one)
            asked = {"watch": "1", "resourceVersion": found["metadata"]["resourceVersion"], "fieldSelector": fields}
            async with api.stream("GET", path, params=asked, timeout=httpx.Timeout(10, read=None)) as stream:
                async for line in stream.aiter_lines():
                    change = json.loads(line)
                    if change["type"] == "ERROR":
                        break
                    one = change["object"]
                    known[one["metadata"]["uid"]] = one
                    if change["type"] == "DELETED":
                        del known[one["metadata"]["uid"]]
                    see(change["type"], one)
        except httpx.HTTPError as why:
            print(f"watch of {path}: {why!r}", flush=True)
            await asyncio.sleep(0.5)


async def simulate(told: argparse.Namespace) -> None:
    trust = ssl.create_default_context(cafile=told.ca)
    trust.load_cert_chain(told.certificate, told.key)
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=50)
    async with httpx.AsyncClient(base_url=told.url, verify=trust, trust_env=False, timeout=20, limits=limits) as api:
        pods = Pods(api)
        nodes = Nodes(api, pods, told)
        page: Starlette = overview(pods, nodes.known)
        metrics = Server(uvicorn.Config(page, host=LOCAL, port=told.metrics_port, lifespan="off", log_level="warning"))
        usage = Server(secure(metrics_server(pods, nodes.known), told, port=told.usage_port))
        await nodes.make(told.nodes)
        await asyncio.gather(
            watch(api, "/api/v1/nodes", "", nodes.see),
            watch(api, "/api/v1/pods", "spec.nodeName!=", pods.see),
            metrics.serve(),
            usage.serve(),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate the nodes of a Kubernetes cluster.")
    for name in ("url", "ca", "certificate", "key", "serving-certificate", "serving-key"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--metrics-port", type=int, required=True, help="for Prometheus")
    parser.add_argument("--usage-port", type=int, required=True, help="for the API server, which passes it on")
    asyncio.run(simulate(parser.parse_args()))


if __name__ == "__main__":
    main()
