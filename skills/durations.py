"""Stretches of time that end now: 1h30m, last 2 hours, 过去1小时, 最近30分钟, half an hour."""

import re
from datetime import timedelta

_SECONDS = {
    1: r"s|secs?|seconds?|秒钟?",
    60: r"m|mins?|minutes?|分钟?",
    3600: r"h|hrs?|hours?|个?小时|个?钟头",
    86400: r"d|days?|天|日",
    604800: r"w|weeks?|个?(?:周|星期|礼拜)",
    2592000: r"mo|months?|个月",
}
_COUNT = r"\d+(?:\.\d+)?|an?|one|half an?"
_PIECE = re.compile("|".join(rf"(?:(?P<n{n}>{_COUNT})\s*(?:{unit})(?![a-z]))" for n, unit in _SECONDS.items()))
_COMPACT = re.compile(r"(\d)([a-z]+)(?=\d)")
_AROUND = re.compile(
    r"^(?:in |over |for |during |within )?(?:the |在)?(?:past|last|previous|recent|过去的?|最近的?|近|前|之前|这)?\s*"
    r"(?P<core>.*?)\s*(?:之?内|以?来|之?前|里|ago|的)?$"
)
_BARE_UNIT = re.compile(
    r"^(?:(?:in |over |for |during |within )?(?:the )?(?:past|last|previous) )(second|minute|hour|day|week|month)$"
)


def parse_duration(text: str) -> timedelta | None:
    """How long before now it reaches back; None if it is no duration. Takes plain() text."""
    if bare := _BARE_UNIT.match(text):
        text = f"1 {bare[1]}"
    core = _AROUND.match(text)
    left = _COMPACT.sub(r"\1\2 ", core["core"] if core else text).strip()
    total = 0.0
    if not left:
        return None
    while left:
        piece = _PIECE.match(left)
        if piece is None:
            return None
        for seconds in _SECONDS:
            if count := piece[f"n{seconds}"]:
                total += _counted(count) * seconds
        left = re.sub(r"^(?:\s|,|and\b|又|零)+", "", left[piece.end() :])
    return timedelta(seconds=total) if 0 < total < 8e13 else None


def _counted(count: str) -> float:
    match count:
        case "a" | "an" | "one":
            return 1.0
        case "half a" | "half an":
            return 0.5
        case _:
            return float(count)
