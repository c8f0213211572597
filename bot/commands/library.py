"""`dutybot import` and `dutybot library`: fill the library, ask it, and look after it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from knowledge import Library
    from knowledge.importing import Progress

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
SOURCES = "markdown, jira, confluence, zendesk or kubernetes_events"
library_app = typer.Typer(help="Ask the library, and look after it.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("import", help="Bring documents into the library; goes on from where the last import stopped.")(bring)
    app.add_typer(library_app, name="library")


def _with_library(work: "Callable[[Library], Awaitable[None]]") -> None:
    """Opens the library, and says its errors in one sentence."""
    from bot.redaction import mask
    from knowledge import KnowledgeSettings, Library, LibraryError

    async def run() -> None:
        library = await Library.open(KnowledgeSettings(), mask=mask)
        for gap in library.gaps:
            typer.secho(gap, fg="yellow", err=True)
        try:
            await work(library)
        finally:
            await library.close()

    try:
        asyncio.run(run())
    except LibraryError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        typer.secho("Stopped. Run it again: it goes on from here.", err=True)
        raise typer.Exit(130) from None


def bring(
    source: Annotated[str, typer.Argument(help=SOURCES)],
    path: Annotated[str, typer.Argument(help="markdown: a folder, or the address of a Git repository.")] = "",
    url: Annotated[str, typer.Option(help="Address of the source; markdown: where people read the files.")] = "",
    project: Annotated[str, typer.Option(help="Projects, spaces or namespaces, with commas between.")] = "",
    since: Annotated[str, typer.Option(help="How far back: 90d, 12w, 6m, 2y.")] = "",
    branch: Annotated[str, typer.Option(help="markdown: a branch of the repository.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and keep nothing.")] = False,
    afresh: Annotated[bool, typer.Option("--afresh", help="Read everything again.")] = False,
    accept_removals: Annotated[
        bool, typer.Option("--accept-removals", help="Forget documents even if very many are gone.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Exit 0 if all that is new was kept."""
    from knowledge.errors import LibraryError
    from knowledge.importers import make, names
    from knowledge.importing import Progress, run

    if source not in names():
        typer.secho(f"There is no importer '{source}'; there are: {', '.join(names())}.", fg="red", err=True)
        raise typer.Exit(1)
    given = {"path": path, "url": url, "project": project, "since": since, "branch": branch}
    try:
        importer = make(source, {name: value for name, value in given.items() if value})
    except LibraryError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error

    async def work(library: "Library") -> None:
        async def told(progress: Progress) -> None:
            if not as_json:
                typer.echo(f"\r{_line(progress)}", nl=False, err=True)

        done = await run(library, importer, told=told, dry=dry_run, afresh=afresh, accept_removals=accept_removals)
        if as_json:
            typer.echo(json.dumps(asdict(done), indent=2))
        else:
            typer.echo(f"\r{importer.source}: {_line(done)}{' (nothing kept: dry run)' if dry_run else ''}")

    _with_library(work)


def _line(progress: "Progress") -> str:
    of = f" of {progress.total}" if progress.total else ""
    kept = progress.kept
    return (
        f"{progress.seen}{of} read, {kept.added} new, {kept.changed} changed, {kept.same} as before, "
        f"{progress.gone} gone, {kept.embedded} passages embedded"
    )


@library_app.command("search")
def search(
    question: str,
    most: Annotated[int, typer.Option(min=1, max=50)] = 5,
    as_json: Json = False,
) -> None:
    """Ask as the operator of this machine, who may see everything."""

    async def work(library: "Library") -> None:
        from knowledge import Reader

        found = await library.search(question, most, reader=Reader(everything=True))
        if as_json:
            rows = [{"title": p.title, "url": p.url, "source": p.source, "score": round(p.score, 3)} for p in found]
            typer.echo(json.dumps({"passages": rows, "gaps": found.gaps}, ensure_ascii=False, indent=2))
            return
        for passage in found:
            typer.echo(f"{passage.score:.2f}  {passage.citation}\n      {' '.join(passage.text.split())[:200]}")
        if found.nothing_fits:
            typer.echo("Nothing in the library fits.")

    _with_library(work)


@library_app.command("check")
def check(as_json: Json = False) -> None:
    """Is all that is in the books on the shelf, and can it be read back? Exit 1 if not."""

    async def work(library: "Library") -> None:
        from knowledge.upkeep import check as examine

        health = await examine(library)
        if as_json:
            typer.echo(json.dumps(asdict(health) | {"well": health.well}, indent=2))
        else:
            typer.echo(f"{'All is well' if health.well else 'Run `dutybot library reindex`'}: {asdict(health)}")
        if not health.well:
            raise typer.Exit(1)

    _with_library(work)


@library_app.command("reindex")
def reindex() -> None:
    """Fill the shelf of vectors anew from the books; needed after the model was changed."""

    async def work(library: "Library") -> None:
        from knowledge.upkeep import reindex as fill

        typer.echo(f"Done; {await fill(library)} passages had to be read by the model.")

    _with_library(work)


@library_app.command("stats")
def stats(as_json: Json = False) -> None:
    """What it holds, by source, and when each was last imported."""

    async def work(library: "Library") -> None:
        from knowledge.upkeep import stats as count

        told = await count(library)
        if as_json:
            typer.echo(json.dumps(asdict(told), ensure_ascii=False, indent=2))
            return
        typer.echo(f"{told.documents} documents, {told.passages} passages ({told.waiting} waiting), {told.languages}")
        for one in told.sources:
            typer.echo(
                f"  {one.source}: {one.documents} documents{', last import failed: ' + one.error if one.error else ''}"
            )

    _with_library(work)
