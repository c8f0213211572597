"""Writes docs/reference/alerts.md: every alert of the chart in both languages, with its runbook."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
RULES = ROOT / "helm" / "rules"
RUNBOOKS = ROOT / "docs" / "runbooks"


def alerts() -> dict[str, list[dict[str, Any]]]:
    """Group -> its alerts, as the files of rules have them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(RULES.glob("*.yaml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            listed = [rule for rule in group["rules"] if "alert" in rule]
            if listed:
                found.setdefault(path.stem, []).extend(listed)
    return found


def page(made: str) -> list[str]:
    """The page's lines."""
    lines = [f"<!-- {made} -->", "# Alerts", ""]
    lines += [
        "Those of the chart (`prometheusRule`), by the groups that can be chosen; each leads to its runbook, in both",
        "languages. What stands like `pod` is filled in by Prometheus.",
        "",
    ]
    left = {path.stem for path in RUNBOOKS.glob("*.md")}
    for group, listed in alerts().items():
        lines += [f"## {group}", "", "| alert | severity | waits | it means | 含义 |", "|---|---|---|---|---|"]
        for rule in listed:
            told = rule["annotations"]
            row = (_link(rule["alert"]), rule["labels"]["severity"], rule.get("for", "—"), _cell(told["description"]))
            lines.append(f"| {' | '.join(row)} | {_cell(told['description_zh'])} |")
            left.discard(rule["alert"])
        lines.append("")
    if left:
        lines += [
            "## From your own service levels",
            "",
            f"By the chart's `slos`: {', '.join(map(_link, sorted(left)))}.",
        ]
    return lines


def _link(name: str) -> str:
    return f"[{name}](../runbooks/{name}.md)"


def _cell(text: str) -> str:
    text = re.sub(r"\{\{ \$(?:labels\.)?(\w+)[^}]*\}\}", r"`\1`", text)
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
