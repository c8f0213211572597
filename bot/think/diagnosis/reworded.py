"""Holds a brain's words against the evidence: names and numbers that nothing gathered has are its own claims."""

import re
from collections.abc import Iterable, Iterator

NUMBER = re.compile(r"(?<![\w.:/-])\d+(?:[.,]\d+)*(?![\w.:/-]*[:/-]\d)")
NAME = re.compile(r"[A-Za-z0-9]+(?:[-_./][A-Za-z0-9]+)+")
CODE = re.compile(r"`([^`\n]{3,80})`")
NUMBERED = re.compile(r"^\s*\d+[.)、]\s", re.MULTILINE)
LINK = re.compile(r"https?://\S+")
SMALL = 10
"""Numbers up to this count things that people count themselves."""
PLAIN = frozenset({"e.g", "i.e", "and/or", "read-only", "on-call", "follow-up", "up-to-date", "end-to-end", "n/a"})


def added(text: str, evidence: Iterable[str]) -> tuple[str, ...]:
    """What the text says that the evidence does not, as it is written; each once."""
    known = "\n".join(evidence)
    lower = known.lower()
    words = LINK.sub(" ", NUMBERED.sub("", text))
    figures = {value for value in map(_value, re.findall(r"\d+(?:[.,]\d+)*", known)) if value is not None}
    names = [each for each in _names(words) if each.lower().strip("`. ") not in lower]
    numbers = [each for each in _numbers(words, names) if not _founded(each, figures)]
    return tuple(dict.fromkeys([*names, *numbers]))


def _names(text: str) -> Iterator[str]:
    for found in NAME.finditer(text):
        name = found[0].strip(".")
        if len(name) >= 5 and name.lower() not in PLAIN and re.search(r"[-_/]|\d", name) and not _is_time(name):
            yield name


def _is_time(name: str) -> bool:
    """A date, or a span of numbers: people's clocks differ from that of the evidence."""
    return re.fullmatch(r"[\d./-]+T?[\d:.]*Z?", name) is not None or not re.search(r"[A-Za-z]", name)


def _numbers(text: str, names: list[str]) -> Iterator[str]:
    bare = CODE.sub(" ", re.sub(r"\d{1,4}[-/:]\d{1,2}(?:[-/:]\d{1,2})?", " ", text))
    for name in names:
        bare = bare.replace(name, " ")
    for found in NUMBER.finditer(bare):
        value = _value(found[0])
        if value is not None and not (value == int(value) and value <= SMALL):
            yield found[0]


def _value(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def _founded(told: str, figures: set[float]) -> bool:
    """As it is, as a share of a hundred, or rounded."""
    value = _value(told)
    if value is None:
        return True
    wanted = (value, value / 100, value * 100, value / 1000, value * 1000, value * 60, value / 60)
    return any(abs(one - each) <= 0.02 * abs(each) for each in figures for one in wanted if each)
