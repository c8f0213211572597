"""What the skill says, in English and in Chinese, by key."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["en", "zh"]
FOLDER = Path(__file__).with_name("wordings")


@cache
def wording(language: Language) -> Mapping[str, str]:
    """All sentences of one language."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, init=False)
class Remark:
    """Something worth saying, in no language yet."""

    key: str
    values: tuple[tuple[str, str | int | float], ...]

    def __init__(self, key: str, **values: str | int | float) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "values", tuple(values.items()))

    def told(self, language: Language) -> str:
        """As one sentence."""
        return say(language, self.key, **dict(self.values))


def say(language: Language, key: str, **values: str | int | float) -> str:
    """The sentence of this key."""
    return wording(language)[key].format(**values)


def number(value: float) -> str:
    """Three figures, with a unit prefix where it is long: 1.23 M."""
    for limit, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            scaled = value / (1e3 if sign == "k" else limit)
            return f"{_figures(scaled)} {sign}"
    return _figures(value)


def amount(value: float, unit: str) -> str:
    """With its unit: 3.2 cores, 120 GiB, 87 %."""
    if unit == "bytes":
        for limit, sign in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
            if abs(value) >= limit:
                return f"{_figures(value / limit)} {sign}"
        return f"{value:.0f} B"
    return f"{number(value)} {unit}".strip()


def percent(share: float) -> str:
    """No more figures than tell: 23 %, 2.1 %, <0.1 %."""
    off = 100 * share
    return f"{off:.0f} %" if off >= 10 else f"{off:.1f} %" if off >= 0.1 else "<0.1 %"


def _figures(value: float) -> str:
    """Three figures, never in powers of ten."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
