"""Chinese numerals beside units of time, rewritten as digits: 过去两个半小时 -> 过去150分钟."""

import re
import unicodedata

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_NUMBER = r"[零〇一二两三四五六七八九十]+"
_UNIT = r"(?=个|点|點|时|時|小时|分|天|周|星期|日|月|刻|秒|年|:)"
_COUNTED = re.compile(rf"(?<![周期拜]){_NUMBER}{_UNIT}")
_AFTER_POINT = re.compile(rf"(?<=[点點时月]){_NUMBER}")
_HALVES = (
    (re.compile(r"(\d+)\s*个半\s*(?:小时|钟头)"), lambda m: f"{int(m[1]) * 60 + 30}分钟"),
    (re.compile(r"半个?\s*(?:小时|钟头)"), lambda _: "30分钟"),
    (re.compile(r"(\d+)\s*天半"), lambda m: f"{int(m[1]) * 24 + 12}小时"),
    (re.compile(r"半天"), lambda _: "12小时"),
    (re.compile(r"(\d+)\s*刻钟"), lambda m: f"{int(m[1]) * 15}分钟"),
)


def plain(text: str) -> str:
    """Lower case, half width, single spaces, digits for Chinese numerals."""
    text = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    text = _COUNTED.sub(lambda m: str(number(m[0])), text)
    text = _AFTER_POINT.sub(lambda m: str(number(m[0])), text)
    for pattern, digits in _HALVES:
        text = pattern.sub(digits, text)
    return text


def number(signs: str) -> int:
    """The value of 二十三, 十, 两, 一五."""
    if "十" in signs:
        tens, _, ones = signs.partition("十")
        return _spelt(tens or "一") * 10 + _spelt(ones)
    return _spelt(signs)


def _spelt(signs: str) -> int:
    value = 0
    for sign in signs:
        value = value * 10 + _DIGITS.get(sign, 0)
    return value
