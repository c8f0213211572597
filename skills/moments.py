"""One moment as people write it: a day, a time of day, or both: 昨天下午3点, yesterday 14:00, 2026-11-20, 上周一."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY_SIGNS = "一二三四五六日"
_PARTS = {
    r"凌晨|small hours": (0, 6),
    r"早上|早晨|清晨|早|morning": (5, 12),
    r"上午": (6, 12),
    r"中午|noon time": (11, 14),
    r"下午|afternoon": (12, 18),
    r"傍晚": (17, 20),
    r"晚上|夜里|夜间|深夜|晚|evening|night": (18, 24),
}
_EXPANDED = (
    (r"昨晚|昨夜|last night", "昨天晚上"),
    (r"今晚|tonight", "今天晚上"),
    (r"今早|今晨|this morning", "今天早上"),
    (r"this (afternoon|evening)", r"今天\1"),
    (r"the day before yesterday", "前天"),
    (r"\bnoon\b|正午", "12:00"),
    (r"\bmidnight\b|午夜|零点", "0:00"),
    (r"大前天", "3天前"),
)
_CLOCK = re.compile(
    r"(?P<h>\d{1,2})(?:"
    r":(?P<m>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?\s*(?P<ampm>[ap]\.?m\.?)?"
    r"|\s*(?P<ampm2>[ap]\.?m\.?)|\s*o'?clock"
    r"|\s*[点點时時](?P<zh>半|整|钟|1刻|3刻|\d{1,2}分?)?(?:左右)?)"
)
_SMALL_WORDS = re.compile(r"^(?:at|on|in the|the|t|from|around|about|大约)\b|\b(?:at|on|in the)$")
_MINUTES = {"半": 30, "1刻": 15, "3刻": 45, "整": 0, "钟": 0}


@dataclass(frozen=True, slots=True)
class Moment:
    """What was written of it; the rest is taken from the other end of the range, or from today."""

    day: date | None = None
    clock: time | None = None
    part: tuple[int, int] | None = None
    """Hours of the day, as 12-18 for an afternoon."""
    fixed: bool = False
    """The clock is on 24 hours or says am or pm."""
    bare: bool = False
    """The clock is but a number."""
    exact: datetime | None = None
    """Written whole, with its zone."""


def parse_moment(text: str, today: date) -> Moment | None:
    """None if it is no moment that we know. Takes plain() text."""
    text = text.strip(" ,的")
    if exact := _exact(text):
        return exact
    for pattern, full in _EXPANDED:
        text = re.sub(pattern, full, text)
    day, rest = _day(text, today)
    part, rest = _part(rest)
    rest = re.sub(
        r"^(?:at|on|in the|the|t|from|around|about|大约)\b|\b(?:at|on|in the)$", "", rest.strip(" ,的")
    ).strip(" ,的")
    if not rest:
        return Moment(day, part=part) if day or part else None
    return _with_clock(day, part, rest)


def _exact(text: str) -> Moment | None:
    if re.fullmatch(r"1\d{9}", text):
        return Moment(exact=datetime.fromtimestamp(int(text)).astimezone())
    if not re.match(r"\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}", text):
        return None
    try:
        written = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    if written.tzinfo:
        return Moment(exact=written)
    return Moment(written.date(), written.time(), fixed=True)


def _with_clock(day: date | None, part: tuple[int, int] | None, rest: str) -> Moment | None:
    if bare := re.fullmatch(r"\d{1,2}", rest):
        hour, minute, second, ampm, is_bare = int(bare[0]), 0, 0, "", True
    elif clock := _CLOCK.fullmatch(rest):
        hour, second, is_bare = int(clock["h"]), int(clock["s"] or 0), False
        zh = clock["zh"] or ""
        minute = int(clock["m"] or 0) if not zh else _MINUTES.get(zh, int(re.sub(r"\D", "", zh) or 0))
        ampm = (clock["ampm"] or clock["ampm2"] or "").replace(".", "")
    else:
        return None
    if ampm:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if ampm == "pm" else 0)
    elif part and hour <= 12:
        hour = _hour_of(part, hour)
    if hour == 24 and minute == 0:
        day, hour = (day + timedelta(days=1) if day else day), 0
    if hour > 23 or minute > 59 or second > 59:
        return None
    return Moment(day, time(hour, minute, second), part, bool(ampm or part or hour > 12), is_bare and not (part or day))


def _hour_of(part: tuple[int, int], hour: int) -> int:
    """3 in the afternoon is 15; 12 at night is 24; 11 at noon stays 11."""
    if part == (18, 24) and hour <= 5:
        return hour + 24 if hour == 0 else hour
    if part[0] >= 11 and hour < 11:
        return hour + 12
    if part == (18, 24) and hour >= 11:
        return hour + 12
    return 0 if part == (0, 6) and hour == 12 else hour


def _part(text: str) -> tuple[tuple[int, int] | None, str]:
    for words, hours in _PARTS.items():
        if found := re.search(rf"(?:in the )?(?:{words})", text):
            return hours, text[: found.start()] + " " + text[found.end() :]
    return None, text


def _day(text: str, today: date) -> tuple[date | None, str]:
    for pattern, find in _DAYS:
        if found := re.search(pattern, text):
            try:
                day = find(found, today)
            except (ValueError, OverflowError):
                return None, "?"
            return day, text[: found.start()] + " " + text[found.end() :]
    return None, text


def _weekday(found: re.Match[str], today: date) -> date:
    weeks = {"上上": 2, "上": 1}.get(found[1] or "", 0)
    number = "一二三四五六日天".index(found[2]) if not found[2].isdigit() else int(found[2]) - 1
    monday = today - timedelta(days=today.weekday(), weeks=weeks)
    day = monday + timedelta(days=min(number, 6))
    return day if found[1] or day <= today else day - timedelta(weeks=1)


def _english_weekday(found: re.Match[str], today: date) -> date:
    back = (today.weekday() - _WEEKDAYS.index(found[2][:3])) % 7
    return today - timedelta(days=back or (7 if found[1] else 0))


def _month_and_day(month: int, day: int, today: date) -> date:
    written = date(today.year, month, day)
    return written if written <= today else date(today.year - 1, month, day)


_DAYS: tuple[tuple[str, Callable[[re.Match[str], date], date]], ...] = (
    (r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})[日号]?", lambda m, _: date(int(m[1]), int(m[2]), int(m[3]))),
    (r"(?:今年)?(\d{1,2})月(\d{1,2})[日号]?", lambda m, today: _month_and_day(int(m[1]), int(m[2]), today)),
    (r"(?<![\d:])(\d{1,2})[-/](\d{1,2})(?=\s+\d{1,2}:)", lambda m, today: _month_and_day(int(m[1]), int(m[2]), today)),
    (r"(\d{1,4})\s*(?:天前|days? ago)", lambda m, today: today - timedelta(days=int(m[1]))),
    (r"今天|今日|当天|\btoday\b", lambda _, today: today),
    (r"昨天|昨日|\byesterday\b", lambda _, today: today - timedelta(days=1)),
    (r"前天|前日", lambda _, today: today - timedelta(days=2)),
    (r"(上上|上|这|本)?个?(?:周|星期|礼拜)([一二三四五六日天1-7])", _weekday),
    (
        r"\b(last |this )?((?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun)\b",
        _english_weekday,
    ),
)
