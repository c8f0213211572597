"""Admission webhooks whose service is gone or has no pods: they may stop every change in the cluster."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.cluster import condition
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.looks.workloads import made_since
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for hooks in sight.cluster.all("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for hook in hooks.each("webhooks"):
            yield from _hook(sight, hooks, hook)
    for event in sight.cluster.happenings:
        if "failed calling webhook" in event.message:
            values = {"name": event.about.name, "message": event.message[:300]}
            proof = Proof(event.query, event.message[:300], event.last)
            over = made_since(sight, event)
            yield Finding(
                event.about, "webhook_refuses", Category.DEPENDENCY, 0.9, values, (proof,), at=event.last, settled=over
            )


def _hook(sight: Sight, hooks: Thing, hook: Mapping[str, Any]) -> Iterator[Finding]:
    end = (hook.get("clientConfig") or {}).get("service") or {}
    space, name = str(end.get("namespace") or ""), str(end.get("name") or "")
    if not name:
        return
    values = {"name": hooks.name, "hook": str(hook.get("name")), "service": f"{space}/{name}"}
    proof = Proof(hooks.query, f"{values['hook']} -> {values['service']}")
    hard = hook.get("failurePolicy", "Fail") == "Fail"
    service = sight.cluster.find("Service", space, name)
    if service is None:
        yield Finding(hooks.subject, "webhook_no_service", Category.DEPENDENCY, 0.7 if hard else 0.3, values, (proof,))
        return
    selector = service.get("spec", "selector") or {}
    pods = sight.cluster.matching(space, selector) if selector else []
    up = [pod for pod in pods if pod.text("status", "phase") in ("Running", "") and _ready(pod)]
    if not selector:
        return
    if not pods:
        yield Finding(hooks.subject, "webhook_no_pods", Category.DEPENDENCY, 0.55 if hard else 0.3, values, (proof,))
    elif not up or not any(pod.text("status", "phase") for pod in pods):
        yield Finding(hooks.subject, "webhook_pods_down", Category.DEPENDENCY, 0.6 if hard else 0.3, values, (proof,))


def _ready(pod: Thing) -> bool:
    return condition(pod, "Ready").get("status") != "False"
