"""A past case counts only if today's evidence shows its signs: the same kind of error, not just the same names."""

import re
from collections.abc import Iterable

from bot.domain.report import Past, Similar
from bot.think.diagnosis.families import family_of

VAGUE = frozenset({"log_error", "log_timeout", "log_fatal"})
SIGNS = re.compile(
    r"OOMKilled|ImagePullBackOff|ErrImagePull|CreateContainerConfigError|Evicted|Unschedulable|FailedScheduling"
    r"|exceeded quota|DiskPressure|MemoryPressure|NodeNotReady|not ready|maxReplicas|storage ?class|Multi-Attach"
    r"|BackoffLimitExceeded|liveness probe|readiness probe|startup probe|throttl\w+|NetworkPolicy|network policy"
    r"|no endpoints|disruption budget|webhook|内存溢出|磁盘|配额|探针|限流|网络策略|镜像",
    re.IGNORECASE,
)
VERSION = re.compile(r"\bv?\d+\.\d+\.\d+\b")


def verified(past: Iterable[Past], today: str) -> tuple[Similar, ...]:
    """Of past cases those whose signs today's evidence shows too, each once."""
    found: dict[str, Similar] = {}
    for each in past:
        signs = shared_signs(f"{each.title}\n{each.text}", today)
        if signs:
            found.setdefault(each.key or each.url or each.title, Similar(each.title, each.url, signs, each.key))
    return tuple(found.values())


def shared_signs(past: str, today: str) -> tuple[str, ...]:
    """What both tell; empty: the past case is only alike in name."""
    return tuple(sorted(_signs(past) & _signs(today)))


def _signs(text: str) -> set[str]:
    found = {each.lower() for each in SIGNS.findall(text)} | set(VERSION.findall(text))
    for line in text.splitlines():
        family = family_of(line)
        if family is not None and family.key not in VAGUE:
            found.add(family.key.removeprefix("log_"))
    return found
