"""`dutybot doctor`: is everything that DutyBot stands on there, and if not, what to do about it."""

import asyncio

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", help="Check everything that DutyBot stands on, one line each, with the mend.")(doctor)


def doctor() -> None:
    """The exit code is 0 only if all is well."""
    raise typer.Exit(asyncio.run(_examine()))


async def _examine() -> int:
    from bot.app import build
    from bot.commands.doctor.checks import checks
    from bot.settings import DutyBotSettings
    from bot.telemetry import log_as

    log_as("error")
    sick = 0
    settings = DutyBotSettings()
    house = build(settings)
    async for check in checks(house, settings):
        typer.secho(f"{'✗' if check.wrong else '✓'} {check.about}", fg="red" if check.wrong else "green", nl=False)
        typer.echo(f": {check.wrong}" if check.wrong else f": {check.seen}" if check.seen else "")
        sick += bool(check.wrong)
    typer.echo("All is well." if not sick else f"{sick} to mend.")
    return 1 if sick else 0
