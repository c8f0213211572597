"""Known sentences whose words would read like orders, told as the facts that they are."""

import re

_TEMPLATES = tuple(
    (re.compile(pattern, re.IGNORECASE), told)
    for pattern, told in (
        (r"\b(\d+) ?= ?\1\b", " "),
        (r"\bfrom (\d[\d.,:]*\w{0,3}%?) to (\d[\d.,:]*\w{0,3}%?)", r"\1 → \2"),
        (r"\b(\d{1,6}) of (\d{1,6})\b", r"\1/\2"),
        (r"(?m)^[ \t]*(?:step )?\d{1,2}[.)](?=\s)", " "),  # the numbers of a list: the shape of a plan, not a fact
        (r"back-?off restarting failed container\b(?: \S+ in pod \S+)?", "BackOff: container failed"),
        (r"back-?off pulling image", "BackOff: image"),
        (r"(?:restarted|restart count:?) (\d+)(?: times?)?", r"restarts \1"),
        (r"(\d+) restarts?\b", r"restarts \1"),
        (r"重启(?:了|过)? ?(\d+) ?次", r"重启次数 \1"),
        (r"scaled (up|down) replica set (\S+)(?: from (\d+))? to (\d+)", r"replica set \2 \1 \3 to \4"),
        (r"(?:stopping|killing) container", "container stopped"),
        (r"failed to pull image", "image failed"),
        (r"failed to create pod sandbox", "pod sandbox failed"),
        (r"(\d+)/(\d+) nodes are available", r"nodes available \1/\2"),
        (r"(liveness|readiness|startup) probe failed", r"\1 probe failed"),
        (r"\bdial (tcp|udp)\b", r"\1"),
        (r": connect: connection refused", ": connection refused"),
        (r"connection reset by peer", "connection failed by peer"),
    )
)


def templated(text: str) -> str:
    """The same with these sentences in other words; numbers and names in them stay what they are."""
    for pattern, told in _TEMPLATES:
        text = pattern.sub(told, text)
    return text
