"""What one shape of a secret is: its name, the signs that call for it, and the pattern whose `v` is taken out."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One shape; looked for only where one of its signs stands, in any case. A sign that begins with ~ is a pattern."""

    name: str
    signs: tuple[str, ...]
    shape: re.Pattern[str]


def rule(name: str, signs: str, shape: str, flags: int = 0) -> Rule:
    """`signs`: with ¦ between them."""
    return Rule(name, tuple(signs.split("¦")), re.compile(shape, flags))
