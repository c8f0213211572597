"""What runs full: memory, volumes, node disks, connections, CPU throttling; now, or soon at this pace."""

from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.clock import amount
from bot.think.diagnosis.cluster import condition, containers
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.pace import last_with, seconds_left
from bot.think.diagnosis.sight import Sight, Track

HOUR = 3600.0


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    yield from _memory(sight)
    yield from _volumes(sight)
    yield from _node_disks(sight)
    yield from _throttled(sight)
    yield from _stale_space(sight)
    yield from _connections(sight)


def _memory(sight: Sight) -> Iterator[Finding]:
    for track in sight.metric_names.get("container_memory_working_set_bytes", ()):
        pod, container, space = (track.labels.get(key, "") for key in ("pod", "container", "namespace"))
        limit = _memory_limit(sight, space, pod, container) if pod and container != "POD" else None
        if not limit:
            continue
        peak = max(track.values)
        subject, left = Subject("Pod", space, pod), seconds_left(track, limit)
        killed = _keeps_ending(sight, subject)
        values = {
            "pod": pod,
            "container": container or "*",
            "share": f"{peak / limit:.0%}",
            "limit": f"{limit / 2**20:.0f}Mi",
            "minutes": f"{left / 60:.0f}" if left is not None else "?",
        }
        proof = Proof(track.query, f"{peak / 2**20:.0f}Mi / {limit / 2**20:.0f}Mi", track.times[-1])
        soon = left is not None and left < HOUR and _about_memory(sight)
        if peak / limit >= (0.75 if killed else 0.9):
            fix, weight = "set_resources", 0.85 if killed else 0.6
            yield Finding(subject, "memory_full", Category.RESOURCE, weight, values, (proof,), action=fix)
        elif soon:
            fix = "set_resources" if killed else "rollout_restart"
            yield Finding(subject, "memory_grows", Category.RESOURCE, 0.8, values, (proof,), action=fix)


def _keeps_ending(sight: Sight, pod: Subject) -> bool:
    """Its containers were restarted, or its workload is not up: memory near the limit is then no accident."""
    restarts = last_with(sight, ("kube_pod_container_status_restarts_total",), {"pod": pod.name})
    owner = sight.cluster.owner(pod)
    workload = sight.cluster.find(owner.kind, owner.namespace, owner.name)
    down = workload is not None and condition(workload, "Available").get("status") == "False"
    return bool(restarts) or down or any(one.reason == "BackOff" for one in sight.cluster.about(pod))


def _about_memory(sight: Sight) -> bool:
    """A process that has just begun always grows: growth counts where memory is what was asked about, or for long."""
    words = " ".join([sight.ask.text, *(f"{one.name} {one.summary}" for one in sight.ask.alerts)]).lower()
    return any(word in words for word in ("memory", "oom", "leak", "内存", "泄漏"))


def _memory_limit(sight: Sight, space: str, pod: str, container: str) -> float | None:
    """Of the container, or of the whole pod where the series has no container."""
    wanted = {"pod": pod, **({"container": container} if container else {})}
    told = last_with(sight, ("container_spec_memory_limit_bytes",), wanted) if container else None
    told = told or last_with(sight, ("kube_pod_container_resource_limits",), {**wanted, "resource": "memory"})
    if told:
        return told
    owner = sight.cluster.owner(Subject("Pod", space, pod))
    for thing, spec in sight.cluster.templates():
        if thing.subject in (owner, Subject("Pod", space, pod)):
            limits = [
                amount(((one.get("resources") or {}).get("limits") or {}).get("memory"))
                for one in containers(spec)
                if not container or one.get("name") == container
            ]
            known = [limit for limit in limits if limit]
            return sum(known) if known and len(known) == len(limits) else None
    return None


def _volumes(sight: Sight) -> Iterator[Finding]:
    for used in sight.metric_names.get("kubelet_volume_stats_used_bytes", ()):
        claim, space = used.labels.get("persistentvolumeclaim", ""), used.labels.get("namespace", "")
        size = last_with(sight, ("kubelet_volume_stats_capacity_bytes",), {"persistentvolumeclaim": claim})
        if not claim or not size:
            continue
        share, left = used.last / size, seconds_left(used, size)
        if share < 0.85 and (left is None or left > 4 * 24 * HOUR):
            continue
        hours = f"{left / HOUR:.1f}" if left is not None else "?"
        values = {"name": claim, "share": f"{share:.0%}", "hours": hours, "size": f"{size / 2**20:.0f}Mi"}
        proof = Proof(used.query, f"{used.last / 2**20:.0f}Mi / {size / 2**20:.0f}Mi", used.times[-1])
        key = "volume_full" if share >= 0.85 else "volume_fills"
        weight = 0.9 if share >= 0.95 else 0.8 if share >= 0.85 or (left is not None and left < 6 * HOUR) else 0.5
        yield Finding(
            Subject("PersistentVolumeClaim", space, claim),
            key,
            Category.STORAGE,
            weight,
            values,
            (proof,),
            action="expand_pvc",
        )


