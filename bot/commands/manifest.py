"""`dutybot manifest slack|feishu`: what to paste into the platform's console, so that nothing is forgotten."""

from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml

MORE_EVENTS = ("agent_session_title_changed", "app_uninstalled", "tokens_revoked")
"""Worth being told of, and acknowledged."""


class Platform(StrEnum):
    """Where the app is to be made."""

    SLACK = "slack"
    FEISHU = "feishu"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("manifest", help="Print what to paste into Slack or Feishu to make the app.")(manifest)


def manifest(
    platform: Annotated[Platform, typer.Argument(help="slack or feishu")],
    url: Annotated[str, typer.Option(help="Our public address, for events over HTTP; none: we call them.")] = "",
) -> None:
    """On standard output, ready to be pasted."""
    if platform is Platform.SLACK:
        typer.echo(yaml.safe_dump(slack(url.rstrip("/")), allow_unicode=True, sort_keys=False), nl=False)
    else:
        typer.echo(feishu(url.rstrip("/")), nl=False)


def slack(url: str = "") -> dict[str, Any]:
    """For “Create an app from a manifest”."""
    from bot.settings import DutyBotSettings
    from bot.talk.cards.words import Words
    from bot.talk.channels.slack.commands import slash_commands
    from bot.talk.channels.slack.scopes import EVENTS, SCOPES
    from bot.talk.hints import hints
    from skills import discover

    words = Words("en")
    typed = hints(discover(DutyBotSettings().skills))("en")
    way_in = f"{url}/slack/events"
    reached = {"request_url": way_in} if url else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {"name": "DutyBot", "description": "Looks, explains, asks for leave, acts, verifies"},
        "features": {
            "agent_view": {
                "agent_description": "The on-call teammate: diagnoses incidents and runs what you approve",
                "suggested_prompts": [
                    {"title": words(f"prompt_{n}"), "message": words(f"prompt_{n}_asks")} for n in range(1, 5)
                ],
            },
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "dutybot", "always_online": True},
            "slash_commands": slash_commands(typed, words("ask_anything"), way_in if url else ""),
            "shortcuts": [
                {
                    "type": "message",
                    "name": "Investigate this",
                    "callback_id": "investigate_message",
                    "description": "Ask DutyBot about this message",
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**reached, "bot_events": [*EVENTS, *MORE_EVENTS]},
            "interactivity": {"is_enabled": True, **reached},
            "socket_mode_enabled": not url,
        },
    }


def feishu(url: str = "") -> str:
    """What to click, in order: Feishu has no manifest to paste."""
    from bot.talk.channels.feishu.scopes import CALLBACKS, EVENTS, MORE_EVENTS, OPTIONAL, SCOPES

    scopes = "\n".join(f"     {name:<40} {why}" for name, why in SCOPES.items())
    optional = "\n".join(f"     {name:<40} {why}" for name, why in OPTIONAL.items())
    if url:
        way_in = f"webhook: {url}/feishu/events, with Encrypt Key and Verification Token set (FEISHU_MODE=webhook)"
    else:
        way_in = "long connection / 长连接 (FEISHU_MODE=socket); start DutyBot first, or it cannot be saved"
    return f"""Feishu: https://open.feishu.cn/app  ·  Lark: https://open.larksuite.com/app (FEISHU_API_URL)
  1. Create a custom app / 创建企业自建应用, and add the feature Bot / 机器人.
  2. Credentials & Basic Info / 凭证与基础信息: App ID and App Secret into FEISHU_APP_ID and FEISHU_APP_SECRET.
  3. Permissions / 权限管理:
{scopes}
     optional / 可选:
{optional}
  4. Events & Callbacks / 事件与回调, Event configuration / 事件配置: {way_in}
     event: {", ".join(EVENTS)}
     worth having / 建议: {", ".join(MORE_EVENTS)}
  5. Callback configuration / 回调配置, in the same way: {", ".join(CALLBACKS)}
     (without it people see error 200340 when they click)
  6. Bot menu / 机器人自定义菜单 (optional): entries of the kind "push an event", each with a command as its key,
     e.g. home, approve, help. The panel of slash commands (斜杠指令) fills itself.
  7. Version Management & Release / 版本管理与发布: create a version and release it; nothing counts before.
"""
