"""Pods that crash, are killed, evicted, stuck, or not ready; and their last terminations."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.clock import moment
from bot.think.diagnosis.cluster import condition, statuses
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.looks.images import WAITING as IMAGES
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.stacks import shortened
from bot.think.diagnosis.thing import Thing

RECENT = 900.0
CALM_AFTER = 300.0
RUNTIME = re.compile(r"OCI runtime|executable file not found|failed to create (containerd|shim) task|exec format error")
NEVER_RAN = {"ContainerCannotRun", "StartError"}
"""The runtime could not start it: it is no program that crashes."""
STARTING = {"ContainerCreating", "PodInitializing"}

NO_RUNTIME = re.compile(r"no runtime for|RuntimeHandler|runtime handler", re.IGNORECASE)
TURNED_AWAY = (
    (re.compile(r"Sysctl|AppArmor|Seccomp|PodOS|UnsupportedPod|InvalidNodeInfo"), Category.CONFIG),
    (re.compile(r"OutOf|UnexpectedAdmission|NodeAffinity|TopologyAffinity|InsufficientResource"), Category.SCHEDULING),
    (re.compile(r"NodeShutdown|Shutdown|Terminated|NodeLost|Preempting"), Category.NODE),
)
"""Why a kubelet refuses a pod, or gives it up, before any container of it ran."""


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for pod in sight.cluster.all("Pod"):
        found = [*_containers(sight, pod), *_waiting_first(pod), *_whole(sight, pod)]
        yield from found or _not_ready(pod)
    yield from _from_events(sight)
    yield from _cannot_run(sight)
    yield from _no_sandbox(sight)
    yield from _hooks(sight)


def _containers(sight: Sight, pod: Thing) -> Iterator[Finding]:
    for status in statuses(pod):
        state, ended = status.get("state") or {}, _last_end(status)
        waiting = state.get("waiting") or {}
        calm = bool(status.get("ready")) and _calm(sight, state, ended)
        if ended.get("reason") == "OOMKilled":
            yield _ended(pod, status, "oom_killed", 0.95, settled=calm)
        elif waiting and (ended.get("reason") in NEVER_RAN or RUNTIME.search(str(ended.get("message") or ""))):
            yield _waits(pod, status, ended)
        elif waiting.get("reason") == "CrashLoopBackOff":
            yield _ended(pod, status, "crash_loop", 0.7, settled=False)
        elif waiting.get("reason") and waiting["reason"] not in STARTING | IMAGES:
            yield _waits(pod, status, waiting)
        elif ended.get("exitCode") not in (None, 0) and not _of_job(pod):
            yield _ended(pod, status, "exited", 0.6, settled=calm)
        elif (status.get("restartCount") or 0) > 0 and ended:
            yield _ended(pod, status, "restarted", 0.45, settled=calm)
        elif (status.get("restartCount") or 0) >= 1 and status.get("ready"):
            yield _ended(pod, status, "restarted", 0.1, settled=True)


def _waiting_first(pod: Thing) -> Iterator[Finding]:
    """An init container that runs and runs: what it waits for does not come."""
    for status in pod.each("status", "initContainerStatuses"):
        since = (status.get("state") or {}).get("running")
        if since is None or pod.text("status", "phase") != "Pending" or status.get("restartPolicy") == "Always":
            continue
        steps = [one for one in pod.each("spec", "initContainers") if one.get("name") == status.get("name")]
        if any(one.get("restartPolicy") == "Always" for one in steps):
            continue
        script = " ".join(
            str(word) for one in steps for word in [*(one.get("command") or []), *(one.get("args") or [])]
        )
        values = {"pod": pod.name, "container": str(status.get("name", "")), "message": script[:300]}
        proof = Proof(pod.query, f"{status.get('name')} running since {since.get('startedAt')} {script}"[:300])
        yield Finding(pod.subject, "init_waits", Category.DEPENDENCY, 0.6, values, (proof,))


def _hooks(sight: Sight) -> Iterator[Finding]:
    """A hook of the container's life fails: the kubelet kills the container."""
    for event in sight.cluster.happenings:
        fresh = event.last is None or sight.now - event.last < RECENT * 2
        if event.reason in ("FailedPostStartHook", "FailedPreStopHook") and fresh:
            values = {"pod": event.about.name, "message": event.message[:300], "container": "", "reason": event.reason}
            proof = Proof(event.query, event.message[:300], event.last)
            weight = 0.8 if event.reason == "FailedPostStartHook" else 0.3
            yield Finding(event.about, "cannot_start", Category.CONFIG, weight, values, (proof,), at=event.first)


