"""Numbers that belong to a person: identity card (with its checksum), mobile phone, bank card where it is named so."""

import re
from collections.abc import Iterator

DIGITS = re.compile(r"\d{11}")
IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])(?P<v>[1-6]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])(?![0-9A-Za-z])"
)
PHONE = re.compile(r"(?<![0-9A-Za-z._\-])(?:\+?86[- ]?)?(?P<v>1[3-9]\d{9})(?![0-9A-Za-z._\-]?\d)(?![A-Za-z])")
CARD = re.compile(
    r"(?i)(?:卡号|银行卡|card_?no|bank_?card(?:_?no)?|cardnumber)[\"']?\s{0,4}[:：=]?\s{0,4}[\"']?(?P<v>\d{12,19})(?!\d)"
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
            yield *found.span("v"), name


def _sums_up(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()
