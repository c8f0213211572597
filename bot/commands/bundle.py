"""`dutybot bundle`: keeps one case whole, so that anyone can replay it; and explains one that was kept."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.domain.alert import Alert
    from bot.domain.incident import Incident
    from bot.domain.message import Language


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bundle", help="Keep one incident or question whole in a folder, or explain one that was kept.")(bundle)


def bundle(
    folder: Annotated[Path, typer.Argument(help="Where the case is kept.")],
    incident: Annotated[str, typer.Option(help="Id of a live incident, as its card says.")] = "",
    question: Annotated[str, typer.Option(help="A question, as why is order-service slow.")] = "",
    report: Annotated[bool, typer.Option("--report", help="Explain the case that is kept in the folder.")] = False,
    language: Annotated[str, typer.Option(help="Of the report: zh or en.")] = "en",
    out: Annotated[
        Path | None, typer.Option(help="Write the report to this file: .md, .pdf, or .png (its chart).")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Look at the demo that runs on this machine.")] = False,
) -> None:
    """Keeps a live incident or a question; with --report explains what is kept, now or before."""
    if (incident and question) or not (incident or question or report):
        typer.secho("Give one of --incident ID and --question TEXT, or --report, or both.", fg="red", err=True)
        raise typer.Exit(1)
    if incident or question:
        asyncio.run(_keep(folder, incident, question, demo))
    if report:
        _explain(folder, "zh" if language == "zh" else "en", out)


def _explain(folder: Path, language: "Language", out: Path | None) -> None:
    from bot.think.diagnosis.bundle import read_bundle
    from bot.think.diagnosis.chart import draw
    from bot.think.diagnosis.diagnose import diagnose
    from bot.think.diagnosis.markdown import as_markdown
    from bot.think.diagnosis.pages import as_pdf

    diagnosis = diagnose(read_bundle(folder))
    kind = out.suffix.lower() if out else ""
    if out is None:
        typer.echo(as_markdown(diagnosis, language))
        return
    if kind == ".md":
        out.write_text(as_markdown(diagnosis, language), encoding="utf-8")
    elif kind == ".pdf":
        out.write_bytes(as_pdf(diagnosis, language))
    elif kind == ".png" and diagnosis.chart is not None:
        out.write_bytes(draw(diagnosis.chart, language))
    else:
        why = "This case has no chart." if kind == ".png" else "The report's file ends in .md, .pdf or .png."
        typer.secho(why, fg="red", err=True)
        raise typer.Exit(1)
    typer.echo(f"The report is in {out}.")


async def _keep(folder: Path, incident_id: str, question: str, demo: bool) -> None:
    from bot.errors import BadInput
    from bot.hall.guard import guard
    from bot.playground.beacon import running
    from bot.rooms import live_reads
    from bot.settings import DutyBotSettings
    from bot.think.diagnosis.investigator import Diagnostician
    from bot.think.diagnosis.keeping import write_bundle
    from bot.think.recall import Recall
    from bot.think.shelf import LibraryShelf
    from knowledge import KnowledgeSettings
    from skills import Clock

    beacon = running()
    if demo and beacon is None:
        typer.secho("No demo runs on this machine: start one with `dutybot demo`.", fg="red", err=True)
        raise typer.Exit(1)
    guard(DutyBotSettings(), keeps_ledger=False)
    clock, incident = Clock(), None
    if incident_id and not demo:
        incident = await _incident(DutyBotSettings().database_url, incident_id)
    if incident_id and incident is None and beacon is not None:
        incident, demo = await _incident(beacon.database_url, incident_id), True
    if incident_id and incident is None:
        raise BadInput("error_no_such_incident", incident=incident_id)
    alerts = incident.alerts if incident else ()
    reads = live_reads(beacon.skills if demo and beacon else {})
    shelf = LibraryShelf(KnowledgeSettings())
    try:
        sight = await Diagnostician(reads, clock.read, recall=Recall(shelf)).look(alerts, question)
    finally:
        await reads.close()
        await shelf.close()
    if incident and incident.report:  # what the report was written with; the bot on duty holds the library
        sight = replace(sight, passages=incident.report.passages or sight.passages)
    ask = {"kind": "alert", "payload": _webhook(alerts)} if alerts else {"kind": "question", "text": question}
    write_bundle(folder, incident_id or folder.name, sight, ask)
    seen = f"{len(sight.things)} objects, {len(sight.tracks)} series, {len(sight.lines)} log lines"
    seen += f", {len(sight.passages)} passages of the library"
    typer.echo(f"Kept in {folder}: {seen}." + (f" Not seen: {', '.join(sight.gaps)}." if sight.gaps else ""))


async def _incident(database_url: str, incident_id: str) -> "Incident | None":
    """Of a database that is there; none is made for the question."""
    from sqlalchemy.engine import make_url

    from bot.database import Database
    from bot.think.grouping import Belonging
    from bot.think.incidents import Incidents
    from skills import Clock

    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(url.database or "").is_file):
        return None
    database = Database(database_url)
    await database.open()
    try:
        return await Incidents(database, Belonging(), Clock().read, str).get(incident_id)
    finally:
        await database.close()


def _webhook(alerts: "tuple[Alert, ...]") -> dict[str, Any]:
    """As Alertmanager sent them."""
    return {
        "version": "4",
        "status": "firing" if any(alert.firing for alert in alerts) else "resolved",
        "alerts": [
            {
                "status": "firing" if alert.firing else "resolved",
                "labels": dict(alert.labels),
                "annotations": dict(alert.annotations),
                "startsAt": alert.starts_at.isoformat(),
                "endsAt": alert.ends_at.isoformat() if alert.ends_at else "0001-01-01T00:00:00Z",
                "fingerprint": alert.fingerprint,
                "generatorURL": alert.url,
            }
            for alert in alerts
        ],
    }
