"""What requests and answers of Prometheus and Loki are written in: parameters, times, durations and numbers."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np


class Refused(Exception):
    """An answer in Prometheus's form of an error."""

    def __init__(self, code: int, kind: str, why: str) -> None:
        super().__init__(why)
        self.code, self.kind, self.why = code, kind, why


@dataclass(frozen=True, slots=True)
class Form:
    """A request's parameters, from its address and its body."""

    pairs: Sequence[tuple[str, str]]

    def names(self) -> set[str]:
        """Which parameters were given."""
        return {name for name, value in self.pairs if value}

    def get(self, name: str) -> str:
        """A parameter, or nothing."""
        return next((value for key, value in self.pairs if key == name), "")

    def every(self, name: str) -> list[str]:
        """All values of a parameter."""
        return [value for key, value in self.pairs if key == name]

    def one(self, name: str) -> str:
        """A parameter as it was given."""
        return self.get(name)

    def limit(self) -> int:
        """The most rows to answer; 0 is no limit."""
        text = self.get("limit")
        if text and not text.isdigit():
            raise bad("limit", f'cannot parse "{text}" to a valid limit')
        return int(text or 0)

    def time(self, name: str, default: float | None) -> int:
        """A time in milliseconds: Unix seconds or RFC 3339."""
        text = self.get(name)
        if not text:
            if default is None:
                raise bad(name, 'cannot parse "" to a valid timestamp')
            return round(default * 1000) if default else 0
        try:
            return round(float(text) * 1000)
        except (ValueError, OverflowError):
            pass
        try:
            if "T" not in text.upper():
                raise ValueError(text)
            return round(datetime.fromisoformat(text).timestamp() * 1000)
        except ValueError as wrong:
            raise bad(name, f'cannot parse "{text}" to a valid timestamp') from wrong

    def duration(self, name: str) -> int:
        """A duration in milliseconds: seconds, or as Prometheus writes it."""
        text = self.get(name)
        try:
            number = float(text)
            if not math.isfinite(number):
                raise Refused(400, "bad_data", f'invalid parameter "{name}": cannot parse "{text}" to a valid duration')
            return round(number * 1000)
        except ValueError:
            pass
        sizes = {
            "ms": 1,
            "s": 1000,
            "m": 60_000,
            "h": 3_600_000,
            "d": 86_400_000,
            "w": 604_800_000,
            "y": 31_536_000_000,
        }
        if not re.fullmatch(r"(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?", text) or not text:
            raise bad(name, f'cannot parse "{text}" to a valid duration')
        return sum(int(number) * sizes[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdwy])", text))


def bad(name: str, why: str) -> Refused:
    """A parameter that cannot be taken."""
    return Refused(400, "bad_data", f'invalid parameter "{name}": {why}')


def number(value: float) -> str:
    """A value as Prometheus writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    size = abs(value)
    if size and (size < 1e-6 or size >= 1e21):
        text = np.format_float_scientific(value, trim="-", exp_digits=2)
        return str(text)
    return str(int(value)) if value == int(value) and size < 1e15 else np.format_float_positional(value, trim="-")
