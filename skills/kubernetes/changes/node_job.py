"""A job with a pinned image that does one thing on one node, with one thing of the node mounted; and what it said."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Sequence

from skills.errors import BadArguments, NotFound, Unreachable, Unsure
from skills.kubernetes.cluster import Cluster, Thing, path_of
from skills.kubernetes.kinds import JOB, POD
from skills.kubernetes.rows import pod_state

PATIENCE = 120.0
PAUSE = 1.0
LABEL = "dutybot/clean-disk"


def name_of(seed: str) -> str:
    """The same work has the same name, so that it is found again after a crash."""
    return "clean-" + hashlib.sha256(seed.encode()).hexdigest()[:16]


def pressed(node: Thing) -> bool:
    """Whether the node says that its disk is under pressure."""
    return any(
        each.get("type") == "DiskPressure" and each.get("status") == "True"
        for each in node.get("status", {}).get("conditions") or ()
    )


class NodeJob:
    """Where such jobs run, and with what."""

    def __init__(self, cluster: Cluster, node: str, namespace: str, image: str) -> None:
        self._cluster, self._node, self.namespace, self.image = cluster, node, namespace, image

    def require_image(self, key: str = "no_clean_image") -> None:
        """A tag may be moved to anything: only a digest is what it was."""
        if "@sha256:" not in self.image:
            raise BadArguments(key)

    async def work(self, name: str, job: Thing, lines: int) -> str:
        """Run it, give the last lines of what it said, and remove it."""
        if await self._cluster.find(JOB, self.namespace, name) is None:
            await self._cluster.create(JOB, self.namespace, job)
        try:
            said = await self._said(name, lines)
        except Unreachable as error:
            if error.key == "clean_job_failed":
                await self._remove(name)
                raise
            told = {"system": "Kubernetes", "url": self._cluster.http.server.url, "why": str(error)}
            raise Unsure("unsure", **told) from error  # it goes on, and what it says can still be read
        await self._remove(name)
        return said

    async def _remove(self, name: str) -> None:
        with contextlib.suppress(NotFound, Unreachable):  # it goes by itself after a while
            await self._cluster.delete(JOB, self.namespace, name)

    async def there(self, name: str) -> bool:
        """Whether it was made, and not yet removed."""
        return await self._cluster.find(JOB, self.namespace, name) is not None

    async def _said(self, name: str, lines: int) -> str:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            pods = (await self._cluster.list(POD, self.namespace, selector=f"{LABEL}={name}")).things
            ended = [pod for pod in pods if pod.get("status", {}).get("phase") == "Succeeded"]
            if ended:
                path = path_of(POD, self.namespace, ended[0]["metadata"]["name"], "log")
                return await self._cluster.read_text(path, {"tailLines": lines})
            failed = [pod for pod in pods if pod.get("status", {}).get("phase") == "Failed"]
            if failed:
                raise Unreachable("clean_job_failed", job=name, why=pod_state(failed[0]))
            await asyncio.sleep(PAUSE)
        raise Unreachable("clean_job_failed", job=name, why=f"it did not end within {PATIENCE:g} s")

    def job(
        self,
        name: str,
        command: Sequence[str],
        source: Thing,
        *,
        at: str,
        read_only: bool,
        capabilities: Sequence[str] = (),
        env: Sequence[Thing] = (),
    ) -> Thing:
        """The job as it is sent: one container, one mount."""
        labels = {"app.kubernetes.io/managed-by": "dutybot", LABEL: name}
        container = {
            "name": "clean",
            "image": self.image,
            "command": list(command),
            "env": list(env),
            "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "128Mi"}},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "runAsUser": 0,
                "capabilities": {"drop": ["ALL"], "add": list(capabilities)},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "volumeMounts": [{"name": "clean", "mountPath": at, "readOnly": read_only}],
        }
        pod = {
            "nodeName": self._node,
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "tolerations": [{"operator": "Exists"}],
            "containers": [container],
            "volumes": [{"name": "clean", **source}],
        }
        return {
            "apiVersion": JOB.api_version,
            "kind": "Job",
            "metadata": {"name": name, "namespace": self.namespace, "labels": labels},
            "spec": {
                "backoffLimit": 0,
                "activeDeadlineSeconds": int(PATIENCE),
                "ttlSecondsAfterFinished": 600,
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        }
