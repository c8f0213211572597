"""Whether a workload has come to rest after a change, and whether it is well."""

from skills.change import Verification
from skills.kubernetes.cluster import Cluster, Thing
from skills.kubernetes.rows import pod_state, restarts
from skills.kubernetes.surroundings import pods_of
from skills.words import told

_HOPELESS = {
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}


async def judge_rollout(cluster: Cluster, workload: Thing) -> Verification:
    """Settled once all replicas are new and available, or once it is plain that they never will be."""
    name, status = workload["metadata"]["name"], workload.get("status", {})
    if int(status.get("observedGeneration", 0)) < int(workload["metadata"].get("generation", 0)):
        return Verification(
            False, None, told(f"{name}: the controller has not seen the change yet", f"{name}：控制器还没有看到改动")
        )
    stuck = [each for each in status.get("conditions") or () if each.get("reason") == "ProgressDeadlineExceeded"]
    if stuck:
        return Verification(
            True, False, f"{name}: {stuck[0].get('message') or told('the rollout is stuck', '发布卡住了')}"
        )
    wanted, updated, ready, present = _numbers(workload)
    if updated >= wanted and ready >= wanted and present <= wanted:
        return Verification(
            True,
            True,
            told(
                f"{name}: {ready} of {wanted} replicas are ready and up to date",
                f"{name}：{wanted} 个副本中 {ready} 个已更新并就绪",
            ),
        )
    if reason := await _hopeless(cluster, workload):
        return Verification(True, False, f"{name}: {reason}")
    return Verification(
        False,
        None,
        told(
            f"{name}: {updated} updated, {ready} ready of {wanted}",
            f"{name}：共 {wanted} 个，已更新 {updated} 个，就绪 {ready} 个",
        ),
    )


async def _hopeless(cluster: Cluster, workload: Thing) -> str:
    """Only the pods of the newest template count: an old one that crashes is what the change is meant to mend."""
    pods = await pods_of(cluster, workload)
    newest = max((pod["metadata"].get("creationTimestamp", "") for pod in pods), default="")
    for pod in pods:
        if pod["metadata"].get("creationTimestamp", "") != newest:
            continue
        state = pod_state(pod)
        if state in _HOPELESS or (state in {"CrashLoopBackOff", "OOMKilled", "Error"} and restarts(pod) >= 2):
            return told(f"{pod['metadata']['name']} is in {state}", f"{pod['metadata']['name']} 处于 {state}")
    return ""


def _numbers(workload: Thing) -> tuple[int, int, int, int]:
    """Wanted, up to date, ready (and available), present: each kind of workload counts under names of its own."""
    spec, status = workload.get("spec", {}), workload.get("status", {})
    if workload["kind"] == "DaemonSet":
        wanted = int(status.get("desiredNumberScheduled", 0))
        ready = min(int(status.get("numberReady", 0)), int(status.get("numberAvailable", 0)))
        return wanted, int(status.get("updatedNumberScheduled", 0)), ready, wanted
    wanted, ready = int(spec.get("replicas", 1)), int(status.get("readyReplicas", 0))
    ready = min(ready, int(status.get("availableReplicas", 0)))
    updated = int(status.get("updatedReplicas", 0))
    same = status.get("updateRevision") and status.get("updateRevision") == status.get("currentRevision")
    if workload["kind"] == "StatefulSet" and (same or not _rolls(spec)):
        updated = wanted
    return wanted, updated, ready, int(status.get("replicas", 0))


def _rolls(spec: Thing) -> bool:
    return bool((spec.get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate")
