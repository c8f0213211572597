"""By when something is wanted, as people and our own buttons write it: "在明天10:00前", "before tomorrow 10:00"."""

import re
from datetime import datetime, timedelta

_DAY = {
    **dict.fromkeys(("今天", "今日", "今晚", "今早", "today", "tonight"), 0),
    **dict.fromkeys(("明天", "明日", "明早", "明晚", "tomorrow"), 1),
    **dict.fromkeys(("后天", "the day after tomorrow"), 2),
}
_EVENING = re.compile(r"下午|晚上|今晚|明晚|tonight|pm")
_DAYS = "|".join(sorted(_DAY, key=len, reverse=True))
_WHOLE = r"(?P<whole>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)"
_DATE = r"(?:(?P<month>\d{1,2})[月-](?P<date>\d{1,2})日?)"
_SPOKEN = (
    rf"(?:(?:{_DATE}|(?P<day>{_DAYS}))\s*(?:at\s*)?)?(?P<part>凌晨|早上|上午|中午|下午|晚上)?\s*"
    r"(?P<hour>\d{1,2})(?:(?::(?P<minute>\d{2})|[点时](?P<half>半)?)\s*(?P<ampm>am|pm)?|\s*(?P<late>am|pm))"
    r"(?:\s*(?P<after>today|tomorrow))?"
)
DEADLINES = (
    re.compile(rf"[，,]?\s*(?:必须|须)?\s*(?:在|赶在|于)?\s*(?:{_WHOLE}|{_SPOKEN})\s*(?:之|以)?前(?:就绪|到位|完成)?"),
    re.compile(rf"[,，]?\s*(?:ready\s+)?\b(?:before|by)\s+(?:{_WHOLE}|{_SPOKEN})"),
)


def without_deadline(text: str) -> str:
    """What is wanted, without by when."""
    found = _find(text)
    return text[: found.start()] + " " + text[found.end() :] if found else text


def deadline_in(text: str, now: datetime) -> datetime | None:
    """The moment, in the zone of `now`; None where none is named. A clock alone means the next time it is so."""
    found = _find(text)
    if found is None:
        return None
    try:
        if found["whole"]:
            whole = datetime.fromisoformat(found["whole"].upper())
            return whole if whole.tzinfo else whole.replace(tzinfo=now.tzinfo)
        return _spoken(found, now)
    except ValueError:
        return None


def _find(text: str) -> re.Match[str] | None:
    low = text.lower()
    return next((found for rule in DEADLINES if (found := rule.search(low))), None)


def _spoken(found: re.Match[str], now: datetime) -> datetime:
    hour, minute = int(found["hour"]), 30 if found["half"] else int(found["minute"] or 0)
    if hour < 12 and _EVENING.search(found[0]):
        hour += 12
    at = now.replace(hour=hour % 24, minute=minute, second=0, microsecond=0) + timedelta(days=hour // 24)
    if found["month"]:
        at = at.replace(month=int(found["month"]), day=int(found["date"]))
        return at if at > now else at.replace(year=at.year + 1)
    day = found["day"] or found["after"]
    if day:
        return at + timedelta(days=_DAY[day])
    return at if at > now else at + timedelta(days=1)
