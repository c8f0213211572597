"""What a question about capacity wants: of what, how many days ahead, or the whole report."""

import re
from typing import Any

from bot.think.scripted.names import COMMON, WORD, written_in

TARGETS = (
    ("volume", r"存储|磁盘|\bpvcs?\b|\bvolumes?\b|\bdisks?\b|\bstorage\b"),
    ("namespace", r"命名空间|配额|\bnamespaces?\b|\bquotas?\b"),
    ("pool", r"节点池|\b(?:node\s*)?pools?\b"),
    ("workload", r"工作负载|\bworkloads?\b|\bdeployments?\b|\breplicas\b|副本"),
    ("node", r"(?:哪个|每个|各个?)\s*节点|\bnodes?\b(?!\s*(?:to add|needed))"),
)
"""Which node is full is asked of nodes; how many nodes are to be added is asked of the cluster."""
ADDING = re.compile(r"加.{0,4}节点|(?:add|more|need\w*|enough)\b.*\bnodes?|扩容")
REPORT = re.compile(r"报告|周报|\breport\b")
NUMERALS = {sign: number for number, sign in enumerate("一二三四五六七八九十", 1)} | {"两": 2, "a": 1, "one": 1}
WEEKS = re.compile(r"(\d+|[一二两三]|a|one|two)\s*(?:个)?(?:周|星期|weeks?)|下周|next week")
DAYS = re.compile(r"(\d+|[一二两三四五六七八九十])\s*(?:d\b|天|日\b|days?)|(?<![\w.-])(\d{1,2})\s*$")
MOST_DAYS = 14


def read_capacity(text: str) -> tuple[str, dict[str, Any]]:
    """The action and its arguments."""
    low = text.lower()
    days = _days(low)
    ahead = {"days": days} if days else {}
    if REPORT.search(low):
        return "capacity.capacity_report", ahead
    target = (
        "cluster" if ADDING.search(low) else next((name for name, rule in TARGETS if re.search(rule, low)), "cluster")
    )
    name = _name(low) if target != "cluster" else ""
    return "capacity.forecast_capacity", {"target": target, **({"name": name} if name else {}), **ahead}


def _days(text: str) -> int:
    """0 where none are named."""
    if found := WEEKS.search(text):
        return min(MOST_DAYS, 7 * (_number(found.group(1)) if found.group(1) else 1))
    found = DAYS.search(text)
    return min(MOST_DAYS, _number(found.group(1) or found.group(2))) if found else 0


def _number(text: str) -> int:
    return int(text) if text.isdigit() else NUMERALS.get(text, 2)


def _name(text: str) -> str:
    """The thing that is named: as the cluster writes it, or the plain word behind its kind."""
    written = written_in(text)
    behind = re.search(
        r"(?:volume|pvc|namespace|workload|deployment|pool|node|命名空间|工作负载|节点池|节点|存储卷)s?\s+([a-z0-9][a-z0-9.-]*)",
        text,
    )
    before = re.search(r"([a-z][a-z0-9.-]*)\s*(?:命名空间|namespace|工作负载|节点池|节点)", text)
    plain = next((each.group(1) for each in (behind, before) if each), "")
    plain = plain if WORD.fullmatch(plain) and plain not in COMMON else ""
    return written or plain