def _calm(sight: Sight, state: Mapping[str, Any], ended: Mapping[str, Any]) -> bool:
    """Running again, and for long enough to believe it."""
    since = moment((state.get("running") or {}).get("startedAt"))
    over = moment(ended.get("finishedAt"))
    if since is None and over is None:
        return True
    return sight.now - max(since or 0.0, over or 0.0) >= CALM_AFTER


def _last_end(status: Mapping[str, Any]) -> Mapping[str, Any]:
    ended = (status.get("state") or {}).get("terminated") or (status.get("lastState") or {}).get("terminated")
    return ended or {}


def _ended(pod: Thing, status: Mapping[str, Any], key: str, weight: float, *, settled: bool) -> Finding:
    ended = _last_end(status)
    category = Category.RESOURCE if key == "oom_killed" else Category.RELEASE
    reason, code = str(ended.get("reason") or ""), ended.get("exitCode")
    memory = _limit(pod, str(status.get("name", "")))
    return Finding(
        pod.subject,
        key,
        category,
        weight,
        {
            "container": str(status.get("name", "")),
            "pod": pod.name,
            "restarts": str(status.get("restartCount") or 0),
            "reason": reason or "unknown",
            "code": "?" if code is None else str(code),
            "limit": memory or "?",
            "message": shortened(str(ended.get("message") or ""), 300),
        },
        (Proof(pod.query, f"restartCount={status.get('restartCount') or 0} {reason} exitCode={code}".strip()),),
        at=moment(ended.get("finishedAt")),
        settled=settled,
        action="set_resources" if key == "oom_killed" else "",
        args={"container": str(status.get("name", ""))},
    )


def _limit(pod: Thing, container: str) -> str:
    for one in pod.each("spec", "containers"):
        if one.get("name") == container:
            return str(((one.get("resources") or {}).get("limits") or {}).get("memory") or "")
    return ""


def _waits(pod: Thing, status: Mapping[str, Any], said: Mapping[str, Any]) -> Finding:
    values = {
        "container": str(status.get("name", "")),
        "pod": pod.name,
        "reason": str(said.get("reason")),
        "message": str(said.get("message") or "")[:300],
    }
    proof = Proof(pod.query, f"{said.get('reason')}: {said.get('message') or ''}"[:300])
    return Finding(pod.subject, "cannot_start", Category.CONFIG, 0.85, values, (proof,))


def _whole(sight: Sight, pod: Thing) -> Iterator[Finding]:
    phase, reason, message = pod.text("status", "phase"), pod.text("status", "reason"), pod.text("status", "message")
    if reason == "Evicted":
        category = Category.NODE if "threshold" in message or "low on" in message else Category.RESOURCE
        values = {"pod": pod.name, "message": message[:300]}
        proof = Proof(pod.query, message[:300])
        yield Finding(
            pod.subject,
            "evicted",
            category,
            0.7,
            values,
            (proof,),
            symptom=True,
            points_to=_node_of(pod),
            settled=_replaced(sight, pod),
        )
    elif phase == "Failed" and not _of_job(pod) and not list(statuses(pod)):
        values = {"pod": pod.name, "message": f"{reason} {message}".strip()[:300]}
        proof, over = Proof(pod.query, f"{phase} {reason}".strip()), _replaced(sight, pod)
        turned = next((each for words, each in TURNED_AWAY if words.match(reason)), None)
        kind, weight = turned or Category.RELEASE, 0.75 if turned else 0.5
        yield Finding(pod.subject, "pod_failed", kind, weight, values, (proof,), settled=over)
    deleted = moment(pod.get("metadata", "deletionTimestamp"))
    if deleted is not None and sight.now - deleted > 600:
        minutes = str(int((sight.now - deleted) / 60))
        values = {"pod": pod.name, "minutes": minutes}
        yield Finding(pod.subject, "stuck_terminating", Category.NODE, 0.5, values, (Proof(pod.query, minutes),))


