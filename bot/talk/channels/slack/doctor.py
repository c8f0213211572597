"""What keeps Slack from working, and where to click: scopes, events, forms, the way in, and the clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import ChannelError
from bot.talk.channels.slack.client import SlackClient
from bot.talk.channels.slack.scopes import EVENTS, lacking

MOST_SKEW = 60.0
NAMED = 5


@dataclass(frozen=True, slots=True)
class Ways:
    """How we get in, and how the app's own settings can be read."""

    socket: SlackClient | None = None
    """With the app token; None: Slack calls us."""
    config: SlackClient | None = None
    """With an app configuration token, for the doctor alone."""
    commands: tuple[str, ...] = ()
    """The slash commands that the app should have."""


async def examined(client: SlackClient, bot: str, ways: Ways) -> str:
    """English sentences; empty when all is well. Raises ChannelError when Slack cannot be asked at all."""
    found = [lacking(client.granted)]
    if abs(client.skew) > MOST_SKEW:
        found.append(
            f"The clock here is {client.skew:+.0f} s off Slack's, which refuses what is signed: set it by NTP."
        )
    if ways.socket:
        try:
            await ways.socket.call("apps.connections.open")
        except ChannelError as error:
            why = error.values.get("error", error)
            found.append(
                f"SLACK_APP_TOKEN opens no socket ({why}): it needs connections:write (Basic Information, "
                "App-Level Tokens), and Socket Mode must be on (Settings, Socket Mode)."
            )
        finally:
            await ways.socket.close()
    if ways.config:
        try:
            told = await client.call("bots.info", bot=bot)
            app = str((told.get("bot") or {}).get("app_id") or "")
            exported = await ways.config.call("apps.manifest.export", app_id=app)
            found += unset(exported.get("manifest") or {}, ways.commands, socket=ways.socket is not None)
        except ChannelError as error:
            why = error.values.get("error", error)
            found.append(f"The app's settings cannot be read ({why}): SLACK_CONFIG_TOKEN lasts twelve hours.")
        finally:
            await ways.config.close()
    return " ".join(each for each in found if each)


def unset(manifest: Mapping[str, Any], commands: Sequence[str], *, socket: bool) -> list[str]:
    """What the app's own settings lack."""
    settings, features = manifest.get("settings") or {}, manifest.get("features") or {}
    events = (settings.get("event_subscriptions") or {}).get("bot_events") or ()
    found = []
    if missing := [each for each in EVENTS if each not in events]:
        found.append(f"Slack does not send {', '.join(missing)}: add them under Event Subscriptions.")
    if not (settings.get("interactivity") or {}).get("is_enabled"):
        found.append("Clicks are not sent: switch Interactivity & Shortcuts on.")
    if bool(settings.get("socket_mode_enabled")) is not socket:
        mend = "unset SLACK_APP_TOKEN or switch Socket Mode on" if socket else "switch Socket Mode off"
        found.append(f"Slack and we use different ways in: {mend} (Settings, Socket Mode).")
    if not (features.get("app_home") or {}).get("home_tab_enabled"):
        found.append("The Home tab is off: switch it on under App Home.")
    known = {str(each.get("command")) for each in features.get("slash_commands") or ()}
    if missing := [each for each in commands if each not in known]:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        found.append(
            f"The app lacks the slash commands {', '.join(missing[:NAMED])}{more}: paste the manifest that "
            "`dutybot manifest slack` prints (App Manifest)."
        )
    return found
