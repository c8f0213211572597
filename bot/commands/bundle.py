"""`dutybot bundle`: keeps one case whole, so that anyone can replay it; and explains one that was kept."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.domain.alert import Alert
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
) -> None:
    """Exactly one of --incident, --question and --report."""
    if sum((bool(incident), bool(question), report)) != 1:
        typer.secho("Give one of --incident ID, --question TEXT and --report.", fg="red", err=True)
        raise typer.Exit(1)
    if report:
        _explain(folder, "zh" if language == "zh" else "en", out)
    else:
        asyncio.run(_keep(folder, incident, question))


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


async def _keep(folder: Path, incident_id: str, question: str) -> None:
    from bot.database import Database
    from bot.errors import BadInput
    from bot.rooms import live_reads
    from bot.settings import DutyBotSettings
    from bot.think.diagnosis.investigator import Diagnostician
    from bot.think.diagnosis.keeping import write_bundle
    from bot.think.grouping import Belonging
    from bot.think.incidents import Incidents
    from skills import Clock

    alerts: tuple[Alert, ...] = ()
    clock = Clock()
    if incident_id:
        database = Database(DutyBotSettings().database_url)
        await database.open()
        found = await Incidents(database, Belonging(), clock.read, str).get(incident_id)
        await database.close()
        if found is None:
            raise BadInput("error_no_such_incident", incident=incident_id)
        alerts = found.alerts
    reads = live_reads({})
    try:
        sight = await Diagnostician(reads, clock.read).look(alerts, question)
    finally:
        await reads.close()
    ask = {"kind": "alert", "payload": _webhook(alerts)} if alerts else {"kind": "question", "text": question}
    write_bundle(folder, incident_id or folder.name, sight, ask)
    seen = f"{len(sight.things)} objects, {len(sight.tracks)} series, {len(sight.lines)} log lines"
    typer.echo(f"Kept in {folder}: {seen}." + (f" Not seen: {', '.join(sight.gaps)}." if sight.gaps else ""))


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
