"""`dutybot run`: on duty, on all channels that are switched on."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", help="Go on duty: listen on all channels that are switched on, until told to stop.")(run)


def run(
    host: Annotated[str, typer.Option(help="Address to serve HTTP on; HTTP_HOST when empty.")] = "",
    port: Annotated[int | None, typer.Option(help="Port, 0 for a free one; HTTP_PORT if not given.")] = None,
) -> None:
    """Put the house together and serve it."""
    from bot.app import Given, build
    from bot.hall.guard import guard
    from bot.serve import serve
    from bot.settings import DutyBotSettings
    from bot.talk.settings import HttpSettings
    from bot.telemetry import log_as

    settings = DutyBotSettings()
    log_as(settings.log_level, settings.log_format)
    stop_tracing = trace(settings.traces_url)
    http = HttpSettings()
    http = http.model_copy(update={"host": host or http.host, "port": http.port if port is None else port})
    given = Given(channels={"web": {"host": http.host}})

    async def ready(url: str) -> None:
        typer.echo(f"On duty at {url}")

    async def on_duty() -> None:
        guard(settings)
        await serve(build(settings, given=given), http, ready)

    try:
        asyncio.run(on_duty())
    finally:
        stop_tracing()


def trace(url: str) -> Callable[[], None]:
    """Send traces there, if anywhere; gives what ends it. Raises BadInput when what it needs is not installed."""
    from bot.errors import BadInput
    from bot.telemetry import trace_to

    try:
        return trace_to(url) if url else lambda: None
    except ImportError as error:
        raise BadInput("traces_missing") from error
