"""A stretch of time as people write it: 1h, 今天9:00-10:00, 过去1小时, yesterday 14:00, between 9 and 10, since 9am.

A moment alone means the half hour before and after it; a day or a part of a day alone means the whole of it.
Times without a day are the last such time that has begun. Nothing reaches into the future.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from skills.durations import parse_duration
from skills.errors import BadArguments
from skills.moments import Moment, parse_moment
from skills.numerals import plain

AROUND = timedelta(minutes=30)
_SPANS = (
    r"^(?:between|from)\s+(?P<a>.+?)\s+(?:and|to|till|until)\s+(?P<b>.+)$",
    r"^从?(?P<a>.+?)(?:到|至|~|～|—|–| to | until | till )(?P<b>.+)$",
    r"^(?P<a>.+?)\s+-\s+(?P<b>.+)$",
    r"^(?P<a>[^/]+t[^/]+)/(?P<b>[^/]+)$",
)
_SINCE = re.compile(
    r"^(?:since\s+(?P<a>.+)|[从自](?P<b>.+?)(?:开始|以来|起|到现在|至今)|(?P<c>.+?)(?:以来|至今|到现在|起))$"
)
_NOW = re.compile(r"^(?:now|right now|现在|此刻|当前|目前|just now|刚才|刚刚)$")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From start until end, both with their zone."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start).total_seconds()

    def before(self) -> "TimeRange":
        """The stretch of the same length that came before it: what to compare it with."""
        return TimeRange(self.start - (self.end - self.start), self.start)

    def __str__(self) -> str:
        last = f"{self.end:%H:%M}" if self.start.date() == self.end.date() else f"{self.end:%Y-%m-%d %H:%M}"
        return f"{self.start:%Y-%m-%d %H:%M}-{last} {self.end:%Z}".rstrip()


def parse_time_range(text: str, now: datetime, zone: tzinfo | None = None, most_days: float = 366) -> TimeRange:
    """Read it as someone in this zone means it.

    Raises:
        BadArguments: it is no time, lies in the future, or is longer than most_days.
    """
    here = now.astimezone(zone or now.tzinfo)
    found = _read(plain(text), here) or _by_dateparser(text, here)
    if found is None or found.end <= found.start:
        raise BadArguments("bad_time_range", text=text[:80])
    if found.start >= here:
        raise BadArguments("time_in_future", text=text[:80])
    found = TimeRange(found.start.astimezone(here.tzinfo), min(found.end, here).astimezone(here.tzinfo))
    if found.seconds > most_days * 86400 + 7200:
        raise BadArguments("time_too_long", text=text[:80], most=f"{most_days:g}")
    return found


def _read(text: str, now: datetime) -> TimeRange | None:
    if not text or len(text) > 100:
        return None
    if _NOW.match(text):
        return TimeRange(_back(now, timedelta(minutes=5)), now)
    if whole := _calendar(text, now):
        return whole
    if length := parse_duration(text):
        return TimeRange(_back(now, length), now)
    if since := _SINCE.match(text):
        inner = since["a"] or since["b"] or since["c"]
        begun = _one(inner, now, around=timedelta()) or _read_duration(inner, now)
        if begun:
            return TimeRange(begun.start, now)
    for left, right in _splits(text):
        if both := _both(left, right, now):
            return both
    return _one(text, now)


def _read_duration(text: str, now: datetime) -> TimeRange | None:
    length = parse_duration(text)
    return TimeRange(_back(now, length), now) if length else None


def _splits(text: str) -> Iterator[tuple[str, str]]:
    for pattern in _SPANS:
        if found := re.match(pattern, text):
            yield found["a"], found["b"]
    for place in [found.start() for found in re.finditer("-", text)]:
        yield text[:place], text[place + 1 :]


def _both(left: str, right: str, now: datetime) -> TimeRange | None:
    first = parse_moment(left, now.date())
    last = Moment(exact=now) if _NOW.match(right.strip()) else parse_moment(right, now.date())
    if first is None or last is None:
        return None
    if first.exact or last.exact:
        start, end = _at(first, now, now.date()), _at(last, now, now.date(), ending=True)
        return TimeRange(start, end) if start < end else None
    first, last = _share_halves(first, last)
    dated = first.day or last.day
    day = first.day or last.day or now.date()
    start = _at(first, now, day)
    end = _at(last, now, last.day or day, ending=True)
    if end <= start and last.day is None:
        end = _at(last, now, day + timedelta(days=1), ending=True)
    if dated is None and start > now:
        start, end = _a_day_less(start), _a_day_less(end)
    return TimeRange(start, end) if start < end else None


def _share_halves(first: Moment, last: Moment) -> tuple[Moment, Moment]:
    """下午3点到5点 and 3-5pm: one word on morning or afternoon serves both ends."""
    if not (first.clock and last.clock):
        return first, last
    morning, noon = first.clock.hour < 12, first.part == (18, 24) and last.clock == time(12)
    if noon and last.part is None:
        return first, replace(last, clock=time())
    later = last.clock.hour + 12 if 0 < last.clock.hour < 12 and last.day is None else 0
    if first.fixed and not last.fixed and not morning and later > first.clock.hour:
        return first, replace(last, clock=last.clock.replace(hour=later))
    if last.fixed and not first.fixed and morning and first.bare and first.clock.hour + 12 <= last.clock.hour:
        return replace(first, clock=first.clock.replace(hour=first.clock.hour + 12)), last
    return first, last


def _one(text: str, now: datetime, around: timedelta = AROUND) -> TimeRange | None:
    moment = parse_moment(text, now.date())
    if moment is None or moment.bare:
        return None
    if moment.exact is None and moment.clock is None:
        day = moment.day or now.date()
        return TimeRange(_at(moment, now, day), _at(moment, now, day, ending=True))
    at = _at(moment, now, moment.day or now.date())
    if moment.day is None and moment.exact is None and at > now:
        at = _a_day_less(at)
    if at > now:
        return TimeRange(at, at + AROUND)
    return TimeRange(at - around, at + around) if around else TimeRange(at, now)


def _at(moment: Moment, now: datetime, day: date, ending: bool = False) -> datetime:
    if moment.exact:
        return moment.exact
    day = moment.day or day
    if moment.clock:
        return datetime.combine(day, moment.clock, now.tzinfo)
    hour = (moment.part or (0, 24))[ending]
    return datetime.combine(day + timedelta(days=hour // 24), time(hour % 24), now.tzinfo)


def _calendar(text: str, now: datetime) -> TimeRange | None:
    """Whole weeks and months."""
    today = now.date()
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    match re.sub(r"\s|个|的", "", text):
        case "thisweek" | "本周" | "这周" | "本星期":
            return _days(monday, monday + timedelta(days=7), now)
        case "lastweek" | "上周" | "上星期":
            return _days(monday - timedelta(days=7), monday, now)
        case "thismonth" | "本月" | "这月":
            return _days(first, (first + timedelta(days=32)).replace(day=1), now)
        case "lastmonth" | "上月":
            return _days((first - timedelta(days=1)).replace(day=1), first, now)
        case _:
            return None


def _days(start: date, end: date, now: datetime) -> TimeRange:
    return TimeRange(datetime.combine(start, time(), now.tzinfo), datetime.combine(end, time(), now.tzinfo))


def _a_day_less(moment: datetime) -> datetime:
    return datetime.combine(moment.date() - timedelta(days=1), moment.timetz())


def _back(now: datetime, length: timedelta) -> datetime:
    try:
        return (now.astimezone(UTC) - length).astimezone(now.tzinfo)
    except OverflowError:
        return datetime(1970, 1, 2, tzinfo=UTC)


def _by_dateparser(text: str, now: datetime) -> TimeRange | None:
    """What our rules do not know, such as "Nov 20 at 3pm", is left to dateparser."""
    if not re.search(r"\d", text) or not re.search(r"[^\W\d_]{3}|[月日号]|[/.:]", text) or len(text) > 60:
        return None
    import dateparser  # half a second to import

    zone = {"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "past", "REQUIRE_PARTS": ["day"]}
    try:
        at = dateparser.parse(text, languages=["en", "zh"], settings=zone)
    except (ValueError, OverflowError, TypeError):
        return None
    if at is None or not 1971 < at.year < 2200:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=now.tzinfo)
    if at.time() == time():
        return TimeRange(at, at + timedelta(days=1))
    return TimeRange(at - AROUND, at + AROUND)
