"""`dutybot import` and `dutybot library`: fill the library, ask it, and look after it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from knowledge import Library
    from knowledge.importers import Importer
    from knowledge.importing import Progress as Progressed
    from knowledge.importing import Told

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
OWN = "incidents"
SOURCES = "markdown, jira, confluence, zendesk, kubernetes_events, or incidents (our own)"
library_app = typer.Typer(help="Ask the library, and look after it.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("import", help="Bring documents into the library; goes on from where the last import stopped.")(bring)
    app.add_typer(library_app, name="library")


def _with_library(work: "Callable[[Library], Awaitable[None]]") -> None:
    """Opens the library, and says its errors in one sentence."""
    from bot.hall.guard import guard
    from bot.redaction import mask
    from bot.settings import DutyBotSettings
    from knowledge import KnowledgeSettings, Library, LibraryError

    guard(DutyBotSettings(), keeps_ledger=False)

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
        typer.secho(mask(str(error)), fg="red", err=True)
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
    tenant: Annotated[str, typer.Option(help="Workspace whose people alone find it, by the platform's id.")] = "",
    label: Annotated[str, typer.Option(help="Only for who holds this label: a role, or `reads` in the policy.")] = "",
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on listening until it is stopped; kubernetes_events.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Exit 0 if all that is new was kept."""
    from knowledge.importers import live_names, names

    known = sorted({*names(), OWN})
    wrong = f"There is no importer '{source}'; there are: {', '.join(known)}." if source not in known else ""
    if follow and source not in live_names():
        wrong = wrong or f"{source} cannot be listened to; {', '.join(live_names())} can."
    if wrong:
        typer.secho(wrong, fg="red", err=True)
        raise typer.Exit(1)
    given = {"path": path, "url": url, "project": project, "since": since, "branch": branch}
    how = _How(dry_run, afresh, accept_removals, as_json, follow, tenant, label)
    _with_library(lambda library: _brought(library, source, given, how))


@dataclass(frozen=True, slots=True)
class _How:
    """What the switches of an import say."""

    dry: bool
    afresh: bool
    accept_removals: bool
    as_json: bool
    follow: bool
    tenant: str
    label: str


async def _brought(library: "Library", source: str, given: dict[str, str], how: _How) -> None:
    """Once; or, for what can be listened to, round after round until it is stopped."""
    from knowledge.importing import run
    from knowledge.syncing import ROUND

    while True:
        async with _importer(source, given) as importer:
            with _bar(importer.source, quiet=how.as_json) as told:
                done = await run(
                    library,
                    importer,
                    told=told,
                    dry=how.dry,
                    afresh=how.afresh,
                    accept_removals=how.accept_removals,
                    tenant=how.tenant,
                    label=how.label,
                    follow=ROUND if how.follow else 0,
                )
        if how.as_json:
            typer.echo(json.dumps(asdict(done), indent=None if how.follow else 2))
        else:
            typer.echo(f"{importer.source}: {_line(done)}{' (nothing kept: dry run)' if how.dry else ''}")
        if not how.follow:
            return


@asynccontextmanager
async def _importer(source: str, given: dict[str, str]) -> "AsyncIterator[Importer]":
    """By its name; our own incidents are read from the house's database."""
    from knowledge.importers import make

    if source != OWN:
        yield make(source, {name: value for name, value in given.items() if value})
        return
    from bot.app import build
    from bot.errors import StoreDown
    from bot.settings import DutyBotSettings
    from knowledge.errors import SourceAway

    alone = {"channels": ("web",), "alerts": (), "brains": ("scripted",), "home": ""}
    house = build(DutyBotSettings().model_copy(update=alone))
    try:
        await house.database.open()
        yield house.shelf.lent[OWN]()
    except StoreDown as error:
        raise SourceAway("import_away", source=OWN, why=str(error)) from error
    finally:
        await house.close()


@contextmanager
def _bar(source: str, quiet: bool) -> "Iterator[Told]":
    """A bar on the terminal, as far as the source tells how much there is."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), disable=quiet) as shown:
        task = shown.add_task(source, total=None)

        async def told(progress: "Progressed") -> None:
            kept = progress.kept
            about = f"{source}: {kept.added} new, {kept.changed} changed, {kept.embedded} passages embedded"
            about += f", {progress.odd} could not be read" if progress.odd else ""
            shown.update(task, completed=progress.seen, total=progress.total, description=about)

        yield told


def _line(progress: "Progressed") -> str:
    of = f" of {progress.total}" if progress.total else ""
    kept, odd = progress.kept, f", {progress.odd} could not be read and were left out" if progress.odd else ""
    return (
        f"{progress.seen}{of} read, {kept.added} new, {kept.changed} changed, {kept.same} as before, "
        f"{progress.gone} gone, {kept.embedded} passages embedded{odd}"
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
            if passage.case and (passage.case.cause or passage.case.fix):
                told = ((name, " ".join(getattr(passage.case, name).split())[:160]) for name in ("cause", "fix"))
                typer.echo("\n".join(f"      {name} (by {passage.case.by}): {text}" for name, text in told if text))
            for twin in passage.twins:
                typer.echo(f"      the same: {twin.title} {twin.url}")
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


@library_app.command("forget")
def forget(
    source: Annotated[str, typer.Argument(help="As `dutybot library stats` calls it.")],
    tenant: Annotated[str, typer.Option(help="The workspace that it was read for; without: what all may find.")] = "",
) -> None:
    """Drop all that was read from a source, for instance before it is read for one workspace alone."""

    async def work(library: "Library") -> None:
        from knowledge.upkeep import forget as drop

        typer.echo(f"{await drop(library, source, tenant)} documents forgotten.")

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
        waiting = f" ({told.waiting} waiting)" if told.model else ""
        typer.echo(f"{told.documents} documents, {told.passages} passages{waiting}, {told.languages}")
        typer.echo(f"model: {told.model or 'none, by words alone'}")
        if told.cases["all"]:
            typer.echo(
                f"{told.cases['all']} cases, {told.cases['well_told']} with cause and fix, {told.cases['by_brain']} "
                "read by a brain"
            )
        for one in told.sources:
            ran = f", last read {datetime.fromtimestamp(one.ran, UTC).astimezone():%Y-%m-%d %H:%M}" if one.ran else ""
            failed = f", which failed: {one.error}" if one.error else ""
            typer.echo(f"  {one.source}: {one.documents} documents, {one.passages} passages{ran}{failed}")

    _with_library(work)
