"""Families of error lines, in Chinese and English: Java, Go, Python, Node, nginx, databases. Patterns, not products."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from bot.domain.finding import Category
from bot.think.diagnosis.stacks import is_frame, shortened


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of error that logs tell."""

    key: str
    category: Category
    weight: float
    pattern: re.Pattern[str]
    symptom: bool = False


@cache
def families() -> tuple[Family, ...]:
    """In order of precedence, from families.toml."""
    with (Path(__file__).parent / "families.toml").open("rb") as file:
        listed = tomllib.load(file)["family"]
    return tuple(
        Family(
            key=one["key"],
            category=Category(one["category"]),
            weight=float(one["weight"]),
            pattern=re.compile("|".join(one["patterns"]), re.IGNORECASE),
            symptom=bool(one["symptom"]),
        )
        for one in listed
    )


HARMLESS = re.compile(
    r"\b(0|no) (errors?|failures?|timeouts?)\b|\bretry succeeded\b|\brecovered\b|\breconnected\b|successfully"
    r"|level=(info|debug)|timeout[=:_]\s*\d|\b(INFO|DEBUG|TRACE)\b",
    re.IGNORECASE,
)

HOST = re.compile(
    r"(?:\w+://(?:[^@/\s]+@)?|dial tcp (?:lookup )?|(?:connect\w*|connection|reach|host|upstream|server|lookup|address)"
    r"(?: to| at| refused)?(?: host| server| to)?[ =:(\"'`]*)"
    r"(?P<host>[a-zA-Z][\w-]*(?:\.[\w-]+)*)(?::(?P<port>\d{2,5}))?",
    re.IGNORECASE,
)
_NO_HOSTS = (
    "a an and are as attempt attempts be been by cannot closed could did does error errors exhausted failed failure",
    "for from had has have id in is limit limits lost no not of on or pool refused reset string timed timeout timeouts",
    "to unavailable was were while will with",
)
NO_HOSTS = frozenset(" ".join(_NO_HOSTS).split())
"""What may follow the word `connection` in a sentence and is no name."""
ERROR_NAME = re.compile(r"E[A-Z]{4,}")
"""ECONNREFUSED and its kin."""
PLAIN_HOST = re.compile(r"(?<![\w.-])(?P<host>[a-z][a-z0-9-]*(?:\.[\w-]+)*):(?P<port>\d{2,5})\b")

DIGITS = re.compile(r"(?<![\dx])(?<!ORA-)(?!(?<![.,#])(?:4[0-4]\d|5[0-4]\d)\b)\d+")
"""Numbers that tell nothing about the kind of error: all but those of HTTP answers and of some errors' names."""


def family_of(text: str) -> Family | None:
    """The first family that fits; lines that say they are only informing count for nothing but hard facts."""
    return _family_of(DIGITS.sub("0", shortened(text, 2000)))


@lru_cache(maxsize=4096)
def _family_of(text: str) -> Family | None:
    harmless = bool(HARMLESS.search(text))
    for family in families():
        if family.pattern.search(text) and not (harmless and (family.symptom or family.weight < 0.7)):
            return family
    return None


def hosts_in(text: str) -> tuple[str, ...]:
    """The names of machines or services a line complains about."""
    text = "\n".join(line for line in shortened(text, 600).split("\n") if not is_frame(line))
    found = [
        match["host"]
        for pattern in (PLAIN_HOST, HOST)
        for match in pattern.finditer(text)
        if match["port"] or not (match["host"].lower() in NO_HOSTS or ERROR_NAME.fullmatch(match["host"]))
    ]
    return tuple(dict.fromkeys(found))
