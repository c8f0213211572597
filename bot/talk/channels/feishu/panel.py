"""Feishu's own panel of slash commands: ours are written into it at the start, each once. What fails is only noted."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from bot.errors import ChannelError
from bot.talk.channels.feishu.client import FeishuClient
from bot.talk.hints import Hint, Hints

log = structlog.get_logger()
QUIET, PAUSE = 5.0, 0.5
"""Seconds before the first command, and between two: clients show them after some minutes anyway."""
PATH = "/application/v7/app_slash_commands"


async def register(client: FeishuClient, hints: Hints, pause: float = 0.0) -> int:
    """Add those that are missing. Gives how many were added; older clients show none, and text works everywhere."""
    known = await _known(client)
    chinese = {each.command: each.about for each in hints("zh")}
    added = 0
    for hint in hints("en"):
        name = hint.command.removeprefix("/")
        if name in known:
            continue
        await asyncio.sleep(pause)
        await client.call("POST", PATH, json=_command(name, hint, chinese[hint.command]))
        added += 1
    return added


async def keep(client: FeishuClient, hints: Hints) -> None:
    """Soon after the start, without taking anything from what people wait for."""
    await asyncio.sleep(QUIET)
    try:
        if added := await register(client, hints, PAUSE):
            log.info("slash commands were added to feishu's panel", count=added)
    except ChannelError as error:
        log.info("feishu's panel of slash commands stays as it is", why=str(error))


async def _known(client: FeishuClient) -> set[str]:
    found: set[str] = set()
    page = ""
    while True:
        told = await client.call("GET", PATH, params={"page_size": "50", **({"page_token": page} if page else {})})
        items: Sequence[dict[str, Any]] = told.get("items") or told.get("app_slash_commands") or ()
        found |= {str(each.get("command", "")).removeprefix("/") for each in items}
        page = str(told.get("page_token") or "")
        if not page or not told.get("has_more"):
            return found


def _command(name: str, hint: Hint, chinese: str) -> dict[str, Any]:
    told = f"{hint.about} · {hint.usage}" if " " in hint.usage else hint.about
    return {
        "command": name,
        "description": {"default_value": told[:100], "i18n": {"en_us": told[:100], "zh_cn": chinese[:100]}},
    }
