"""Refusals: RBAC denials in logs and events, service accounts without rights, rights that are too wide."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.cluster import containers
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.stacks import shortened

DENIED = re.compile(
    r"is forbidden: User \"?(?P<who>[^\" ]+)\"? cannot (?P<verb>\w+) resource \"?(?P<what>[\w./-]+)\"?"
    r"|cannot (?P<verb2>get|list|watch|create|update|patch|delete) (resource )?\"?(?P<what2>[\w./-]+)\"? in API group"
)


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    yield from _denials(sight)
    for role in sight.cluster.all("Role", "ClusterRole"):
        wide = [rule for rule in role.each("rules") if "*" in (rule.get("verbs") or [])]
        wide = [rule for rule in wide if "*" in (rule.get("resources") or [])]
        if wide and not role.name.startswith(("system:", "cluster-admin", "admin")):
            values = {"name": role.name, "kind": role.kind}
            yield Finding(role.subject, "role_too_wide", Category.PERMISSION, 0.1, values, (Proof(role.query, "*"),))
    yield from _loose(sight)
    yield from _unbound(sight)
    for binding in sight.cluster.all("RoleBinding"):
        kind, name = binding.text("roleRef", "kind"), binding.text("roleRef", "name")
        space = binding.namespace if kind == "Role" else ""
        if kind and sight.cluster.has(kind) and not sight.cluster.find(kind, space, name):
            values = {"name": binding.name, "kind": kind, "wants": name}
            proof = Proof(binding.query, name)
            yield Finding(binding.subject, "binding_role_gone", Category.PERMISSION, 0.5, values, (proof,))


def _unbound(sight: Sight) -> Iterator[Finding]:
    """Roles were made for this namespace, and the account of what is not up holds none of them."""
    bound = {
        (str(one.get("namespace") or binding.namespace), str(one.get("name")))
        for binding in sight.cluster.all("RoleBinding", "ClusterRoleBinding")
        for one in binding.each("subjects")
    }
    spaces = {one.namespace for one in sight.cluster.all("Role", "RoleBinding")}
    for workload in sight.cluster.all("Deployment", "StatefulSet", "DaemonSet"):
        account = workload.text("spec", "template", "spec", "serviceAccountName")
        down = not workload.number("status", "readyReplicas") and workload.namespace in spaces
        if account and account != "default" and down and (workload.namespace, account) not in bound:
            values = {"name": workload.name, "kind": workload.kind, "account": account}
            proof = Proof(workload.query, f"serviceAccountName={account}")
            yield Finding(workload.subject, "account_unbound", Category.PERMISSION, 0.4, values, (proof,))


def _loose(sight: Sight) -> Iterator[Finding]:
    """Rights that are wider than anybody should need: remarks for who asks what is not as it should be."""
    for binding in sight.cluster.all("RoleBinding", "ClusterRoleBinding"):
        kind, name = binding.text("roleRef", "kind"), binding.text("roleRef", "name")
        role = sight.cluster.find(kind, binding.namespace if kind == "Role" else "", name)
        rules = [(rule.get("verbs") or [], rule.get("resources") or []) for rule in role.each("rules")] if role else []
        if role is not None and any("*" in verbs or "*" in resources for verbs, resources in rules):
            values = {"name": binding.name, "kind": binding.kind, "wants": f"{kind} {name}"}
            yield Finding(binding.subject, "binding_wide", Category.PERMISSION, 0.1, values, (Proof(role.query, "*"),))
    for account in sight.cluster.all("ServiceAccount"):
        pods = [one for one in sight.cluster.all("Pod") if one.namespace == account.namespace]
        users = [one.name for one in pods if one.text("spec", "serviceAccountName") == account.name]
        if account.name == "default" and users and sight.audits:
            values = {"name": account.name, "pods": ", ".join(users[:5])}
            proof = Proof(account.query, values["pods"])
            yield Finding(account.subject, "account_default", Category.PERMISSION, 0.1, values, (proof,))
    for pod in sight.cluster.all("Pod"):
        for one in containers(pod.get("spec") or {}):
            if (one.get("securityContext") or {}).get("privileged") is True:
                values = {"name": pod.name, "container": str(one.get("name"))}
                proof = Proof(pod.query, "securityContext.privileged=true")
                yield Finding(pod.subject, "privileged", Category.PERMISSION, 0.1, values, (proof,))


def _denials(sight: Sight) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for line in sight.lines:
        found = DENIED.search(line.text) if "cannot" in line.text else None
        pod, space = line.labels.get("pod", ""), line.labels.get("namespace", "")
        if found and pod and (pod, found[0]) not in told and line.at >= sight.start - 3600:
            told.add((pod, found[0]))
            yield _say(Subject("Pod", space, pod), line.text, Proof(line.query, shortened(line.text, 300), line.at))
    for event in sight.cluster.happenings:
        if DENIED.search(event.message) and event.warning:
            yield _say(event.about, event.message, Proof(event.query, event.message[:300], event.last))


def _say(about: Subject, text: str, proof: Proof) -> Finding:
    return Finding(about, "denied", Category.PERMISSION, 0.75, {"name": about.name, "message": text[:300]}, (proof,))
