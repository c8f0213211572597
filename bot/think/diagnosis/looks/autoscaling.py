"""Autoscalers that cannot scale: at their limit, without metrics, without a target, without requests."""

from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.clock import moment
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

SCALABLE = {"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"}


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for scaler in sight.cluster.all("HorizontalPodAutoscaler"):
        yield from _conditions(scaler)
        yield from _target(sight, scaler)
    yield from _from_metrics(sight)


def _conditions(scaler: Thing) -> Iterator[Finding]:
    now, most = scaler.number("status", "currentReplicas"), scaler.number("spec", "maxReplicas")
    limited = False
    for one in scaler.each("status", "conditions"):
        kind, status, reason = one.get("type"), one.get("status"), str(one.get("reason") or "")
        message = str(one.get("message") or reason)
        if kind == "ScalingLimited" and status == "True":
            if reason != "TooFewReplicas":
                limited = True
                yield _limit(scaler, message)
            elif (scaler.number("status", "desiredReplicas") or 0) > (scaler.number("spec", "minReplicas") or 1):
                yield _say(scaler, "hpa_cannot_scale", 0.25, message)
        elif kind in ("AbleToScale", "ScalingActive") and status == "False" and not _paused(scaler, reason):
            yield _say(scaler, "hpa_cannot_scale", 0.85, message, moment(one.get("lastTransitionTime")))
    wants = scaler.number("status", "desiredReplicas")
    full = now is not None and most is not None and now >= most and (wants or 0) >= most
    if full and not limited and _above_target(scaler):
        yield _limit(scaler, f"{now}/{most}")


def _paused(scaler: Thing, reason: str) -> bool:
    return reason == "ScalingDisabled" and scaler.number("spec", "minReplicas") == 0


def _used(scaler: Thing) -> dict[str, int]:
    """Resource -> average utilisation in percent, as the autoscaler sees it."""
    used = {}
    for one in scaler.each("status", "currentMetrics"):
        resource = one.get("resource") or {}
        share = (resource.get("current") or {}).get("averageUtilization")
        if isinstance(share, int):
            used[str(resource.get("name"))] = share
    return used


def _above_target(scaler: Thing) -> bool:
    used = _used(scaler)
    for one in scaler.each("spec", "metrics"):
        resource = one.get("resource") or {}
        goal = (resource.get("target") or {}).get("averageUtilization")
        if isinstance(goal, int) and used.get(str(resource.get("name")), 0) > goal:
            return True
    return False


def _limit(scaler: Thing, message: str) -> Finding:
    most = scaler.number("spec", "maxReplicas")
    used = [f"{name}={share}%" for name, share in _used(scaler).items()]
    values = {"name": scaler.name, "most": str(most), "message": message, "used": ", ".join(used) or "?"}
    return Finding(
        scaler.subject,
        "hpa_at_limit",
        Category.AUTOSCALING,
        0.8,
        values,
        (Proof(scaler.query, f"maxReplicas={most} {message}"),),
        action="patch_hpa",
        args={"max_replicas": (most or 1) * 2},
    )


def _target(sight: Sight, scaler: Thing) -> Iterator[Finding]:
    kind, name = scaler.text("spec", "scaleTargetRef", "kind"), scaler.text("spec", "scaleTargetRef", "name")
    if kind not in SCALABLE:
        if "." not in scaler.text("spec", "scaleTargetRef", "apiVersion"):
            yield _say(scaler, "hpa_bad_target", 0.7, f"unsupported {kind} {name}".strip())
        return
    target = sight.cluster.find(kind, scaler.namespace, name)
    if target is None:
        listed = any(one.namespace == scaler.namespace for one in sight.cluster.all(kind))
        yield _say(scaler, "hpa_no_target", 0.7 if listed else 0.25, f"{kind} {name}")
        return
    by_resource = any(one.get("type", "Resource") == "Resource" for one in scaler.each("spec", "metrics"))
    bare = [
        str(one.get("name"))
        for one in target.each("spec", "template", "spec", "containers")
        if not (one.get("resources") or {}).get("requests") and not (one.get("resources") or {}).get("limits")
    ]
    if bare and (by_resource or not scaler.each("spec", "metrics")):
        yield _say(scaler, "hpa_no_requests", 0.75, f"{kind} {name}: {', '.join(bare)}")


def _from_metrics(sight: Sight) -> Iterator[Finding]:
    """Only the metrics tell: replicas at the maximum, and the autoscaler wants more."""
    for track in sight.metric_names.get("kube_horizontalpodautoscaler_status_condition", ()):
        labels = track.labels
        name, space = labels.get("horizontalpodautoscaler", ""), labels.get("namespace", "")
        if labels.get("condition") != "ScalingLimited" or labels.get("status") != "true" or track.last != 1:
            continue
        if name and not sight.cluster.find("HorizontalPodAutoscaler", space, name):
            most = [
                one.last
                for one in sight.metric_names.get("kube_horizontalpodautoscaler_spec_max_replicas", ())
                if one.labels.get("horizontalpodautoscaler") == name
            ]
            scaler = Thing(
                "HorizontalPodAutoscaler", space, name, {"spec": {"maxReplicas": int(most[0]) if most else 0}}
            )
            yield _limit(scaler, track.query)


def _say(scaler: Thing, key: str, weight: float, message: str, at: float | None = None) -> Finding:
    values = {"name": scaler.name, "message": message[:300]}
    return Finding(
        scaler.subject, key, Category.AUTOSCALING, weight, values, (Proof(scaler.query, message[:300]),), at=at
    )
