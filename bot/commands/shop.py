"""`dutybot shop`: the pretend shop beside real servers, which scrape it and take its lines (docker-compose.yml)."""

import asyncio
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("shop", help="Serve the pretend shop to a real Prometheus and Loki, with faults to choose.")(shop)


def shop(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="/metrics here; the Kubernetes API, with /playground/faults, one above.")
    ] = 9300,
    loki: Annotated[
        str, typer.Option(help="Where its lines are pushed, as http://loki:3100; nowhere when empty.")
    ] = "",
) -> None:
    """Until stopped by Ctrl+C."""
    asyncio.run(_serve(host, port, loki))


async def _serve(host: str, port: int, loki: str) -> None:
    import signal
    import time

    from bot.playground import Playground
    from bot.playground.outward import push, scraped
    from bot.playground.shop.shop import ShopLogs

    stopped = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stopped.set)
    typer.echo("Building the pretend shop…")
    async with Playground(clock=time.time, host=host, ports=(0, 0, port + 1, 0)) as playground:
        world = playground.shop.world
        app = scraped(playground.shop.metrics, time.time, world.advance)
        metrics = await playground.serving.start(app, port, host)
        pushing = asyncio.create_task(push(ShopLogs(playground.shop), loki, time.time)) if loki else None
        typer.echo(f"The shop tells {metrics}/metrics; its Kubernetes is {playground.kubernetes_url}  (Ctrl+C ends it)")
        await stopped.wait()
        if pushing:
            pushing.cancel()
