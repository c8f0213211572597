"""`dutybot operator`: does what was approved, with rights of its own; makes its keys, and lists the rights it needs."""

import asyncio
import signal
import socket
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
    operator = typer.Typer(help="The process that changes the cluster, and nothing else (ACT_MODE=operator).")
    operator.command("run", help="Watch Remediations and do those that the bot has signed.")(run)
    operator.command("keys", help="Make the pair of keys: one for the bot, one for the operator.")(keys)
    operator.command("rights", help="Print the ClusterRole that the switched-on actions need.")(rights)
    operator.command("admission", help="Print the ValidatingAdmissionPolicies for both accounts.")(admission)
    app.add_typer(operator, name="operator")


def run() -> None:
    """Until told to stop."""
    asyncio.run(_run())


async def _run() -> None:
    from bot.act.settings import ActSettings
    from bot.act.signing import public_key
    from bot.hall.guard import guard
    from bot.operator.remediation import Remediator
    from bot.operator.watching import watch
    from bot.rooms import rules
    from bot.settings import DutyBotSettings
    from bot.telemetry import log_as
    from skills import Clock, discover
    from skills.kubernetes.connection import connection
    from skills.kubernetes.settings import KubernetesSettings

    house, act, clock = DutyBotSettings(), ActSettings(), Clock()
    log_as(house.log_level, house.log_format)
    guard(house, keeps_ledger=False)
    catalogue = discover(house.skills, clock, {})
    (policy, posted), key = rules(house, act, clock), public_key(act.public_key_file)
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    remediator = Remediator(catalogue, policy, key, clock.read, socket.gethostname())
    keeping = asyncio.create_task(posted.keep()) if posted else None
    typer.echo(f"Watching Remediations in {act.namespace}")
    try:
        server = connection(KubernetesSettings())
        await watch(remediator, server, act.namespace, stop, peers=act.peers, policies=bool(act.policy))
    finally:
        if posted and keeping:
            keeping.cancel()
            await posted.close()
        await catalogue.close()


def keys(
    folder: Annotated[Path, typer.Option(help="Where the two files are written.")] = Path(),
) -> None:
    """An Ed25519 pair."""
    from bot.act.signing import new_pair

    folder.mkdir(parents=True, exist_ok=True)
    private, public = folder / "dutybot-signing.pem", folder / "dutybot-signing.pub.pem"
    new_pair(private, public)
    typer.echo(f"The bot's:      ACT_SIGNING_KEY_FILE={private}\nThe operator's: ACT_PUBLIC_KEY_FILE={public}")


def rights() -> None:
    """YAML, for kubectl or the chart."""
    import yaml

    from bot.operator.rights import operator_role
    from bot.settings import DutyBotSettings
    from skills import Clock, discover

    catalogue = discover(DutyBotSettings().skills, Clock(), {})
    typer.echo(yaml.safe_dump(operator_role(catalogue.values()), sort_keys=False))


def admission(
    bot: Annotated[str, typer.Option(help="The bot's account, as namespace:name.")] = "dutybot:dutybot",
    operator: Annotated[str, typer.Option(help="The operator's account.")] = "dutybot:dutybot-operator",
) -> None:
    """YAML: the bot may only try things out, and only the operator may say what came of a Remediation."""
    import yaml

    from bot.operator.admission import policies

    made = policies(f"system:serviceaccount:{bot}", f"system:serviceaccount:{operator}")
    typer.echo(yaml.safe_dump_all(made, sort_keys=False))
