"""`dutybot demo`: the chat over a pretend cluster, with no account, no cluster and no model."""

import asyncio
import os
import re
import tempfile
import webbrowser
from collections.abc import Mapping, Sequence
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
LOCALE = ["LC_ALL", "LC_MESSAGES", "LANG"]
OTHER = {
    "en": "Incidents are told in English; in Chinese by: dutybot demo --language zh",
    "zh": "事件用中文讲述；要用英文：dutybot demo --language en",
}
KEEP = """Keep an incident of it (its id stands at the foot of its card), from another terminal:
  dutybot bundle FOLDER --incident ID [--report --out report.pdf]"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help="Open the chat over a pretend cluster: no account, no cluster, no model needed.")(demo)


def demo(
    port: Annotated[int, typer.Option(help="Port of the page; 0 takes a free one.")] = 8421,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    language: Annotated[
        str, typer.Option(help="Of incidents: en or zh; without it, as the terminal speaks.", envvar=LOCALE)
    ] = "en",
    keep: Annotated[Path | None, typer.Option(help="Keep what happens in this folder; forgotten otherwise.")] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Serve the case that `dutybot bundle` kept in this folder, and not the shop.")
    ] = None,
) -> None:
    """Serve until stopped by Ctrl+C."""
    if not (spoken := _spoken(language)):
        typer.secho("--language is en or zh.", fg="red", err=True)
        raise typer.Exit(1)
    from bot.playground.beacon import PREFIX

    if replay is not None and not any((replay / name).is_file() for name in ("case.json", "case.json.gz")):
        typer.secho(f"{replay} holds no kept case: it has no case.json.", fg="red", err=True)
        raise typer.Exit(1)
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        asyncio.run(_demo(port, browser, spoken, keep, replay, Path(folder)))


def _spoken(told: str) -> "Language | None":
    """Of a language or of a terminal's locale, as zh_CN.UTF-8 or C; English where its language is another."""
    if told in {"en", "zh"} or re.fullmatch("C|POSIX|.*[._@].*", told):
        return "zh" if told.startswith("zh") else "en"
    return None


async def _demo(
    port: int, browser: bool, language: "Language", keep: Path | None, replay: Path | None, folder: Path
) -> None:
    from bot.app import Given, build
    from bot.hall.guard import guard
    from bot.playground import FastClock, Playground
    from bot.playground.beacon import Beacon, light
    from bot.serve import serve
    from bot.settings import DutyBotSettings
    from bot.talk.settings import HttpSettings
    from bot.telemetry import log_as
    from skills import Clock
    from skills.catalogue import known_skills

    log_as("warning")
    typer.echo("Building the pretend cluster…" if replay is None else f"Reading the case in {replay}…")
    async with Playground.from_bundle(replay) if replay else Playground() as playground:
        skills, kept = _skills(playground), keep or folder
        settings = DutyBotSettings(
            skills=tuple(name for name in skills if name in known_skills()),
            channels=("web",),
            alerts=("alertmanager",),
            brains=("scripted",),
            database_url=f"sqlite:///{kept.resolve()}/dutybot.sqlite",
            ledger_path=kept / "audit.jsonl",
            language=language,
            home="web:",
        )
        guard(settings)
        given = Given(
            skills=skills,
            channels={"web": {"host": "127.0.0.1", "story": Story(playground)}},
            alerts={"alertmanager": {"open": True, "reconcile_seconds": 0}},
            knowledge=await _library(replay, folder) if replay else {},
        )
        told = FastClock(playground.clock()) if replay else playground.clock
        clock = Clock(lambda: datetime.fromtimestamp(told(), UTC))

        async def ready(url: str) -> None:
            playground.alert_url = f"{url}/alerts/alertmanager"
            served = (playground.prometheus_url, playground.loki_url, playground.kubernetes_url)
            light(folder, Beacon(os.getpid(), settings.database_url, *served))
            typer.echo(f"DutyBot is on duty at {url}  (Ctrl+C ends it)")
            typer.echo(f"{OTHER[language]}\n{KEEP}")
            if playground.bundle is not None:
                await _ask(playground.bundle.case.get("ask") or {}, playground.alert_url)
            if browser:
                await asyncio.to_thread(webbrowser.open, url)

        await serve(build(settings, clock, given), HttpSettings(host="127.0.0.1", port=port), ready)


def _skills(playground: "Playground") -> dict[str, dict[str, Any]]:
    prometheus, kubernetes = {"url": playground.prometheus_url}, {"url": playground.kubernetes_url}
    return {
        "prometheus": prometheus,
        "loki": {"url": playground.loki_url},
        "kubernetes": kubernetes,
        "alertmanager": {"url": playground.alertmanager_url},
        "capacity": {"prometheus": prometheus, "kubernetes": kubernetes},
    }


async def _library(case: Path, folder: Path) -> dict[str, Any]:
    """A library that holds what was kept of another, found by its words."""
    from bot.redaction import mask
    from bot.think.diagnosis.bundle import read_bundle
    from knowledge import Document, KnowledgeSettings, Library

    settings: dict[str, Any] = {"folder": folder / "library", "embeddings": "none"}
    passages = read_bundle(case).passages
    if passages:
        library = await Library.open(KnowledgeSettings(**settings), mask=mask)
        await library.add([Document(one.title, one.text, one.url, one.source or "files", one.key) for one in passages])
        await library.close()
    return settings


async def _ask(ask: Mapping[str, Any], alert_url: str) -> None:
    """What woke the bot then wakes it again; a question is for whoever looks on to ask."""
    import httpx

    payloads = [ask["payload"]] if ask.get("kind") == "alert" else ask.get("payloads") or []
    async with httpx.AsyncClient() as client:
        for payload in payloads:
            await client.post(alert_url, json=payload)
    if ask.get("text"):
        typer.echo(f"It was asked then: {ask['text']}")


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
