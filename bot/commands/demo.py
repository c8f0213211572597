"""`dutybot demo`: the chat over a pretend cluster, with no account, no cluster and no model."""

import asyncio
import tempfile
import webbrowser
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.domain.message import Language, Person
    from bot.playground import Playground
    from bot.talk.channels.web import Scene

FAULTS = (
    *("bad_release", "pool_exhausted", "oom", "crashloop", "image_error"),
    *("config_error", "no_room", "disk_filling", "node_disk", "node_pressure"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help="Open the chat over a pretend cluster: no account, no cluster, no model needed.")(demo)


def demo(
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.")] = 8421,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    language: Annotated[str, typer.Option(help="Of incidents: en or zh.")] = "zh",
    keep: Annotated[Path | None, typer.Option(help="Keep what happens in this folder; forgotten otherwise.")] = None,
) -> None:
    """Serve until stopped by Ctrl+C."""
    if language not in {"en", "zh"}:
        typer.secho("--language is en or zh.", fg="red", err=True)
        raise typer.Exit(1)
    with tempfile.TemporaryDirectory(prefix="dutybot-demo-") as folder:
        asyncio.run(_demo(port, browser, "zh" if language == "zh" else "en", keep or Path(folder)))


async def _demo(port: int, browser: bool, language: "Language", folder: Path) -> None:
    from bot.app import Given, build
    from bot.playground import Playground
    from bot.serve import serve
    from bot.settings import DutyBotSettings
    from bot.talk.settings import HttpSettings
    from bot.telemetry import log_as
    from skills import Clock
    from skills.catalogue import known_skills

    log_as("warning")
    typer.echo("Building the pretend cluster…")
    async with Playground() as playground:
        prometheus, kubernetes = {"url": playground.prometheus_url}, {"url": playground.kubernetes_url}
        skills: dict[str, dict[str, Any]] = {
            "prometheus": prometheus,
            "loki": {"url": playground.loki_url},
            "kubernetes": kubernetes,
            "alertmanager": {"url": playground.alertmanager_url},
            "capacity": {"prometheus": prometheus, "kubernetes": kubernetes},
        }
        settings = DutyBotSettings(
            skills=tuple(name for name in skills if name in known_skills()),
            channels=("web",),
            alerts=("alertmanager",),
            brains=("scripted",),
            database_url=f"sqlite:///{folder}/dutybot.sqlite",
            ledger_path=folder / "audit.jsonl",
            language=language,
            home="web:",
        )
        given = Given(
            skills=skills,
            channels={"web": {"host": "127.0.0.1", "story": Story(playground)}},
            alerts={"alertmanager": {"open": True, "reconcile_seconds": 0}},
        )
        clock = Clock(lambda: datetime.fromtimestamp(playground.clock(), UTC))

        async def ready(url: str) -> None:
            playground.alert_url = f"{url}/alerts/alertmanager"
            typer.echo(f"DutyBot is on duty at {url}  (Ctrl+C ends it)")
            if browser:
                await asyncio.to_thread(webbrowser.open, url)

        await serve(build(settings, clock, given), HttpSettings(host="127.0.0.1", port=port), ready)


class Story:
    """Buttons that break the pretend cluster, each a night on duty."""

    def __init__(self, playground: "Playground") -> None:
        self._playground = playground

    def scenes(self, language: "Language") -> "Sequence[Scene]":
        """One for each fault."""
        from bot.talk.cards.words import Words
        from bot.talk.channels.web import Scene

        words = Words(language)
        return [
            Scene(name, words(f"scene_{name}"), words(f"scene_{name}_about"), danger=True)
            for name in FAULTS
            if name in self._playground.faults
        ]

    async def play(self, scene: str, person: "Person") -> str:
        """Begin the fault. Raises KeyError when there is no such scene."""
        from bot.talk.cards.words import Words

        await self._playground.break_(scene)
        return Words(person.language)("scene_began", scene=Words(person.language)(f"scene_{scene}"))
