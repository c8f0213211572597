"""`dutybot doctor`: is everything that DutyBot stands on there, and if not, what to do about it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from bot.errors import BotError
from bot.talk.cards.words import Words
from skills import SkillError

if TYPE_CHECKING:
    from bot.app import House

LOOKS = {
    "prometheus": ("prometheus.query_prometheus", {"query": "up"}),
    "loki": ("loki.search_logs", {"selector": '{namespace=~".+"}', "time_range": "5m"}),
    "kubernetes": ("kubernetes.list", {"kind": "nodes"}),
    "alertmanager": ("alertmanager.list_silences", {}),
}
"""One cheap look for each skill."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor."""

    about: str
    wrong: str = ""
    """Empty when well; else what is wrong and what to do."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", help="Check everything that DutyBot stands on, one line each, with the mend.")(doctor)


def doctor() -> None:
    """The exit code is 0 only if all is well."""
    raise typer.Exit(asyncio.run(_examine()))


async def _examine() -> int:
    from bot.app import build
    from bot.settings import DutyBotSettings
    from bot.telemetry import log_as

    log_as("error")
    sick = 0
    house = build(DutyBotSettings())
    async for check in checks(house):
        typer.secho(f"{'✗' if check.wrong else '✓'} {check.about}", fg="red" if check.wrong else "green", nl=False)
        typer.echo(f": {check.wrong}" if check.wrong else "")
        sick += bool(check.wrong)
    typer.echo("All is well." if not sick else f"{sick} to mend.")
    return 1 if sick else 0


async def checks(house: "House") -> AsyncIterator[Check]:
    """The database, then what we look at, who thinks, and where we talk."""
    words = Words("en")
    try:
        await house.database.open()
        yield Check("database")
    except BotError as error:
        yield Check("database", words.of_error(error.key, error.values, str(error)))
        return
    for skill, (name, arguments) in LOOKS.items():
        if name in house.catalogue:
            yield await _look(house, skill, name, arguments)
    for brain in house.brains:
        yield Check(f"brain {brain.name}", await brain.health())
    for channel in house.channels.values():
        yield Check(f"channel {channel.name}", await channel.health())
    await house.close()


async def _look(house: "House", skill: str, name: str, arguments: dict[str, str]) -> Check:
    try:
        await asyncio.wait_for(house.catalogue[name](arguments), 20)
    except SkillError as error:
        return Check(f"skill {skill}", f"{error} Check {skill.upper()}_URL and its token.")
    except TimeoutError:
        return Check(f"skill {skill}", f"No answer within 20 seconds. Check {skill.upper()}_URL.")
    return Check(f"skill {skill}")
