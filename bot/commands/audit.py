"""`dutybot audit`: what was done, by whom and by whose leave; and whether anybody changed that since."""

import csv
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

Ledger = Annotated[Path | None, typer.Option("--ledger", help="The ledger's file; DUTYBOT_LEDGER_PATH when left out.")]
COLUMNS = ("seq", "at", "who", "did", "to", "outcome", "leave", "thread")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    audit = typer.Typer(help="What was done, by whom, by whose leave, and whether the record of it is whole.")
    audit.command("verify", help="Check every seal; the exit code is 0 only if nothing was changed or cut.")(verify)
    audit.command("show", help="The newest records, or those that fit.")(show)
    audit.command("export", help="All records as JSON lines or CSV.")(export)
    app.add_typer(audit, name="audit")


def _path(given: Path | None) -> Path:
    from bot.settings import DutyBotSettings

    return given or DutyBotSettings().ledger_path


def verify(ledger: Ledger = None) -> None:
    """Every seal, from the first record to the anchor."""
    from bot.act.ledger.file import FileLedger
    from bot.act.ledger.reading import verified

    kept = FileLedger(_path(ledger))
    if not kept.path.exists() and not kept.anchor_path.exists():
        typer.secho(f"There is no ledger at {kept.path}: nothing was written yet.", fg="yellow")
        raise typer.Exit(2)
    count, fault = verified(kept.path, kept.anchor_path, kept.seal())
    if fault:
        typer.secho(f"✗ {count} records hold. Line {fault.line}: {fault.why}.", fg="red")
        raise typer.Exit(1)
    typer.secho(f"✓ {count} records, none changed, none missing.", fg="green")


def show(
    ledger: Ledger = None,
    last: Annotated[int, typer.Option(help="At most so many, newest last.")] = 20,
    match: Annotated[str, typer.Option(help="Only those in which this text stands: a person, a workload…")] = "",
) -> None:
    """One line each."""
    from collections import deque

    from bot.act.ledger.reading import records

    fitting = (
        (seq, record)
        for seq, record in records(_path(ledger))
        if match.lower() in f"{record.who} {record.did} {record.to} {record.outcome} {record.leave}".lower()
    )
    for seq, record in deque(fitting, maxlen=max(1, last)):
        leave = f" (leave: {record.leave})" if record.leave else ""
        told = (
            f"{seq:>6}  {record.at:%Y-%m-%d %H:%M:%S}  {record.who}  {record.did}  {record.to}  {record.outcome}{leave}"
        )
        typer.echo("".join(letter if letter.isprintable() else " " for letter in told))


def export(
    ledger: Ledger = None,
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="jsonl or csv.")] = "jsonl",
) -> None:
    """To standard output."""
    from bot.act.ledger.reading import lines_of, records

    if form == "jsonl":
        for line in lines_of(_path(ledger)):
            sys.stdout.write(line)
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for seq, record in records(_path(ledger)):
        cells = [seq, record.at.isoformat(), *(str(getattr(record, name)) for name in COLUMNS[2:])]
        writer.writerow([f"'{cell}" if str(cell).startswith(("=", "+", "-", "@")) else cell for cell in cells])
