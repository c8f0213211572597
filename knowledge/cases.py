"""Reads a ticket as a case: what was seen, why it was so, what helped. By rules, or by lines that a brain names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

from knowledge.passage import Document, KnownCase
from knowledge.trust import visible

Part = Literal["symptom", "cause", "fix"]
PARTS: tuple[Part, ...] = get_args(Part)
LONGEST = 1200
MOST_LINES = 200
LEAD = 5
_NAMES: dict[Part, str] = {
    "symptom": r"symptoms?|impact|what happened|what was seen|summary|problem(?: statement)?|description|meaning|"
    r"现象|故障现象|问题现象|问题描述|影响|含义|背景",
    "cause": r"(?:root )?causes?|root cause analysis|rca|why(?: it happened)?|reasons?|"
    r"原因|根因|根本原因|故障原因|原因分析|问题原因",
    "fix": r"fix(?:es)?|resolution|resolved by|mitigations?|solution|workaround|remediation|"
    r"how (?:we|it was) fixed|what helped|"
    r"解决|解决方案|解决办法|解决方法|处理|处理方法|处理过程|恢复|缓解|修复|处置",
}
_ANY = {part: re.compile(rf"^(?:{names})\s*[?？]?$", re.IGNORECASE) for part, names in _NAMES.items()}
_HEADING = re.compile(r"^\s*(?:#{1,6}\s+(?P<hashed>.+?)|\*\*(?P<bold>[^*]+)\*\*)\s*[:：]?\s*$")
_LABEL = re.compile(
    r"^\s*(?:[-*]\s+)?(?:\*\*|__)?(?P<name>[\w \u4e00-\u9fff]{2,30}?)(?:\*\*|__)?\s*[:：](?:\*\*|__)?\s*(?P<rest>\S.*)$"
)
_ALERT = re.compile(
    r"\b(?:[A-Z][a-z0-9]+|[A-Z]{2,5}(?=[A-Z])){2,8}\b",
)
_ALERT_WORDS = re.compile(
    r"(?:High|Low|Down|Full|Failed|Failing|Failure|Errors?|Missing|Absent|Slow|Stuck|Crash\w*|Looping|Mismatch|Pressure|"
    r"Expir\w+|Lag\w*|Burn|Overcommit|NotReady|Unreachable|Saturat\w+|Throttl\w+|Degraded|Unavailable|OutOf\w+|Exceeded|"
    r"Latency|Restart\w*|Exhaust\w*|Backlog|Unhealthy|Firing|Overload\w*)"
)


def _part_of(name: str) -> Part | None:
    bare = name.strip(" *_:：0123456789.、")
    return next((part for part, pattern in _ANY.items() if pattern.match(bare)), None)


def case_of(document: Document) -> KnownCase:
    """What the headings and labels of a text say. What they do not say stays empty: nothing is guessed."""
    found: dict[Part, list[str]] = {"symptom": [], "cause": [], "fix": []}
    current: Part | None = None
    lead: list[str] = []
    begun = False
    for line in document.text.splitlines():
        heading, label = _HEADING.match(line), _LABEL.match(line)
        if heading:
            current, begun = _part_of(heading["hashed"] or heading["bold"]), True
        elif label and (part := _part_of(label["name"])):
            current, begun = part, True
            found[part].append(label["rest"])
        elif current:
            found[current].append(line)
        elif line.strip() and not begun:
            lead.append(line)
    symptom = _clean(found["symptom"]) or _clean(lead[:LEAD]) or document.title
    services = tuple(dict.fromkeys(document.services))
    alerts = tuple(dict.fromkeys([*document.alerts, *alerts_in(f"{document.title}\n{document.text}")]))
    by: Literal["people", "rules"] = "people" if document.kind == "case" and document.verified else "rules"
    return KnownCase(symptom, _clean(found["cause"]), _clean(found["fix"]), services, alerts, by)


def lines_of(document: Document) -> list[str]:
    """The lines of a text that a brain may name by their number, from 1."""
    return [line for line in visible(document.text).splitlines() if line.strip()][:MOST_LINES]


def case_by_lines(document: Document, named: Mapping[Part, Sequence[int]]) -> KnownCase | None:
    """A case out of lines that a brain named. Its words are the document's own: a brain cannot put any in."""
    lines = lines_of(document)
    found = {
        part: _clean(
            _bare(lines[number - 1]) for number in sorted(set(named.get(part, ()))) if 0 < number <= len(lines)
        )
        for part in PARTS
    }
    if not (found["cause"] or found["fix"]):
        return None
    by_rules = case_of(document)
    return KnownCase(
        found["symptom"] or by_rules.symptom, found["cause"], found["fix"], by_rules.services, by_rules.alerts, "brain"
    )


def _bare(line: str) -> str:
    """Without the mark of a heading, and without the label that says which part it is."""
    label = _LABEL.match(line)
    return label["rest"] if label and _part_of(label["name"]) else line.lstrip("# ").strip()


def _clean(lines: Iterable[str]) -> str:
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit("\n", 1)[0] + " …"


def alerts_in(text: str) -> list[str]:
    """Names that are written as alerts are: KubePodCrashLooping, HighErrorRate. Not every CamelCase word is one."""
    return list(dict.fromkeys(name for name in _ALERT.findall(text[:20_000]) if _ALERT_WORDS.search(name)))[:20]
