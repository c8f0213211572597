"""Brains in order: when one is away the next one answers and says so; who was away is asked again when it is well."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.domain.briefing import Briefing
from bot.domain.case import Case
from bot.domain.message import Language
from bot.domain.plan import Plan
from bot.domain.thought import Activity, Rewrite, Thought, Words
from bot.errors import BotError, BrainError, Declined
from bot.telemetry import span
from bot.think.brains import Brain
from bot.think.sentences import say

FAILURES = 3
"""In a row, before a brain is left alone."""
SHORTEST, LONGEST = 15.0, 300.0
"""Seconds it is left alone: first, and at most."""


@dataclass(slots=True)
class Breaker:
    """Leaves a failing brain alone for a while, longer each time."""

    failures: int = 0
    until: float = 0.0

    @property
    def tripped(self) -> bool:
        return self.failures >= FAILURES

    def failed(self, now: float, after: float = 0.0) -> None:
        self.failures += 1
        if self.tripped:
            self.until = now + max(after, min(SHORTEST * 2 ** (self.failures - FAILURES), LONGEST))

    def well(self) -> None:
        self.failures, self.until = 0, 0.0


class Relay:
    """A brain made of brains."""

    def __init__(self, brains: Sequence[Brain], now: Callable[[], float] = time.monotonic) -> None:
        self.name = brains[0].name
        self._brains = tuple(brains)
        self._breakers = {brain.name: Breaker() for brain in brains}
        self._errors: dict[str, BotError] = {}
        self._now = now

    async def think(self, briefing: Briefing) -> AsyncGenerator[Thought]:
        """See Brain.think. Raises the first brain's error when all are away."""
        language = briefing.case.language
        first: BotError | None = None
        for brain in self._brains:
            if not await self._fit(brain):
                first = first or self._errors[brain.name]
                continue
            note = stand_in(first, brain.name, language) if first else ""
            spoke = bool(note)
            if note:
                yield Words(note)
            try:
                with span("brain", around=False, brain=brain.name):
                    async with aclosing(_thoughts(brain, briefing)) as thoughts:
                        async for thought in thoughts:
                            spoke = spoke or isinstance(thought, Words)
                            yield _with_note(thought, note)
            except Declined:
                self._breakers[brain.name].well()
                raise
            except BrainError as error:
                first = first or error
                self._errors[brain.name] = error
                self._breakers[brain.name].failed(self._now(), float(error.values.get("after") or 0.0))
                if spoke:
                    yield Rewrite("")
                yield Activity(f"brain-{brain.name}", brain.name, "failed", say(error, language))
            else:
                self._breakers[brain.name].well()
                return
        raise first or BrainError()

    async def _fit(self, brain: Brain) -> bool:
        """Not left alone; or long enough alone, and well by its own word."""
        breaker = self._breakers[brain.name]
        if not breaker.tripped or brain is self._brains[-1]:
            return True
        if self._now() < breaker.until:
            return False
        if await brain.health():
            breaker.failed(self._now())
            return False
        return True

    async def rate(self, case: Case, up: bool | None, why: str = "") -> None:
        """Told to each; only those that keep a conversation listen."""
        for brain in self._brains:
            await brain.rate(case, up, why)

    async def suggest(self, case: Case) -> tuple[str, ...]:
        """Of the first brain, which keeps the conversation."""
        return await self._brains[0].suggest(case) if not self._breakers[self._brains[0].name].tripped else ()

    async def health(self, language: Language = "en") -> str:
        """What is wrong with any of them."""
        told = [(brain.name, await brain.health(language)) for brain in self._brains]
        return " ".join(f"{name}: {wrong}" for name, wrong in told if wrong)

    async def close(self) -> None:
        """Close them all."""
        for brain in self._brains:
            await brain.close()


def stand_in(error: BotError, name: str, language: Language) -> str:
    """Why another brain answers."""
    told = BotError("brain_stands_in", name=name, why=say(error, language))
    return f"> {say(told, language)}\n\n"


def _with_note(thought: Thought, note: str) -> Thought:
    match thought:
        case Plan():
            return replace(thought, says=note + thought.says)
        case Rewrite():
            return Rewrite(note + thought.text)
        case _:
            return thought


async def _thoughts(brain: Brain, briefing: Briefing) -> AsyncGenerator[Thought]:
    """As a generator that can be closed."""
    thoughts = brain.think(briefing)
    try:
        async for thought in thoughts:
            yield thought
    finally:
        if isinstance(thoughts, AsyncGenerator):
            await thoughts.aclose()
