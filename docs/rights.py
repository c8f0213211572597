"""docs/reference/rights.md: what each account of the chart may do, read off the chart as it is rendered."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[1] / "helm"
NAMESPACE = "oncall"
WAYS: Mapping[str, Mapping[str, Any]] = {
    "The bot makes the changes": {},
    "An operator makes the changes": {"operator": {"enabled": True, "keys": "dutybot-keys"}},
}
"""What is told apart, by the values that make it."""
Rights = dict[tuple[str, str], set[str]]
"""(resource, where) -> verbs."""


def accounts(values: Mapping[str, Any], namespace: str = NAMESPACE) -> dict[str, Rights]:
    """What each ServiceAccount may do with these values."""
    found = list(_objects(values, namespace))
    roles = {(each["kind"], each["metadata"]["name"]): each["rules"] or [] for each in found if "rules" in each}
    told: dict[str, Rights] = {}
    for binding in (each for each in found if "roleRef" in each):
        where = binding["metadata"].get("namespace", "everywhere")
        where = "its own namespace" if where == namespace else where
        for subject in binding["subjects"]:
            rights = told.setdefault(subject["name"], {})
            for rule in roles[binding["roleRef"]["kind"], binding["roleRef"]["name"]]:
                for name in _named(rule):
                    rights.setdefault((name, where), set()).update(rule["verbs"])
    return told


def _objects(values: Mapping[str, Any], namespace: str) -> Iterator[dict[str, Any]]:
    import helm_python

    with helm_python.Chart.load(CHART) as chart:
        files = chart.render(dict(values), name="dutybot", namespace=namespace)
    for name, text in files.items():
        if name.endswith(".yaml"):
            yield from (
                each for each in yaml.safe_load_all(text) if each and each["kind"] != "ValidatingAdmissionPolicy"
            )


def _named(rule: Mapping[str, Any]) -> Iterator[str]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            yield f"{group}/{resource}" if group else resource


def page(made: str) -> list[str]:
    """The lines of the page."""
    told = [f"<!-- {made} -->", "# Rights", ""]
    told += [
        "What each ServiceAccount may do with the chart's default values, and nothing else: no Secrets, no RBAC,",
        "no exec. `rbac.changes`, `rbac.namespaces` and `rbac.read` narrow it. A test asks a real API server of every",
        "right there is, as `kubectl auth can-i` does, and compares the answers with this page.",
        "",
    ]
    for title, values in WAYS.items():
        told += [f"## {title}", ""]
        if values:
            told += ["The bot's changes are then held to a dry run by a ValidatingAdmissionPolicy.", ""]
        for account, rights in sorted(accounts(values).items()):
            told += [f"### Account `{account}`, {_way(values)}", ""]
            told += ["| what | may | where |", "|---|---|---|"]
            told += [
                f"| `{what}` | {', '.join(sorted(verbs))} | {where} |"
                for (what, where), verbs in sorted(rights.items())
            ]
            told += [""]
    return told


def _way(values: Mapping[str, Any]) -> str:
    return "with an operator" if values else "alone"
