"""`dutybot policy`: what the rules say of somebody's request, whether the file is right, and its JSON Schema."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path | None, typer.Option("--file", help="The policy; else DUTYBOT_POLICY_PATH, else the built-in.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    policy = typer.Typer(help="Who may do what: explain a request, check the file, print its schema.")
    policy.command("explain", help='As "web::asker kubernetes.rollout_restart shop/Deployment/order".')(explain)
    policy.command("check", help="Say whether the file can be used.")(check)
    policy.command("schema", help="Print the JSON Schema of the file.")(schema)
    app.add_typer(policy, name="policy")


def explain(
    request: Annotated[
        str, typer.Argument(help="WHO ACTION TARGET [LABEL=VALUE…]; a target is namespace/Kind/name or Kind/name.")
    ],
    file: File = None,
) -> None:
    """What would come of it, and by which rule."""
    from bot.act.explain import explained
    from bot.act.policy import DEFAULT, Policy
    from bot.settings import DutyBotSettings

    settings = DutyBotSettings()
    lines = explained(request, Policy.read(file or settings.policy_path or DEFAULT), settings.skills)
    typer.echo("\n".join(lines))


def check(file: File = None) -> None:
    """Exit 0 when it can be used."""
    from bot.act.policy import DEFAULT, Policy
    from bot.settings import DutyBotSettings

    path = file or DutyBotSettings().policy_path or DEFAULT
    Policy.read(path)
    typer.echo(f"{path}: right.")


def schema() -> None:
    """For editors, as the first line of policy.yaml names it."""
    from bot.act.rules import schema as made

    json.dump(made(), sys.stdout, ensure_ascii=False, indent=2)
    typer.echo("")
