"""`dutybot dify`: connects a Dify to this bot, and checks that it stays connected."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from bot.errors import BadInput
from bot.settings import DutyBotSettings, read_env_file

if TYPE_CHECKING:
    from bot.domain.message import Language
    from bot.think.dify.apps import Kind
    from bot.think.dify.console import Console
    from bot.think.dify.nodes import Model, Tools

Door = Literal["mcp", "openapi"]
IN_FILES = (
    "query_prometheus",
    "prometheus_top_pods",
    "prometheus_service_latency",
    "loki_search_logs",
    "loki_error_logs",
    "kubernetes_problems",
    "kubernetes_describe",
    "kubernetes_list",
    "search_kb",
    "propose_plan",
)
"""The tools that the apps in prompts/dify name: Dify's pages show ten."""

commands = typer.Typer(help="Connect a Dify to DutyBot, and check that all is well.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="dify")


@commands.command()
def setup(
    kind: str = typer.Option("chatflow", help="chatflow, agent, block or triage; prompts/dify says what each is."),
    model: str = typer.Option("", help="The model's name in Dify, e.g. qwen-max."),
    provider: str = typer.Option("", help="Its provider, e.g. langgenius/tongyi/tongyi."),
    language: str = typer.Option("zh", help="Of the app's prompts: zh or en."),
    doors: str = typer.Option("", help="Where Dify reaches this bot; DOORS_PUBLIC_URL if empty."),
    door: str = typer.Option("mcp", help="mcp, or openapi for a Dify older than 1.9."),
) -> None:
    """Make the tool provider, the app and its key, and try one turn; said again, it brings all of these up to date."""
    read_env_file()
    chosen = _kind(kind), _language(language), _model(model, provider), doors, _door(door)
    raise typer.Exit(asyncio.run(_setup(*chosen)))


@commands.command()
def check(turn: bool = typer.Option(True, help="Also ask one short question, which costs a few tokens.")) -> None:
    """Check the app behind DIFY_KEY; the exit code is 0 only if all is well."""
    read_env_file()
    raise typer.Exit(asyncio.run(_check(DutyBotSettings().language, turn)))


@commands.command()
def apps(folder: str = typer.Option("prompts/dify", help="Where to write them.")) -> None:
    """Write the apps as files, to be imported by hand."""
    from bot.think.dify.apps import as_yaml

    where = Path(folder)
    where.mkdir(parents=True, exist_ok=True)
    for name, written in files().items():
        (where / name).write_text(as_yaml(written), encoding="utf-8")
        typer.echo(where / name)


def files() -> dict[str, dict[str, object]]:
    """Every app that ships, by the name of its file."""
    from bot.think.dify.apps import KINDS, app
    from bot.think.dify.nodes import Model

    tools = _tools(("prometheus", "loki", "kubernetes"), IN_FILES)
    languages: tuple[Language, Language] = ("zh", "en")
    return {f"{kind}.{language}.yml": app(kind, language, Model(), tools) for kind in KINDS for language in languages}


def _tools(switched_on: tuple[str, ...], only: tuple[str, ...] = (), provider: str = "") -> "Tools":
    """What our doors offer, as the apps name it; with the id of a provider: as custom tools, which are flat."""
    from bot.talk.tools.counter import tools_for
    from bot.talk.tools.openapi_door import flat
    from bot.think.dify.apps import tools_of
    from skills import discover

    catalogue = discover(switched_on)
    offered = [tool for tool in tools_for(catalogue.values(), library=True) if not only or tool.name in only]
    if provider:
        plain = ((tool.name, tool.description, flat(tool.schema)) for tool in offered)
        return tools_of(plain, kind="api", provider=provider)
    return tools_of((tool.name, tool.description, tool.schema) for tool in offered)


async def _setup(kind: "Kind", language: "Language", model: "Model", reach: str, door: "Door") -> int:
    from bot.think.dify.apps import app, as_yaml
    from bot.think.dify.console import Console
    from bot.think.dify.settings import ConsoleSettings

    console = Console(ConsoleSettings())
    try:
        await console.sign_in()
        typer.echo("✓ signed in")
        tools = await _provided(console, reach, door) if kind in {"chatflow", "agent"} else _tools(())
        name = f"DutyBot {kind}"
        over, written = await console.app_named(name), app(kind, language, model, tools)
        if kind == "agent" and over:
            made = over
            await console.configure(made, written["model_config"])
        else:
            made = await console.bring_in(as_yaml(written), name, over)
        typer.echo(f"✓ app {made}")
        if kind != "agent":
            await console.publish(made)
            typer.echo("✓ published")
        key = await console.key(made)
    finally:
        await console.close()
    url = ConsoleSettings().url.rstrip("/") + "/v1"
    if kind == "triage":
        typer.echo(f"\nIt takes one alert: POST {url}/workflows/run with Authorization: Bearer {key}\n")
        return await _check(language, True, url, key, triage=True)
    typer.echo(f"\nPut this into .env:\nDIFY_URL={url}\nDIFY_KEY={key}\n")
    return await _check(language, True, url, key)


async def _provided(console: "Console", reach: str, door: "Door") -> "Tools":
    """Our tools, as this Dify knows them from now on."""
    from bot.talk.tools.counter import tools_for
    from bot.talk.tools.openapi_door import describe
    from bot.talk.tools.settings import DoorSettings
    from bot.talk.tools.tokens import secret_with
    from skills import discover

    chosen, skills = DoorSettings(), DutyBotSettings().skills
    token, url = (
        secret_with(chosen.tokens.get_secret_value(), {"read", "plan"}),
        (reach or chosen.public_url).rstrip("/"),
    )
    if door == "mcp":
        await console.mcp_provider(f"{url}/mcp", token)
        typer.echo("✓ tool provider")
        return _tools(skills)
    provider = await console.api_provider(describe(tools_for(discover(skills).values(), library=True), url), token)
    typer.echo(f"✓ tool provider {provider}")
    return _tools(skills, provider=provider)


async def _check(language: "Language", turn: bool, url: str = "", key: str = "", triage: bool = False) -> int:
    from bot.think.dify.apps import INPUTS
    from bot.think.dify.checkup import look, try_triage
    from bot.think.dify.client import Client
    from bot.think.dify.settings import DifySettings

    settings = DifySettings.model_validate({"url": url, "key": key}) if key else DifySettings()
    client = Client(settings)
    wrong = 0
    try:
        found = try_triage(client, language) if triage else look(client, language, frozenset(INPUTS), turn)
        async for finding in found:
            wrong += bool(finding.wrong)
            told = f"✗ {finding.what}: {finding.wrong}" if finding.wrong else f"✓ {finding.what}"
            typer.secho(told, fg="red" if finding.wrong else "green")
    finally:
        await client.close()
    return 1 if wrong else 0


def _kind(written: str) -> "Kind":
    from bot.think.dify.apps import KINDS

    for kind in KINDS:
        if kind == written:
            return kind
    raise BadInput("error_option", option="--kind", value=written, known=", ".join(KINDS))


def _language(written: str) -> "Language":
    if written not in {"zh", "en"}:
        raise BadInput("error_option", option="--language", value=written, known="zh, en")
    return "zh" if written == "zh" else "en"


def _door(written: str) -> "Door":
    if written not in {"mcp", "openapi"}:
        raise BadInput("error_option", option="--door", value=written, known="mcp, openapi")
    return "openapi" if written == "openapi" else "mcp"


def _model(name: str, provider: str) -> "Model":
    from bot.think.dify.nodes import Model

    return Model(name or Model().name, provider or Model().provider)
