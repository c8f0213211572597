"""The lives of simulated pods: each goes through its phases as its annotations say, and leaves a kubelet's traces.

On a pod (usually by its workload's template; may be changed while it runs):
  simulator/behavior     ok | notready | pending | imagepullbackoff | crashloop | oomkill | complete | fail | evicted
                         (without it: ok; a Job's pod completes; an image named *does-not-exist* or *:bad is not pulled)
  simulator/ready-after  seconds from start to ready (0)
  simulator/stops-after  seconds from the wish to delete it until it is gone (0.3)
"""

import asyncio
import time
from typing import Any

import httpx

from tests.servers.pod_reports import Life, Pod, Reports, annotation, path_of, stamp, terminated

ENDS = {"crashloop": (1, "Error"), "oomkill": (137, "OOMKilled")}


def behavior(pod: Pod) -> str:
    """What this pod is to do."""
    if said := annotation(pod, "behavior"):
        return said
    images = [one["image"] for one in pod["spec"]["containers"]]
    if any("does-not-exist" in image or image.endswith(":bad") for image in images):
        return "imagepullbackoff"
    return "complete" if pod["spec"].get("restartPolicy") in ("Never", "OnFailure") else "ok"


def images(pod: Pod) -> tuple[str, ...]:
    return tuple(one["image"] for one in pod["spec"]["containers"])


