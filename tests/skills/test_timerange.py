"""Times as people write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills import BadArguments
from skills.timerange import TimeRange, parse_time_range

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 20, 0, tzinfo=SHANGHAI)  # a Sunday


def read(text: str, now: datetime = NOW) -> str:
    found = parse_time_range(text, now)
    return f"{found.start:%m-%d %H:%M} {found.end:%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1h", "11-22 19:00 11-22 20:00"),
        ("30m", "11-22 19:30 11-22 20:00"),
        ("7d", "11-15 20:00 11-22 20:00"),
        ("1h30m", "11-22 18:30 11-22 20:00"),
        ("90 min", "11-22 18:30 11-22 20:00"),
        ("过去1小时", "11-22 19:00 11-22 20:00"),
        ("过去一小时", "11-22 19:00 11-22 20:00"),
        ("过去两个小时", "11-22 18:00 11-22 20:00"),
        ("最近30分钟", "11-22 19:30 11-22 20:00"),
        ("最近半小时", "11-22 19:30 11-22 20:00"),
        ("近一个半小时", "11-22 18:30 11-22 20:00"),
        ("最近十五分钟内", "11-22 19:45 11-22 20:00"),
        ("过去24小时", "11-21 20:00 11-22 20:00"),
        ("过去三天", "11-19 20:00 11-22 20:00"),
        ("2小时前", "11-22 18:00 11-22 20:00"),
        ("last 2 hours", "11-22 18:00 11-22 20:00"),
        ("in the last hour", "11-22 19:00 11-22 20:00"),
        ("past 15 minutes", "11-22 19:45 11-22 20:00"),
        ("half an hour", "11-22 19:30 11-22 20:00"),
        ("last day", "11-21 20:00 11-22 20:00"),
        ("今天9:00-10:00", "11-22 09:00 11-22 10:00"),
        ("今天9:00~10:00", "11-22 09:00 11-22 10:00"),
        ("今天 9点到10点", "11-22 09:00 11-22 10:00"),
        ("今天9点-10点", "11-22 09:00 11-22 10:00"),
        ("今天９：００－１０：００", "11-22 09:00 11-22 10:00"),
        ("昨天下午3点到5点", "11-21 15:00 11-21 17:00"),
        ("昨天下午三点半到五点", "11-21 15:30 11-21 17:00"),
        ("昨天上午10点到下午2点", "11-21 10:00 11-21 14:00"),
        ("昨天23:00到今天1:00", "11-21 23:00 11-22 01:00"),
        ("昨天23:00-1:00", "11-21 23:00 11-22 01:00"),
        ("前天晚上8点到9点", "11-20 20:00 11-20 21:00"),
        ("昨天晚上8点到12点", "11-21 20:00 11-22 00:00"),
        ("yesterday 14:00", "11-21 13:30 11-21 14:30"),
        ("14:00 yesterday", "11-21 13:30 11-21 14:30"),
        ("yesterday at 2pm", "11-21 13:30 11-21 14:30"),
        ("yesterday 14:00-15:30", "11-21 14:00 11-21 15:30"),
        ("yesterday from 2pm to 4pm", "11-21 14:00 11-21 16:00"),
        ("from 2pm to 4pm yesterday", "11-21 14:00 11-21 16:00"),
        ("between 9 and 10", "11-22 09:00 11-22 10:00"),
        ("between 9 and 10 yesterday", "11-21 09:00 11-21 10:00"),
        ("between 9am and 10am", "11-22 09:00 11-22 10:00"),
        ("9:00-10:00", "11-22 09:00 11-22 10:00"),
        ("9-10", "11-22 09:00 11-22 10:00"),
        ("3-5pm", "11-22 15:00 11-22 17:00"),
        ("21:00-22:00", "11-21 21:00 11-21 22:00"),
        ("19:00-21:00", "11-22 19:00 11-22 20:00"),
        ("今天19:00-21:00", "11-22 19:00 11-22 20:00"),
        ("2026-11-20 10:00 ~ 2026-11-20 12:00", "11-20 10:00 11-20 12:00"),
        ("2026-11-20 10:00 - 2026-11-20 12:00", "11-20 10:00 11-20 12:00"),
        ("2026-11-20 10:00-12:00", "11-20 10:00 11-20 12:00"),
        ("2026-11-20 10:00 to 12:00", "11-20 10:00 11-20 12:00"),
        ("2026/11/20 10:00 至 12:00", "11-20 10:00 11-20 12:00"),
        ("2026年11月20日10点到12点", "11-20 10:00 11-20 12:00"),
        ("11月20日 10:00-12:00", "11-20 10:00 11-20 12:00"),
        ("2026-11-20T10:00:00Z/2026-11-20T12:00:00Z", "11-20 18:00 11-20 20:00"),
        ("2026-11-20T10:00:00+08:00 ~ 2026-11-20T12:00:00+08:00", "11-20 10:00 11-20 12:00"),
        ("2026-11-20T10:00:00Z", "11-20 17:30 11-20 18:30"),
        ("2026-11-20", "11-20 00:00 11-21 00:00"),
        ("今天", "11-22 00:00 11-22 20:00"),
        ("yesterday", "11-21 00:00 11-22 00:00"),
        ("昨天", "11-21 00:00 11-22 00:00"),
        ("昨晚", "11-21 18:00 11-22 00:00"),
        ("last night", "11-21 18:00 11-22 00:00"),
        ("今天早上", "11-22 05:00 11-22 12:00"),
        ("this morning", "11-22 05:00 11-22 12:00"),
        ("yesterday afternoon", "11-21 12:00 11-21 18:00"),
        ("昨天下午", "11-21 12:00 11-21 18:00"),
        ("上周一", "11-09 00:00 11-10 00:00"),
        ("周一", "11-16 00:00 11-17 00:00"),
        ("周三上午9点到10点", "11-18 09:00 11-18 10:00"),
        ("last monday", "11-16 00:00 11-17 00:00"),
        ("friday 9am-10am", "11-20 09:00 11-20 10:00"),
        ("周一到周三", "11-16 00:00 11-19 00:00"),
        ("上周", "11-09 00:00 11-16 00:00"),
        ("this week", "11-16 00:00 11-22 20:00"),
        ("last month", "10-01 00:00 11-01 00:00"),
        ("since 9am", "11-22 09:00 11-22 20:00"),
        ("since yesterday", "11-21 00:00 11-22 20:00"),
        ("since yesterday 18:00", "11-21 18:00 11-22 20:00"),
        ("从9点开始", "11-22 09:00 11-22 20:00"),
        ("昨天18:00以来", "11-21 18:00 11-22 20:00"),
        ("从昨天18:00到现在", "11-21 18:00 11-22 20:00"),
        ("9点", "11-22 08:30 11-22 09:30"),
        ("21:00", "11-21 20:30 11-21 21:30"),
        ("now", "11-22 19:55 11-22 20:00"),
        ("现在", "11-22 19:55 11-22 20:00"),
        ("3天前", "11-19 20:00 11-22 20:00"),
        ("nov 20 at 3pm", "11-20 14:30 11-20 15:30"),
        ("1763700000", "11-21 12:10 11-21 13:10"),
    ],
)
def test_it_is_read_as_meant(text, meant):
    now = NOW.replace(year=2025) if text == "1763700000" else NOW
    assert read(text, now) == meant


@pytest.mark.parametrize(
    "text",
    ["", "soon", "abc", "25:00-26:00", "2026-13-45", "高峰期", "now; drop", "5", "-", "between a and b", "0h", "h"],
)
def test_what_is_no_time_is_told_with_an_example(text):
    with pytest.raises(BadArguments, match=r"yesterday 14:00") as caught:
        parse_time_range(text, NOW)
    assert caught.value.key == "bad_time_range"


@pytest.mark.parametrize("text", ["2027-01-01", "今天22:00-23:00", "2026-11-23T00:00:00Z"])
def test_the_future_cannot_be_seen(text):
    with pytest.raises(BadArguments) as caught:
        parse_time_range(text, NOW)
    assert caught.value.key == "time_in_future"


@pytest.mark.parametrize("text", ["400d", "9999999d", "2020-01-01 ~ 2026-01-01"])
def test_too_long_is_told(text):
    with pytest.raises(BadArguments) as caught:
        parse_time_range(text, NOW)
    assert caught.value.key == "time_too_long"


def test_the_zone_is_the_readers():
    noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    there = parse_time_range("今天9:00-10:00", noon, SHANGHAI)
    assert there.start == datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    assert str(there) == "2026-11-22 09:00-10:00 CST"


def test_an_hour_is_an_hour_when_the_clocks_change():
    after = datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York"))
    assert parse_time_range("2h", after).start.astimezone(UTC) == after.astimezone(UTC) - timedelta(hours=2)


def test_the_stretch_before():
    both = parse_time_range("1h", NOW)
    assert both.before() == TimeRange(NOW - timedelta(hours=2), NOW - timedelta(hours=1))


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.sampled_from([UTC, SHANGHAI]))


@given(st.integers(1, 500), st.sampled_from("smhd"), MOMENTS)
def test_any_duration_reaches_back_from_now(count, unit, now):
    seconds = count * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    found = parse_time_range(f"{count}{unit}", now, most_days=600)
    assert (found.end, found.seconds) == (now, seconds)


@given(MOMENTS, st.integers(0, 23), st.integers(0, 59), st.integers(1, 600), MOMENTS)
def test_what_was_written_in_full_is_read_back(day, hour, minute, length, now):
    start = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
    end = start + timedelta(minutes=length)
    now = end.astimezone(UTC) + timedelta(days=1)
    found = parse_time_range(f"{start.isoformat()} ~ {end.isoformat()}", now)
    assert (found.start, found.end) == (start, end)
    same = parse_time_range(f"{start:%Y-%m-%d %H:%M} 到 {end:%Y-%m-%d %H:%M}", now.astimezone(start.tzinfo))
    assert (same.start, same.end) == (start, end)


PIECES = (
    "今天 昨天 9:00 10点 - 到 ~ 下午 3 pm between and from since 上周 一 周 过去 1 小时 h m"
    " 2026-11-20 T Z ago last 半 以来 ： 25"
)
WORDS = st.lists(st.sampled_from(PIECES.split()), max_size=7)


@given(st.one_of(st.text(max_size=30), WORDS.map("".join), WORDS.map(" ".join)), MOMENTS)
def test_any_text_gives_a_bounded_past_range_or_our_error(text, now):
    try:
        found = parse_time_range(text, now, most_days=31)
    except BadArguments as error:
        told = str(error)
    else:
        told = ""
        assert found.start < found.end <= now
        assert found.seconds <= 31 * 86400 + 7200
    assert len(told.splitlines()) <= 1
