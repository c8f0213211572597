"""Searches the ledger as people ask: "who restarted order-service yesterday?", 昨天谁重启了 order-service？"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from bot.domain.record import AuditRecord
from skills.errors import BadArguments
from skills.timerange import TimeRange, parse_time_range

DEEDS: tuple[tuple[str, str], ...] = (
    (r"restart(?:ed)?|bounced|重启", "restart"),
    (r"scaled?(?:\s+(?:up|down|in|out))?|扩容|缩容", "scale"),
    (r"roll(?:ed)?\s*back|rollback|reverted|回滚", "undo|rollback|roll_back"),
    (r"uncordon(?:ed)?|恢复调度", "uncordon"),
    (r"cordon(?:ed)?|停止调度|封锁", r"\bcordon|\.cordon"),
    (r"drain(?:ed)?|排空", "drain"),
    (r"silenced|静默", "silence"),
    (r"chang(?:ed|e)|touched|modified|did(?:\s+what\s+to)?|改动|变更|修改|改|动|操作", ""),
)
_DEED = "|".join(deed for deed, _ in DEEDS)
_EN = re.compile(rf"^\W*who\s+(?:has\s+|had\s+)?(?P<deed>{_DEED})\b(?P<rest>.*)$", re.DOTALL)
_ZH = re.compile(
    rf"^(?P<before>.{{0,24}}?)(?:是)?谁(?P<between>.{{0,24}}?)(?P<deed>{_DEED})"
    r"(?:了|过|的)?(?P<rest>.*)$",
    re.DOTALL,
)
_NAME = re.compile(r"[a-z0-9][a-z0-9.\-/]*[a-z0-9]")
_LITTLE = re.compile(
    r"^(?:the|a|it|any(?:thing)?|some(?:thing)?|service|deployment|pod|last|past|since|between|and|in|on|at|by|to|from|of|for)$"
)
_ENDS = re.compile(r"^(?:[\W的了过]|(?:the|a|service|deployment|pod)\b)+|[\W的了过]+$")
_DONE = frozenset({"result", "undo result"})
WEEK = timedelta(days=7)
MOST = 20


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is asked for: a deed (a pattern of actions), on what, and when."""

    deed: str
    name: str
    when: TimeRange


def read_question(text: str, now: datetime) -> Recalled | None:
    """None: this does not ask who did something."""
    low = text.strip().rstrip("?？。.! ").lower()
    found = _EN.match(low) or _ZH.match(low)
    if found is None:
        return None
    parts = found.groupdict()
    rest = " ".join(filter(None, (parts.get("before"), parts.get("between"), parts["rest"])))
    deed = next(pattern for words, pattern in DEEDS if re.fullmatch(words, found["deed"]))
    return _asked(deed, rest, now) if deed else None


def read_order(text: str, now: datetime) -> Recalled:
    """/audit [NAME] [WHEN]: every change to it; or the question in words."""
    rest = text.partition(" ")[2].strip()
    return read_question(rest, now) or _asked("", rest.lower(), now)


def _asked(deed: str, rest: str, now: datetime) -> Recalled:
    names = [each for each in _NAME.findall(rest) if re.search(r"[a-z]", each) and not _LITTLE.match(each)]
    for name in ["", *names]:
        when = _when(_ENDS.sub("", rest.replace(name, " ", 1) if name else rest), now)
        if when is not None:
            return Recalled(deed, name, when)
    return Recalled(deed, names[0] if names else "", TimeRange(now - WEEK, now))


def _when(text: str, now: datetime) -> TimeRange | None:
    try:
        return parse_time_range(text, now) if text else None
    except BadArguments:
        return None


def recalled(records: Iterable[AuditRecord], asked: Recalled) -> Iterator[AuditRecord]:
    """The changes that fit, each with those who gave leave, as far as they stand before it."""
    leave: dict[str, list[str]] = {}
    for record in records:
        if record.did == "decided" and record.outcome == "approved":
            leave.setdefault(record.to, []).append(record.who)
        if record.did in _DONE and fits(record, asked):
            givers = leave.get(record.leave.partition(" ")[0], [])
            yield replace(record, facts={**record.facts, "approved_by": ", ".join(givers)})


def fits(record: AuditRecord, asked: Recalled) -> bool:
    """Whether this change is meant."""
    action, _, target = record.to.partition(" ")
    named = (
        not asked.name
        or re.search(rf"(?:^|[/ ]){re.escape(asked.name)}(?:$|[/ ]|-[0-9a-z]{{5,10}}-[0-9a-z]{{5}}$)", target)
        is not None
    )
    return named and re.search(asked.deed, action) is not None and asked.when.start <= record.at <= asked.when.end


def row(record: AuditRecord, zone: tzinfo) -> tuple[str, ...]:
    """When, who, what, by whose leave, and what came of it."""
    return (
        f"{record.at.astimezone(zone):%Y-%m-%d %H:%M}",
        record.who.rpartition(":")[2],
        record.to,
        str(record.facts.get("approved_by", "")) or "—",
        record.outcome[:120],
    )
