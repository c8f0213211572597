"""Error lines in the logs, by family; the true line is kept, and what it blames is followed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.cluster import condition
from bot.think.diagnosis.families import Family, family_of, hosts_in
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.neighbours import resolve
from bot.think.diagnosis.sight import LogLine, Sight
from bot.think.diagnosis.stacks import shortened

BEFORE = 3600.0
CALM_AFTER = 900.0
MOST_LINES = 200_000
NOT_A_LOG = re.compile(r"^(Command `kubectl|Error from server)|a container name must be specified")
TOOK = re.compile(r"(\d+(?:\.\d+)?)\s?(ms|milliseconds|s|secs?|seconds|秒|毫秒)(?![\w])")
CALLS = re.compile(
    r"database|\bdb\b|query|sql|select|call|request|rpc|redis|upstream|数据库|查询|调用|请求", re.IGNORECASE
)


@dataclass
class Heard:
    """What one subject said of one family."""

    family: Family
    lines: list[LogLine] = field(default_factory=list)
    count: int = 0
    before: int = 0
    """How many of them came before the fault."""


SURGE = 3
MANY = 10
LEAD = 900.0


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    heard: dict[tuple[Subject, str], Heard] = {}
    newest: dict[Subject, float] = {}
    for line in sight.lines[-MOST_LINES:]:
        subject = subject_of(line)
        if subject is None or NOT_A_LOG.search(line.text):
            continue
        newest[subject] = max(newest.get(subject, 0.0), line.at)
        family = family_of(line.text)
        if family is not None:
            kept = heard.setdefault((subject, family.key), Heard(family))
            kept.count += 1
            kept.before += line.at < sight.start - LEAD
            kept.lines = [*kept.lines[-4:], line]
    for (subject, _), one in heard.items():
        yield _finding(sight, subject, one, newest[subject])
    yield from _slow(sight)


def subject_of(line: LogLine) -> Subject | None:
    labels = line.labels
    space = labels.get("namespace", "")
    if "pod" in labels:
        return Subject("Pod", space, labels["pod"])
    if "dbinstance_identifier" in labels:
        return Subject("DBInstance", "", labels["dbinstance_identifier"])
    name = labels.get("service_name") or labels.get("service") or labels.get("app") or ""
    return Subject("Service", space, name) if name else None


def _finding(sight: Sight, subject: Subject, heard: Heard, newest: float) -> Finding:
    last, family = heard.lines[-1], heard.family
    blames = _blames(sight, subject, heard.lines) if family.symptom else ()
    if family.key == "log_dns":
        blames = (*blames, *_name_servers(sight))
    target = ", ".join(str(one) for one in blames) or ", ".join(hosts_in(last.text)[:2])
    known = "named" if target else "unnamed"
    values = {
        "name": subject.name,
        "line": shortened(last.text, 400),
        "count": str(heard.count),
        "target": target or "?",
        "goal": f"log_goal_{known}",
        "where": f"log_where_{known}",
    }
    lines = list(dict.fromkeys(line.text for line in heard.lines[-3:]))
    proofs = tuple(Proof(last.query, shortened(text, 400), last.at) for text in lines)
    old = last.at < sight.start - BEFORE
    surging = _surging(sight, heard)
    well = _well(sight, subject)
    past = newest - last.at > CALM_AFTER
    over = well and (past or sight.now - last.at > CALM_AFTER * 4)
    return Finding(
        subject,
        family.key,
        family.category,
        _weight(family, old, well and family.symptom and not surging, surging and heard.count - heard.before >= MANY),
        values,
        proofs,
        at=heard.lines[0].at,
        symptom=family.symptom,
        settled=over,
        past=past,
        points_to=blames,
        action="rollout_restart" if family.key == "log_pool" else "",
    )


def _weight(family: Family, old: bool, usual: bool, many: bool) -> float:
    """Less where it is old, or is heard of what is well; more where very many came at once."""
    weight = family.weight * (0.5 if old else 1.0) * (0.6 if usual else 1.0)
    return weight + 0.1 * (1 - weight) if many and not old else weight


def _surging(sight: Sight, heard: Heard) -> bool:
    """New, or at least three times as dense as in the hour before."""
    since = heard.count - heard.before
    span = max(60.0, sight.now - (sight.start - LEAD))
    return since >= SURGE and since / span >= 3 * heard.before / (BEFORE - LEAD)


def _blames(sight: Sight, subject: Subject, lines: list[LogLine]) -> tuple[Subject, ...]:
    own = sight.cluster.owner(subject)
    found = [one for line in lines for host in hosts_in(line.text) for one in resolve(sight, host, subject.namespace)]
    return tuple(dict.fromkeys(one for one in found if one not in (own, subject)))


def _name_servers(sight: Sight) -> tuple[Subject, ...]:
    """The cluster's own DNS: to blame if it is itself in trouble."""
    return tuple(
        one.subject
        for one in sight.cluster.all("Deployment", "DaemonSet")
        if one.labels.get("k8s-app") == "kube-dns"
        or one.name in ("coredns", "kube-dns", "node-local-dns", "dns-default")
    )


def _well(sight: Sight, subject: Subject) -> bool:
    pod = sight.cluster.find("Pod", subject.namespace, subject.name) if subject.kind == "Pod" else None
    return pod is not None and condition(pod, "Ready").get("status") == "True"


def _slow(sight: Sight) -> Iterator[Finding]:
    """Calls that the log itself says took long."""
    slow: dict[Subject, list[tuple[float, LogLine]]] = {}
    for line in sight.lines[-MOST_LINES:]:
        found = TOOK.search(line.text, 0, 1000)
        subject = subject_of(line) if found else None
        if found is None or subject is None or not CALLS.search(line.text[max(0, found.start() - 80) : found.start()]):
            continue
        if family_of(line.text) is not None:
            continue
        took = float(found[1]) / (1000 if found[2] in ("ms", "milliseconds", "毫秒") else 1)
        if took >= 1.0:
            slow.setdefault(subject, []).append((took, line))
    for subject, calls in slow.items():
        worst, line = max(calls, key=lambda one: one[0])
        values = {
            "name": subject.name,
            "line": shortened(line.text, 300),
            "took": f"{worst:g}",
            "count": str(len(calls)),
        }
        told = list(dict.fromkeys(one.text for _, one in sorted(calls, key=lambda one: -one[0])[:3]))
        proofs = tuple(Proof(line.query, shortened(text, 300), line.at) for text in told)
        weight = 0.65 if len(calls) >= 2 and worst >= 2 else 0.35
        yield Finding(subject, "log_slow_calls", Category.DEPENDENCY, weight, values, proofs, at=calls[0][1].at)