class Pods:
    """All pods on simulated nodes."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api
        self._tell = Reports(api)
        self._numbers = 0
        self.lives: dict[str, Life] = {}
        self.silent: set[str] = set()
        """Nodes that do not report."""

    def see(self, change: str, pod: Pod) -> None:
        """Takes one line of the watch over pods that have a node."""
        uid = pod["metadata"]["uid"]
        if change == "DELETED":
            if (gone := self.lives.pop(uid, None)) and gone.task:
                gone.task.cancel()
            return
        life = self.lives.get(uid)
        if life is None:
            self._numbers += 1
            life = Life(pod, f"10.244.{self._numbers // 250}.{2 + self._numbers % 250}")
            known = pod.get("status", {}).get("containerStatuses") or [{}]
            life.restarts = known[0].get("restartCount", 0)
            self.lives[uid] = life
        life.pod = pod
        if pod["spec"]["nodeName"] not in self.silent:
            self._go_on(life)

    def wake(self, node: str) -> None:
        """A node reports again: what its pods missed happens now."""
        for life in list(self.lives.values()):
            if life.pod["spec"]["nodeName"] == node:
                self._go_on(life)

    def _go_on(self, life: Life) -> None:
        if life.pod["metadata"].get("deletionTimestamp"):
            if not life.ending:
                life.ending = True
                self._now(life, self._end(life))
            return
        doing = (behavior(life.pod), images(life.pod))
        over = life.pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
        if doing != life.doing and not over:
            life.doing = doing
            self._now(life, self._live(life))

    def _now(self, life: Life, coroutine: Any) -> None:
        if life.task:
            life.task.cancel()
        life.task = asyncio.create_task(self._guarded(life, coroutine))

    async def _guarded(self, life: Life, coroutine: Any) -> None:
        try:
            await coroutine
        except httpx.HTTPError as why:
            print(f"pod {life.pod['metadata']['name']}: {why!r}", flush=True)
            life.doing, life.ending = (), False
            await asyncio.sleep(1)
            self._go_on(life)

    async def _end(self, life: Life) -> None:
        metadata = life.pod["metadata"]
        for one in life.pod["spec"]["containers"]:
            await self._tell.event(life, "Killing", f"Stopping container {one['name']}", container=one["name"])
        grace = float(metadata.get("deletionGracePeriodSeconds") or 0)
        await asyncio.sleep(min(grace, float(annotation(life.pod, "stops-after", "0.3"))))
        wish = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0}
        wish["preconditions"] = {"uid": metadata["uid"]}
        await self._api.request("DELETE", path_of(metadata), json=wish)

    async def _live(self, life: Life) -> None:
        what = behavior(life.pod)
        if what == "pending":
            await self._wait_in(life, "ContainerCreating", "")
            return
        for one in life.pod["spec"]["containers"]:
            await self._tell.event(life, "Pulling", f'Pulling image "{one["image"]}"', container=one["name"])
        if what == "imagepullbackoff":
            await self._never_pull(life)
            return
        await asyncio.sleep(0.05)
        for one in life.pod["spec"]["containers"]:
            await self._tell.event(life, "Pulled", f'Successfully pulled image "{one["image"]}"', container=one["name"])
            await self._tell.event(life, "Created", f"Created container: {one['name']}", container=one["name"])
            await self._tell.event(life, "Started", f"Started container {one['name']}", container=one["name"])
        life.container_started = time.time()
        if what in ENDS:
            await self._crash(life, *ENDS[what])
        elif what in ("complete", "fail"):
            await self._run_once(life, 0 if what == "complete" else 1)
        elif what == "evicted":
            await self._leave(life)
        else:
            await self._serve(life, ready=what != "notready")

    async def _wait_in(self, life: Life, reason: str, message: str) -> None:
        waiting = {"waiting": {"reason": reason} | ({"message": message} if message else {})}
        await self._tell.report(life, "Pending", waiting, ready=False)

    async def _never_pull(self, life: Life) -> None:
        bad = life.pod["spec"]["containers"][0]
        why = f'failed to pull and unpack image "{bad["image"]}": not found'
        pause = 2.0
        while True:
            await self._tell.event(
                life, "Failed", f'Failed to pull image "{bad["image"]}": {why}', "Warning", bad["name"]
            )
            await self._wait_in(life, "ErrImagePull", why)
            await asyncio.sleep(1)
            back = f'Back-off pulling image "{bad["image"]}"'
            await self._tell.event(life, "BackOff", back, "Normal", bad["name"])
            await self._wait_in(life, "ImagePullBackOff", f"{back}: {why}")
            await asyncio.sleep(pause)
            pause = min(60, pause * 2)

    async def _serve(self, life: Life, *, ready: bool) -> None:
        running = {"running": {"startedAt": stamp()}}
        after = float(annotation(life.pod, "ready-after", "0"))
        if ready and after:
            await self._tell.report(life, "Running", running, ready=False)
            await asyncio.sleep(after)
        await self._tell.report(life, "Running", running, ready=ready)
        first = life.pod["spec"]["containers"][0]["name"]
        while not ready:
            why = "Readiness probe failed: HTTP probe failed with statuscode: 503"
            await self._tell.event(life, "Unhealthy", why, "Warning", first)
            await asyncio.sleep(5)

    async def _crash(self, life: Life, code: int, reason: str) -> None:
        metadata, first = life.pod["metadata"], life.pod["spec"]["containers"][0]["name"]
        last = terminated(code, reason) if life.restarts else {}
        rounds = 0
        while True:
            await self._tell.report(life, "Running", {"running": {"startedAt": stamp()}}, ready=True, last=last)
            await asyncio.sleep(1)
            life.restarts, rounds = life.restarts + 1, rounds + 1
            last = terminated(code, reason)
            if reason == "OOMKilled":
                killed = f"Memory cgroup out of memory: Killed process {1000 + life.restarts} ({first})"
                await self._tell.event(life, "OOMKilling", killed, "Warning", first)
            who = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
            await self._tell.event(
                life, "BackOff", f"Back-off restarting failed container {first} in pod {who}", "Warning", first
            )
            pause = f"back-off {min(300, 10 * 2 ** min(rounds - 1, 5))}s restarting failed container={first} pod={who}"
            waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": pause}}
            await self._tell.report(life, "Running", waiting, ready=False, last=last)
            await asyncio.sleep(min(60, 2 * rounds))
            life.container_started = time.time()

    async def _run_once(self, life: Life, code: int) -> None:
        await self._tell.report(life, "Running", {"running": {"startedAt": stamp()}}, ready=True)
        await asyncio.sleep(1)
        ended = terminated(code, "Error" if code else "Completed")
        await self._tell.report(life, "Failed" if code else "Succeeded", ended, ready=False)

    async def _leave(self, life: Life) -> None:
        message = "The node was low on resource: memory."
        await self._tell.event(life, "Evicted", message, "Warning")
        await self._tell.report(
            life, "Failed", terminated(137, "Error"), ready=False, reason="Evicted", message=message
        )
