"""Is it asked what once happened, and does a page tell of something that did? Those two belong together."""

import re

_ASKED = re.compile(
    r"\b(?:before|ever|past|previous(?:ly)?|earlier|history|last time|have we|did we|incidents?|outages?|"
    r"post-?mortems?|case stud(?:y|ies)|happened|similar cases?)\b"
    r"|以前|之前|曾经|历史|上次|往期|有没有.{0,40}(?:过|事故|故障|案例)|事故|案例|复盘|类似(?:的)?(?:问题|故障|情况)|"
    r"发生过|遇到过|处理过",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"\b(?:incidents?|outages?|post-?mortems?|case stud(?:y|ies))\b|故障复盘|故障报告|事故|案例|复盘", re.IGNORECASE
)
KINDS = {"incident", "ticket", "case"}


def asks_for_the_past(question: str) -> bool:
    """「之前遇到过吗」, "have we seen this before": a case is wanted rather than a manual."""
    return bool(_ASKED.search(question))


def tells_of_the_past(kind: str, title: str) -> bool:
    """Of one occasion; a runbook is of all."""
    return kind in KINDS or bool(_TOLD.search(title))
