"""A kubelet for the bot alone: each pod of the chart's Deployment runs as a process, with what its spec gives."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

KEPT = "/var/lib/dutybot"
"""Where the volume stands in a pod; here it is a folder."""
GRACE = 30.0


@dataclass
class Kubelet:
    """Starts a process for each new pod, ends it as its pod is deleted, and starts it again when it ends by itself."""

    kube: object
    namespace: str
    volume: Path
    port: int
    more: dict
    running: dict = field(default_factory=dict)
    ran: list = field(default_factory=list)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def pods(self):
        found = self.kube.list(f"/api/v1/namespaces/{self.namespace}/pods")
        return [each for each in found if each["metadata"]["labels"].get("app.kubernetes.io/name") == "dutybot"]

    async def watch(self):
        """Until cancelled."""
        while True:
            there = {each["metadata"]["uid"]: each for each in await asyncio.to_thread(self.pods)}
            wanted = {uid: pod for uid, pod in there.items() if "deletionTimestamp" not in pod["metadata"]}
            for uid, process in list(self.running.items()):
                if uid not in wanted:
                    await asyncio.to_thread(end, self.running.pop(uid))
                elif process.poll() is not None:
                    self.running[uid] = await asyncio.to_thread(self.start, wanted[uid])
            for uid in wanted.keys() - self.running.keys():
                self.running[uid] = await asyncio.to_thread(self.start, wanted[uid])
            await asyncio.sleep(0.3)

    def start(self, pod):
        (container,) = pod["spec"]["containers"]
        assert container["args"] == ["run"]
        given = {}
        for source in container["envFrom"]:
            name = source["configMapRef"]["name"]
            given |= self.kube.get(f"/api/v1/namespaces/{self.namespace}/configmaps/{name}")["data"]
        given |= {each["name"]: each["value"] for each in container["env"]}
        given = {name: value.replace(KEPT, str(self.volume)) for name, value in given.items()}
        clean = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
        here = {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(self.port)}
        self.ran.append(pod["metadata"]["uid"])
        with (self.volume / f"log-{len(self.ran)}").open("wb") as log:
            command = [sys.executable, "-m", "bot", *container["args"]]
            root = Path(__file__).parents[2]
            environment = clean | given | here | self.more
            return subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)

    async def ready(self, seconds=120):
        """Wait until the pod that is there now can take events."""
        async with httpx.AsyncClient(trust_env=False) as client:
            async with asyncio.timeout(seconds):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        if (await client.get(f"{self.url}/readyz", timeout=5)).is_success:
                            return
                    await asyncio.sleep(0.2)

    def stop(self):
        for process in self.running.values():
            end(process)


def end(process):
    """As a kubelet does: asked first, killed after the grace period."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
