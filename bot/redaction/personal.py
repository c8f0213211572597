"""Numbers that belong to a person: identity card (with its checksum), mobile phone, bank card where it is named so."""

import re
from collections.abc import Iterator

DIGITS = re.compile(r"\d{11}|\d{3,4}[- ]\d{4}[- ]\d{4}")
IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])(?P<v>[1-6]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d"
    r"|3[01])\d{3}[\dXx])(?![0-9A-Za-z])"
)
PHONE = re.compile(
    r"(?<![0-9A-Za-z._\-])(?:\+?86[- ]?)?(?P<v>1[3-9]\d(?:\d{8}"
    r"|(?P<gap>[- ])\d{4}(?P=gap)\d{4}))(?![0-9A-Za-z._\-]?\d)(?![A-Za-z])"
)
COUNTED = re.compile(
    r"(?i)(?:id|no|seq|offset|bytes|size|count|span|trace|total|time|ts|nanos|ns|us|ms|dur(?:ation)?|latency"
    r"|elapsed|cost|rows|订单号?|流水号?|编号)[\"']?\s?[:=：]?\s?[\"']?$"
)
"""Stands before a number that is no phone's."""
CARD = re.compile(
    r"(?i)(?:卡号|银行卡|信用卡|储蓄卡|card[ _]?(?:no|num(?:ber)?)|(?:bank|credit|debit)[ _]?card"
    r"(?:[ _]?(?:no|number))?|cardnumber|(?<![a-z])pan)"
    r"[\"']?\s{0,4}(?:[:：=]|is|为|是)?\s{0,4}[\"']?"
    r"(?P<v>\d{12,19}|\d{4}(?:[ -]\d{4}){2,3}(?:[ -]?\d{1,4})?)(?!\d)"
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def personal(text: str) -> Iterator[tuple[int, int, str]]:
    """Spans of personal numbers, and their kind."""
    if not DIGITS.search(text):
        return
    for found in IDENTITY.finditer(text):
        if _sums_up(found["v"]):
            yield *found.span("v"), "identity"
    for name, shape in (("phone", PHONE), ("bank-card", CARD)):
        for found in shape.finditer(text):
            if name == "phone" and COUNTED.search(text, max(0, found.start() - 24), found.start()):
                continue
            yield *found.span("v"), name


def _sums_up(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()
