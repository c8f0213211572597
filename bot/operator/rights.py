"""The rights that the operator needs, from what each action declares; the chart takes its rules from here."""

from collections.abc import Iterable
from typing import Any

from skills import Action, Risk

SUBRESOURCES = {"eviction", "log", "scale", "status", "exec", "binding"}
OWN: tuple[str, ...] = (
    "dutybot.io/remediations:get",
    "dutybot.io/remediations:list",
    "dutybot.io/remediations:watch",
    "dutybot.io/remediations:patch",
    "dutybot.io/remediations/status:patch",
    "dutybot.io/approvalpolicies:get",
    "dutybot.io/approvalpolicies:list",
    "dutybot.io/approvalpolicies:watch",
    "dutybot.io/approvalpolicies:patch",
    "dutybot.io/approvalpolicies/status:patch",
    "kopf.dev/kopfpeerings:get",
    "kopf.dev/kopfpeerings:list",
    "kopf.dev/kopfpeerings:watch",
    "kopf.dev/kopfpeerings:patch",
    "events:create",
)
"""What kopf needs to watch our resources, to agree with other replicas, and to tell what came of each."""


def rules(needs: Iterable[str]) -> list[dict[str, Any]]:
    """RBAC rules, one for each group and set of verbs; the same needs always give the same text."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for need in needs:
        resource, _, verb = need.rpartition(":")
        verbs.setdefault(split(resource), set()).add(verb)
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, resource), allowed in sorted(verbs.items()):
        together.setdefault((group, tuple(sorted(allowed))), []).append(resource)
    return [
        {"apiGroups": [group], "resources": sorted(resources), "verbs": list(allowed)}
        for (group, allowed), resources in sorted(together.items())
    ]


def split(resource: str) -> tuple[str, str]:
    """Group and plural: `apps/deployments`, `pods/eviction` (in no group), `dutybot.io/remediations/status`."""
    first, _, rest = resource.partition("/")
    if not rest or rest in SUBRESOURCES:
        return "", resource
    return first, rest


def of_actions(actions: Iterable[Action]) -> list[str]:
    """All that the changes among these need, once each."""
    return sorted({need for action in actions if action.risk is not Risk.READ for need in action.needs})


def operator_role(actions: Iterable[Action], name: str = "dutybot-operator") -> dict[str, Any]:
    """As a ClusterRole."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules([*of_actions(actions), *OWN]),
    }
