"""What Feishu must allow us and tell us, as the manifest asks for it and the doctor looks for it."""

from collections.abc import Mapping
from typing import Any

SCOPES = {
    "im:message.p2p_msg:readonly": "what people write to it alone",
    "im:message.group_at_msg:readonly": "what names it in groups",
    "im:message:send_as_bot": "to answer",
    "im:message:update": "to keep its cards up to date",
    "im:resource": "charts, long logs, and files that people attach",
    "cardkit:card:write": "answers that are typed as they come",
    "contact:user.base:readonly": "names",
    "contact:user.email:readonly": "to know one person in Slack and Feishu as one",
    "contact:user.department:readonly": "roles by department",
}
OPTIONAL = {
    "im:message.group_msg": "sensitive: what follows in its own threads without naming it",
    "contact:department.organize:readonly": "to tell all approvers of a department when somebody breaks the glass",
    "im:chat.members:read": "roles by group chat",
    "contact:group:readonly": "roles by user group",
    "im:message.urgent": "urgent notices for dangerous approvals (FEISHU_URGENT)",
    "application:app_slash_command:write": "the panel of slash commands",
    "application:application:self_manage": "so that `dutybot doctor` can see events and callbacks",
}
EVENTS = ("im.message.receive_v1",)
CALLBACKS = ("card.action.trigger",)
MORE_EVENTS = ("application.bot.menu_v6", "im.chat.access_event.bot_p2p_chat_entered_v1")
"""Worth having: the bot's own menu, and a greeting for whoever opens the conversation."""


def lacking(granted: list[Mapping[str, Any]]) -> str:
    """One English sentence on what is not granted; empty when nothing is missing."""
    given = {str(each.get("scope_name", "")) for each in granted if each.get("grant_status") == 1}
    missing = [name for name in SCOPES if name not in given]
    if not missing:
        return ""
    where = "Permissions / 权限管理, then release a version / 版本管理与发布"
    return f"Feishu has not granted {', '.join(missing)}: add them under {where}."


def unsubscribed(app: Mapping[str, Any], socket: bool) -> str:
    """English sentences on events and callbacks that will not come, or come by another way than ours."""
    found = []
    for kind, wanted, page in (
        ("event", EVENTS, "Event configuration / 事件配置"),
        ("callback", CALLBACKS, "Callback configuration / 回调配置"),
    ):
        told = app.get(kind) or app.get(f"{kind}_info") or {}
        heard = told.get(f"subscribed_{kind}s") or ()
        if missing := [each for each in wanted if each not in heard]:
            found.append(f"{', '.join(missing)} is not subscribed: Events & Callbacks / 事件与回调, {page}.")
        way = str(told.get("subscription_type" if kind == "event" else "callback_type") or "")
        if way and (way == "websocket") is not socket:
            mode = "FEISHU_MODE=socket" if way == "websocket" else "FEISHU_MODE=webhook"
            found.append(f"Feishu sends {kind}s by {way}: set {mode}, or change it under {page}.")
    return " ".join(found)