def _replaced(sight: Sight, pod: Thing) -> bool:
    """Its workload has all the replicas it wants: what is left of this pod is no trouble."""
    owner = sight.cluster.owner(pod.subject)
    workload = sight.cluster.find(owner.kind, owner.namespace, owner.name) if owner != pod.subject else None
    wanted = workload.number("spec", "replicas") if workload else None
    return workload is not None and (workload.number("status", "readyReplicas") or 0) >= (wanted or 1)


def _not_ready(pod: Thing) -> Iterator[Finding]:
    ready = condition(pod, "Ready")
    if pod.text("status", "phase") == "Running" and ready.get("status") == "False":
        why = str(ready.get("message") or ready.get("reason") or "")
        yield Finding(
            pod.subject,
            "not_ready",
            Category.PROBE,
            0.7 if ready.get("reason") == "ReadinessGatesNotReady" else 0.35,
            {"pod": pod.name, "message": why},
            (Proof(pod.query, why),),
            symptom=True,
            points_to=_node_of(pod),
        )


def _node_of(pod: Thing) -> tuple[Subject, ...]:
    """Its node: to blame if that is itself in trouble."""
    name = pod.text("spec", "nodeName")
    return (Subject("Node", "", name),) if name else ()


def _from_events(sight: Sight) -> Iterator[Finding]:
    """Crash loops that only the events tell of: the pod was not gathered."""
    for event in sight.cluster.happenings:
        if event.about.kind != "Pod" or event.reason != "BackOff" or "restarting failed" not in event.message:
            continue
        pod = sight.cluster.find("Pod", event.about.namespace, event.about.name)
        if pod is not None and list(statuses(pod)):
            continue
        settled = event.last is not None and sight.now - event.last > RECENT * 2
        yield Finding(
            event.about,
            "back_off",
            Category.RELEASE,
            0.65,
            {"pod": event.about.name, "count": str(event.count), "message": event.message[:200]},
            (Proof(event.query, event.message[:200], event.last),),
            at=event.first,
            settled=settled,
        )


def _of_job(pod: Thing) -> bool:
    owners = {str(one.get("kind")) for one in pod.each("metadata", "ownerReferences")}
    return "Job" in owners or "job-name" in pod.labels or "batch.kubernetes.io/job-name" in pod.labels


def _cannot_run(sight: Sight) -> Iterator[Finding]:
    """The runtime's own words: the command does not exist, a mount is wrong."""
    for event in sight.cluster.happenings:
        found = RUNTIME.search(event.message) if event.about.kind == "Pod" and event.warning else None
        if found and event.last is not None and sight.now - event.last < 3600:
            values = {"pod": event.about.name, "message": event.message[-300:], "container": "", "reason": event.reason}
            proof = Proof(event.query, event.message[-300:], event.last)
            yield Finding(event.about, "cannot_start", Category.CONFIG, 0.9, values, (proof,), at=event.first)


def _no_sandbox(sight: Sight) -> Iterator[Finding]:
    """The node cannot set the pod up: network plugin, addresses, runtime."""
    for event in sight.cluster.happenings:
        if event.reason != "FailedCreatePodSandBox" or (event.last is not None and sight.now - event.last > RECENT):
            continue
        pod = sight.cluster.find("Pod", event.about.namespace, event.about.name)
        if pod is not None and pod.text("status", "phase") == "Running":
            continue
        values = {"pod": event.about.name, "message": event.message[:300]}
        proof = Proof(event.query, event.message[:300], event.last)
        category = Category.CONFIG if NO_RUNTIME.search(event.message) else Category.NETWORK
        yield Finding(event.about, "sandbox_fails", category, 0.8, values, (proof,), at=event.first)