def _node_disks(sight: Sight) -> Iterator[Finding]:
    for free in sight.metric_names.get("node_filesystem_avail_bytes", ()):
        wanted = {key: free.labels[key] for key in ("instance", "node", "mountpoint") if key in free.labels}
        size = last_with(sight, ("node_filesystem_size_bytes",), wanted)
        if not size or free.last / size > 0.15:
            continue
        node = free.labels.get("node") or free.labels.get("instance", "").split(":")[0]
        values = {"name": node, "share": f"{free.last / size:.0%}", "mount": free.labels.get("mountpoint", "/")}
        proof = Proof(free.query, values["share"], free.times[-1])
        yield Finding(
            Subject("Node", "", node), "node_disk_full", Category.NODE, 0.7, values, (proof,), action="clean_disk"
        )


def _throttled(sight: Sight) -> Iterator[Finding]:
    for held in sight.metric_names.get("container_cpu_cfs_throttled_periods_total", ()):
        wanted = {key: held.labels[key] for key in ("pod", "container", "namespace") if key in held.labels}
        allof = [
            one
            for one in sight.metric_names.get("container_cpu_cfs_periods_total", ())
            if all(one.labels.get(key) == value for key, value in wanted.items())
        ]
        if not allof or not wanted.get("pod"):
            continue
        periods = allof[0].values[-1] - allof[0].values[0]
        share = (held.values[-1] - held.values[0]) / periods if periods > 0 else 0.0
        if share >= 0.25:
            values = {"pod": wanted["pod"], "container": wanted.get("container", ""), "share": f"{share:.0%}"}
            yield Finding(
                Subject("Pod", wanted.get("namespace", ""), wanted["pod"]),
                "throttled",
                Category.RESOURCE,
                0.5 + min(share, 1) * 0.3,
                values,
                (Proof(f"rate({held.query}[5m])", values["share"]),),
                action="set_resources",
            )


def _stale_space(sight: Sight) -> Iterator[Finding]:
    """A store that holds far more on disk than it uses: it wants a defragmentation."""
    told = set()
    for total in sight.metric_names.get("etcd_mvcc_db_total_size_in_bytes", ()):
        pod, space = total.labels.get("pod", ""), total.labels.get("namespace", "")
        used = last_with(sight, ("etcd_mvcc_db_total_size_in_use_in_bytes",), {"pod": pod})
        if pod in told or not pod or used is None or total.last < 2**20 or used / total.last > 0.5:
            continue
        told.add(pod)
        owner = sight.cluster.owner(Subject("Pod", space, pod))
        values = {"pod": pod, "used": f"{used / 2**20:.1f}Mi", "total": f"{total.last / 2**20:.1f}Mi"}
        proof = Proof(total.query, f"{values['used']} / {values['total']}", total.times[-1])
        yield Finding(_set_of(sight, owner), "store_fragmented", Category.STORAGE, 0.85, values, (proof,))


def _set_of(sight: Sight, pod: Subject) -> Subject:
    """'etcd-0' that nobody owns: the stateful set that events or alerts name."""
    head, _, tail = pod.name.rpartition("-")
    named = {event.about for event in sight.cluster.happenings if event.about.kind == "StatefulSet"}
    named |= {
        Subject("StatefulSet", alert.labels.get("namespace", ""), alert.labels["statefulset"])
        for alert in sight.ask.alerts
        if "statefulset" in alert.labels
    }
    guess = Subject("StatefulSet", pod.namespace, head)
    return guess if pod.kind == "Pod" and tail.isdigit() and guess in named else pod


def _connections(sight: Sight) -> Iterator[Finding]:
    """Sessions of a database against their limit."""
    limits = ("pg_settings_max_connections", "mysql_global_variables_max_connections", "redis_config_maxclients")
    uses = ("pg_stat_activity_count", "mysql_global_status_threads_connected", "redis_connected_clients")
    for limit_name, use_name in zip(limits, uses, strict=True):
        for limit in sight.metric_names.get(limit_name, ()):
            same = {key: limit.labels[key] for key in ("instance", "pod", "namespace") if key in limit.labels}
            used = _total(sight, use_name, same)
            if used is None or limit.last <= 0 or used / limit.last < 0.8:
                continue
            pod = limit.labels.get("pod") or limit.labels.get("instance", "")
            subject = Subject("Pod" if "pod" in limit.labels else "Service", limit.labels.get("namespace", ""), pod)
            values = {"name": pod, "used": f"{used:.0f}", "limit": f"{limit.last:.0f}"}
            yield Finding(
                subject, "sessions_full", Category.RESOURCE, 0.75, values, (Proof(f"sum({use_name})", values["used"]),)
            )


def _total(sight: Sight, name: str, labels: dict[str, str]) -> float | None:
    found: list[Track] = [
        one
        for one in sight.metric_names.get(name, ())
        if all(one.labels.get(key) == value for key, value in labels.items())
    ]
    return sum(one.last for one in found) if found else None
