"""Label and field selectors: which manifests a list or a watch is about."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.playground.kube.kinds import Kind, Manifest
from bot.playground.kube.status import bad_request

Test = Callable[[Manifest], bool]
_SET = re.compile(r"^\s*([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\)\s*$")
_EQUAL = re.compile(r"^\s*([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)\s*$")
_EXISTS = re.compile(r"^\s*(!?)\s*([^\s!=,()]+)\s*$")


def by_labels(selector: str) -> Test:
    """A test from `a=b,c!=d,e in (f,g),h,!i`."""
    tests = [_label_test(part) for part in re.split(r",(?![^(]*\))", selector) if part.strip()]
    return lambda manifest: all(test(manifest.get("metadata", {}).get("labels") or {}) for test in tests)


def _label_test(part: str) -> Callable[[Mapping[str, str]], bool]:
    if found := _SET.match(part):
        key, op, values = found[1], found[2], {value.strip() for value in found[3].split(",")}
        if op == "in":
            return lambda labels: key in labels and labels[key] in values
        return lambda labels: labels.get(key) not in values
    if found := _EQUAL.match(part):
        key, op, value = found[1], found[2], found[3]
        if op == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if found := _EXISTS.match(part):
        wanted, key = not found[1], found[2]
        return lambda labels: (key in labels) is wanted
    raise bad_request(f"unable to parse requirement: {part!r}")


def by_selector(selector: Manifest | None) -> Test:
    """A test from a manifest's own selector: matchLabels and matchExpressions, or plain labels."""
    if selector is None:
        return lambda _: False
    plain = selector if not {"matchLabels", "matchExpressions"} & selector.keys() else selector.get("matchLabels", {})
    rules = selector.get("matchExpressions", []) if isinstance(selector.get("matchExpressions"), list) else []

    def test(manifest: Manifest) -> bool:
        labels = manifest.get("metadata", {}).get("labels") or {}
        return all(labels.get(key) == value for key, value in plain.items()) and all(_rule(r, labels) for r in rules)

    return test


def _rule(rule: Manifest, labels: Mapping[str, str]) -> bool:
    key, values = rule["key"], rule.get("values", [])
    match rule["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels


_FIELDS: Mapping[str, frozenset[str]] = {
    "Pod": frozenset(
        {
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        }
    ),
    "Event": frozenset(
        {
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        }
    ),
    "Node": frozenset({"spec.unschedulable"}),
    "Namespace": frozenset({"status.phase"}),
    "Job": frozenset({"status.successful"}),
    "ReplicaSet": frozenset({"status.replicas"}),
    "Secret": frozenset({"type"}),
}


def by_fields(selector: str, kind: Kind) -> Test:
    """A test from `metadata.name=x,status.phase!=Running`."""
    tests = []
    for part in selector.split(","):
        if not part.strip():
            continue
        found = re.match(r"^\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*$", part)
        if not found:
            raise bad_request(f"invalid selector: '{part}'; can't understand '{part}'")
        path = found[1]
        allowed = {"metadata.name", "metadata.namespace"} | _FIELDS.get(kind.kind, frozenset())
        if path not in allowed:
            raise bad_request(f"field label not supported: {path}")
        tests.append((path, found[2] != "!=", found[3]))
    return lambda manifest: all((_field(manifest, path) == value) is equal for path, equal, value in tests)


def _field(manifest: Any, path: str) -> str:
    if path == "source":
        return str((manifest.get("source") or {}).get("component", ""))
    if path == "status.successful":
        return str((manifest.get("status") or {}).get("succeeded", 0))
    here = manifest
    for step in path.split("."):
        here = here.get(step) if isinstance(here, dict) else None
        if here is None:
            return "false" if path in ("spec.unschedulable", "spec.hostNetwork") else ""
    return str(here).lower() if isinstance(here, bool) else str(here)
