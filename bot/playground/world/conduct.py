"""How a pod will behave: what becomes of its containers when they start, as its spec and the faults decide."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.playground.world.lives import Life


@dataclass(frozen=True, slots=True)
class Conduct:
    """`fine` runs on; `image` cannot be pulled; `config` lacks what it names; `exit` ends; `unready` stops serving."""

    kind: Literal["fine", "image", "config", "exit", "unready", "complete"] = "fine"
    at: float = 0.0
    reason: str = "Error"
    exit_code: int = 1
    message: str = ""


Rule = Callable[[Life, float], Conduct | None]
FINE = Conduct()
