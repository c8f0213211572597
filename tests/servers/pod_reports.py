"""What a simulated node reports of its pods: their status, and events of what happened to them."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

MERGE = {"Content-Type": "application/merge-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
Pod = dict[str, Any]


def stamp(at: float | None = None) -> str:
    return datetime.fromtimestamp(time.time() if at is None else at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def annotation(pod: Pod, key: str, otherwise: str = "") -> str:
    return str((pod["metadata"].get("annotations") or {}).get(f"simulator/{key}", otherwise))


@dataclass(slots=True)
class Life:
    """One pod as its node knows it."""

    pod: Pod
    address: str
    task: asyncio.Task[None] | None = None
    doing: tuple[object, ...] = ()
    ending: bool = False
    restarts: int = 0
    started: float = field(default_factory=time.time)
    container_started: float = field(default_factory=time.time)
    burnt: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Container -> (CPU seconds so far, when that was reckoned)."""


class Reports:
    """Tells the API server about pods."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api
        self._events: dict[tuple[str, str, str], tuple[str, int]] = {}

    async def report(
        self, life: Life, phase: str, state: Pod, *, ready: bool, last: Pod | None = None, **more: str
    ) -> None:
        spec, metadata = life.pod["spec"], life.pod["metadata"]
        names = " ".join(one["name"] for one in spec["containers"])
        unready = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{names}]"}

        def part(one: Pod, state: Pod, ready: bool) -> Pod:
            here = "waiting" not in state or state["waiting"]["reason"] == "CrashLoopBackOff"
            made = {"name": one["name"], "image": one["image"], "ready": ready, "started": ready, "state": state}
            made |= {"imageID": f"simulated://{one['image']}" if here else "", "restartCount": life.restarts}
            return made | {"lastState": last or {}, "containerID": f"simulated://{metadata['uid']}" if here else ""}

        def condition(kind: str, true: bool) -> Pod:
            since = {"lastTransitionTime": stamp()} | ({} if true else unready)
            return {"type": kind, "status": str(true), **since}

        conditions = [condition(kind, True) for kind in ("PodReadyToStartContainers", "Initialized", "PodScheduled")]
        conditions += [condition(kind, ready) for kind in ("Ready", "ContainersReady")]
        status = {
            "phase": phase,
            "podIP": life.address,
            "podIPs": [{"ip": life.address}],
            "hostIP": "127.0.0.1",
            "startTime": stamp(life.started),
            "conditions": conditions,
            "containerStatuses": [part(one, state, ready) for one in spec["containers"]],
            **more,
        }
        if first := spec.get("initContainers"):
            status["initContainerStatuses"] = [part(one, terminated(0, "Completed"), True) for one in first]
        patch = {"metadata": {"uid": metadata["uid"]}, "status": status}
        answer = await self._api.patch(f"{path_of(metadata)}/status", json=patch, headers=STRATEGIC)
        if answer.status_code not in (200, 404, 409):
            print(f"status of {metadata['name']}: {answer.status_code} {answer.text[:300]}", flush=True)

    async def event(
        self, life: Life, reason: str, message: str, kind: str = "Normal", container: str | None = None
    ) -> None:
        """Tells the cluster what happened to a pod; the same again only raises the count."""
        metadata = life.pod["metadata"]
        key = (metadata["uid"], reason, message)
        events = f"/api/v1/namespaces/{metadata['namespace']}/events"
        if key in self._events:
            name, count = self._events[key]
            self._events[key] = (name, count + 1)
            again = {"count": count + 1, "lastTimestamp": stamp()}
            await self._api.patch(f"{events}/{name}", json=again, headers=MERGE)
            return
        where = {"kind": "Pod", "apiVersion": "v1"} | {key: metadata[key] for key in ("namespace", "name", "uid")}
        if container:
            where["fieldPath"] = f"spec.containers{{{container}}}"
        node = life.pod["spec"]["nodeName"]
        made = {
            "metadata": {"generateName": f"{metadata['name'][:200]}.", "namespace": metadata["namespace"]},
            "involvedObject": where,
            "reason": reason,
            "message": message,
            "type": kind,
            "count": 1,
            "firstTimestamp": stamp(),
            "lastTimestamp": stamp(),
            "source": {"component": "kubelet", "host": node},
            "reportingComponent": "kubelet",
            "reportingInstance": node,
        }
        answer = await self._api.post(events, json=made)
        with contextlib.suppress(KeyError):
            self._events[key] = (answer.json()["metadata"]["name"], 1)


def terminated(code: int, reason: str) -> Pod:
    now = time.time()
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": stamp(now - 1), "finishedAt": stamp(now)}}


def path_of(metadata: Pod) -> str:
    return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
