"""`dutybot forecast`: looks three days ahead for anyone's own series, from a file or a PromQL expression."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

BAR = 40
CHART = "forecast.png"


class _PlotAlone(TyperCommand):
    """`--plot` without a file draws into the usual one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for at, told in enumerate(args):
            if told == "--plot" and (at + 1 == len(args) or args[at + 1].startswith("-")):
                args[at] = f"--plot={CHART}"
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the command."""
    about = "Look days ahead for a series of your own: a CSV file, or a PromQL expression."
    app.command("forecast", cls=_PlotAlone, help=about)(forecast)


def forecast(
    series: Annotated[Path | None, typer.Option(help="CSV with lines of time,value or name,time,value.")] = None,
    query: Annotated[str, typer.Option(help="PromQL; asked of PROMETHEUS_URL.")] = "",
    days: Annotated[int, typer.Option(min=1, max=14, help="How many days ahead.")] = 3,
    ceiling: Annotated[float | None, typer.Option(help="The value at which it is full.")] = None,
    model: Annotated[str, typer.Option(help="lstm, or another model to compare with.")] = "lstm",
    counter: Annotated[bool, typer.Option("--counter", help="The file holds a counter that only grows.")] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Write a chart to this PNG file; forecast.png where none is named.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write CSV, Markdown and PNG into this folder.")] = None,
    language: Annotated[str, typer.Option(help="en or zh; CAPACITY_LANGUAGE when empty.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Exit 0 if something could be told."""
    from skills.capacity.desk import Desk
    from skills.errors import SkillError

    if (series is None) == (not query):
        _fail("Give either --series FILE or --query PROMQL.")
    try:
        desk = Desk(language)
        if series is not None:
            told = desk.of_file(series, days, ceiling, model, counter=counter, progress=_progress)
        else:
            told = asyncio.run(desk.of_query(query, days, ceiling, model, _progress))
        if report is not None:
            typer.echo("\n".join(desk.keep(told, report)), err=True)
        if plot is not None:
            plot.write_bytes(desk.chart(told))
    except SkillError as error:
        _fail(_worded(error, language))
    except OSError as error:
        _fail(f"{error.filename or plot or series}: {error.strerror or error}")
    typer.echo(json.dumps(desk.as_json(told), ensure_ascii=False, indent=2) if as_json else desk.as_text(told))
    if not desk.anything(told):
        raise typer.Exit(1)


def _progress(done: int, of: int) -> None:
    """One bar that is written over, where a person waits and there is more than one piece."""
    if of > 1 and sys.stderr.isatty():
        filled = BAR * done // of
        typer.echo(f"\r[{'#' * filled}{'.' * (BAR - filled)}] {done} / {of}", nl=done == of, err=True)


def _worded(error: Exception, language: str) -> str:
    from bot.talk.cards.words import Words
    from skills.errors import SkillError

    if not isinstance(error, SkillError):
        return str(error)
    return Words("zh" if language == "zh" else "en").of_error(error.key, error.values, str(error))


def _fail(sentence: str) -> None:
    typer.secho(sentence, fg="red", err=True)
    raise typer.Exit(1)
