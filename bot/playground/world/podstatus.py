"""The status that a node reports for a pod, told from the pod's life."""

from typing import Any

from bot.playground.kube.cluster import stamp
from bot.playground.world.lives import Life, Run

_WAIT_MESSAGES = {
    "ImagePullBackOff": 'Back-off pulling image "{image}"',
    "ErrImagePull": 'failed to pull and unpack image "{image}": {image}: not found',
    "CrashLoopBackOff": "back-off {backoff} restarting failed container={container} pod={pod}_{namespace}({uid})",
    "CreateContainerConfigError": "{detail}",
}


def status_of(life: Life, host: str, detail: str = "") -> dict[str, Any]:
    """The whole status."""
    conditions = _conditions(life, detail)
    told: dict[str, Any] = {"phase": life.phase, "qosClass": "Burstable", "conditions": conditions}
    if life.phase == "Failed" and detail.startswith("The node was low"):
        return {**told, "reason": "Evicted", "message": detail, "startTime": stamp(life.created)}
    if not life.node:
        return told
    told |= {"hostIP": host, "hostIPs": [{"ip": host}], "startTime": stamp(life.created)}
    if life.runs:
        told |= {"podIP": life.ip, "podIPs": [{"ip": life.ip}]}
    told["containerStatuses"] = [_container(life, spec, detail) for spec in life.containers]
    return told


def _conditions(life: Life, detail: str) -> list[dict[str, Any]]:
    since = life.ready[-1][0] if life.ready else life.created
    unready = {} if life.is_ready else {"reason": "ContainersNotReady"}
    if unready:
        names = " ".join(each["name"] for each in life.containers)
        unready["message"] = f"containers with unready status: [{names}]"
    if life.phase == "Succeeded":
        unready = {"reason": "PodCompleted"}
    scheduled: dict[str, Any] = {"type": "PodScheduled", "status": "True", "lastTransitionTime": stamp(life.created)}
    if not life.node:
        return [{**scheduled, "status": "False", "reason": "Unschedulable", "message": detail}] if detail else []
    ready = {"status": str(life.is_ready), "lastTransitionTime": stamp(since), **unready}
    return [
        {"type": "Initialized", "status": "True", "lastTransitionTime": stamp(life.created)},
        {"type": "Ready", **ready},
        {"type": "ContainersReady", **ready},
        scheduled,
    ]


def _container(life: Life, spec: dict[str, Any], detail: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": spec["name"],
        "image": spec.get("image", ""),
        "imageID": f"docker.io/{spec.get('image', '')}@sha256:{life.uid.replace('-', '') * 2}" if life.runs else "",
        "ready": life.is_ready,
        "restartCount": max(0, len(life.runs) - 1),
        "started": life.running is not None,
        "state": {},
        "lastState": {},
    }
    ended = [run for run in life.runs if run.end is not None]
    if life.running is not None:
        told["state"] = {"running": {"startedAt": stamp(life.running.start)}}
        told["containerID"] = f"containerd://{life.uid.replace('-', '')}{len(life.runs):02d}"
        if ended:
            told["lastState"] = {"terminated": _terminated(ended[-1])}
        return told
    if life.over and ended:
        told["state"] = {"terminated": _terminated(ended[-1])}
        return told
    reason = life.waiting[-1][1] if life.waiting else "ContainerCreating"
    waiting = {"reason": reason}
    if reason in _WAIT_MESSAGES:
        waiting["message"] = _WAIT_MESSAGES[reason].format(
            image=spec.get("image", ""),
            backoff=f"{backoff(len(life.runs))}s"
            if backoff(len(life.runs)) < 60
            else _minutes(backoff(len(life.runs))),
            container=spec["name"],
            pod=life.name,
            namespace=life.namespace,
            uid=life.uid,
            detail=detail,
        )
    told["state"] = {"waiting": waiting}
    if ended:
        told["lastState"] = {"terminated": _terminated(ended[-1])}
    return told


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}m{seconds % 60}s"


def backoff(runs: int) -> int:
    """How many seconds a container that failed so often waits: twice as long each time, five minutes at most."""
    return int(min(300, 10 * 2 ** max(0, runs - 1)))


def _terminated(run: Run) -> dict[str, Any]:
    told: dict[str, Any] = {
        "exitCode": run.exit_code,
        "reason": run.reason,
        "startedAt": stamp(run.start),
        "finishedAt": stamp(run.end or run.start),
    }
    if run.message:
        told["message"] = run.message
    return told
