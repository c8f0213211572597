"""Reads a ticket or a page as a case: what was seen, why it was so, what helped. By rules, and marked as such."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from knowledge.passage import Document

Part = Literal["symptom", "cause", "fix"]
LONGEST = 1200
LEAD = 5
_NAMES: dict[Part, str] = {
    "symptom": r"symptoms?|impact|what happened|summary|problem(?: statement)?|description|meaning|"
    r"现象|故障现象|问题现象|问题描述|影响|含义|背景",
    "cause": r"(?:root )?causes?|root cause analysis|rca|why(?: it happened)?|reasons?|"
    r"原因|根因|根本原因|故障原因|原因分析|问题原因",
    "fix": r"fix(?:es)?|resolution|resolved by|mitigations?|solution|workaround|remediation|how (?:we|it was) fixed|"
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


@dataclass(frozen=True, slots=True)
class KnownCase:
    """A past case. `by` says who read it so: rules, or a brain."""

    symptom: str
    cause: str
    fix: str
    services: tuple[str, ...]
    alerts: tuple[str, ...]
    by: Literal["rules", "brain", "people"] = "rules"

    @property
    def quality(self) -> float:
        """How much of a case it is, 0 to 1: one that tells no fix is of little help."""
        return 0.25 * bool(self.symptom) + 0.3 * bool(self.cause) + 0.45 * bool(self.fix)


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
    return KnownCase(symptom, _clean(found["cause"]), _clean(found["fix"]), services, alerts)


def _clean(lines: Iterable[str]) -> str:
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit("\n", 1)[0] + " …"


def alerts_in(text: str) -> list[str]:
    """Names that are written as alerts are: KubePodCrashLooping, HighErrorRate. Not every CamelCase word is one."""
    return list(dict.fromkeys(name for name in _ALERT.findall(text[:20_000]) if _ALERT_WORDS.search(name)))[:20]
