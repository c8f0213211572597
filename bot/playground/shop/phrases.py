"""The sentences of the shop's containers, read from phrases.toml: openings, chatter, failures, last words, faults."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

_ALL = tomllib.loads((Path(__file__).parent / "phrases.toml").read_text(encoding="utf-8"))
CHATTER: Mapping[str, list[str]] = _ALL["chatter"]
OPENING: Mapping[str, list[str]] = _ALL["opening"]
LAST_WORDS: Mapping[str, str] = _ALL["last_words"]
FAILURES: Mapping[str, list[str]] = _ALL["failures"]
ACCESS: Mapping[str, str] = _ALL["access"]


def of_fault(name: str) -> tuple[str, ...]:
    """What is said while a fault lasts."""
    return tuple(_ALL["faults"][name])
