"""One cell: a dependency breaks, is asked for in both languages and by the doctor, and is to be well again."""

import asyncio
import re
import time
from dataclasses import dataclass, field

from bot.talk.cards.words import sentences
from tests.fakes.faulty_line import FAULTS

LONGEST = 40.0
"""Seconds until a person must have read a sentence, on a machine that is busy; far shorter on one that is not."""
MOST_TAKEN = 200_000_000
"""Bytes that may be read of endless answers to some dozen questions and second tries; as many as 2 GB are offered."""


LOOKED_AT = {
    **dict.fromkeys(("down", "hang", "drip"), "unreachable"),
    "5xx": "answered_badly", "garbage": "not_json", "wrong type": "not_its_kind", "huge": "too_large",
}  # fmt: skip
KEYS = {
    **dict.fromkeys(("prometheus", "loki", "kubernetes"), LOOKED_AT),
    "dify": {
        "down": "dify_unreachable", "5xx": "dify_down", "hang": "dify_silent", "drip": "dify_too_long",
        **dict.fromkeys(("garbage", "wrong type", "huge"), "dify_address"),
    },
    "model": {
        "down": "model_unreachable", "5xx": "model_failed", "hang": "model_silent", "drip": "model_silent",
        "garbage": "model_strange", "wrong type": "model_strange", "huge": "model_endless",
    },
    "chroma": dict.fromkeys(FAULTS, "kb_gap_shelf_away"),
    "postgresql": dict.fromkeys(FAULTS, "error_store_down"),
}  # fmt: skip
"""The sentence of each cell that a person reads in a card or on the page, by its key."""
BY_DOCTOR = {
    "elasticsearch": ("Elasticsearch ", "The key may not create"),
    "slack": "Slack does not answer",
    "feishu": "Feishu does not answer",
}
"""Nobody can be told in a chat that is away, and nobody need be told that the trail waits: `dutybot doctor` says so."""


@dataclass
class Seen:
    """What became of one cell."""

    dependency: str
    fault: str
    said: dict = field(default_factory=dict)
    """By language: all that the person could read."""
    doctor: str = ""
    seconds: float = 0.0
    taken: int = 0
    well_again: bool = False
    again: float = 0.0
    """Seconds until it was."""


async def kept(asking):
    """What was said; or how asking ended, which no person should ever read."""
    try:
        return await asyncio.wait_for(asking, LONGEST)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever it is stands in the table
        return f"!! {type(error).__name__}: {str(error)[:300]}"


async def cell(dependency, fault, told=None):
    """One of the seventy: it breaks, is asked in both languages and by the doctor, and is well again."""
    seen, begun = Seen(dependency.name, fault), time.monotonic()
    await dependency.line.breaks(fault)
    try:
        asked = (dependency.ask("en"), dependency.ask("zh"), dependency.doctor())
        seen.said["en"], seen.said["zh"], seen.doctor = await asyncio.gather(*map(kept, asked))
        seen.seconds = time.monotonic() - begun
        seen.taken = dependency.line.sent
    finally:
        await dependency.line.heal()
    begun = time.monotonic()
    seen.well_again = await well(dependency)
    seen.again = time.monotonic() - begun
    if told:
        told(seen)
    return seen


async def well(dependency):
    """Whether it is soon as if nothing had been."""
    until = time.monotonic() + 2 * LONGEST
    while time.monotonic() < until:
        said = await kept(dependency.well() if hasattr(dependency, "well") else dependency.ask("en"))
        if said is True or (isinstance(said, str) and WELL[dependency.name].search(said)):
            return True
        await asyncio.sleep(1)
    return False


WELL = {
    "dify": re.compile("All is calm"),
    "model": re.compile("All is calm"),
    "prometheus": re.compile("series|up"),
    "loki": re.compile("lines"),
    "kubernetes": re.compile("order-service"),
    "chroma": re.compile("Pool exhausted(?!.*did not answer)", re.DOTALL),
}


async def every_fault(dependency, told=None):
    return [await cell(dependency, fault, told) for fault in FAULTS]


def sentence(seen, language):
    """What stands there as it was worded; empty where it does not."""
    if seen.dependency in BY_DOCTOR:
        line = seen.doctor.partition("\n")[0]
        return line if line.startswith(BY_DOCTOR[seen.dependency]) else ""
    template = sentences(language)[KEYS[seen.dependency][seen.fault]]
    pattern = re.sub(r"\\\{\w+\\\}", ".{1,300}?", re.escape(template))
    found = re.search(pattern, seen.said[language])
    return found[0] if found else ""
