"""Is the Dify app behind our key the one we need: looked at from outside, one sentence for each thing that is wrong."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from bot.domain.message import Language
from bot.errors import BotError
from bot.think.dify.client import Client, LineLost
from bot.think.dify.listener import Listener
from bot.think.dify.troubles import of_failure
from bot.think.sentences import say

CHATS = {"agent-chat", "advanced-chat", "chat", "agent"}
MISSING_ICON = "#252525"
"""Of a tool whose provider is gone: Dify shows it so, and drops the tool without a word."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; not `wrong`: it is well."""

    what: str
    wrong: str = ""


async def look(client: Client, language: Language, inputs: frozenset[str], turn: bool) -> AsyncIterator[Finding]:
    """From the key to the first answer; ends at what makes the rest pointless."""
    try:
        told = await client.call("GET", "/info")
    except BotError as error:
        yield Finding("key", say(error, language))
        return
    mode = told.get("mode") if isinstance(told, dict) else ""
    if mode not in CHATS:
        yield Finding("app", say(of_failure("not_chat_app", "400", ""), language))
        return
    yield Finding(f"app ({mode})")
    yield await _form(client, language, inputs)
    if mode == "agent-chat":
        yield await _tools(client, language)
    if turn:
        yield await _turn(client, language)


async def _form(client: Client, language: Language, sent: frozenset[str]) -> Finding:
    try:
        told = await client.call("GET", "/parameters")
    except BotError as error:
        return Finding("inputs", say(error, language))
    for each in told.get("user_input_form") or [] if isinstance(told, dict) else []:
        field: Any = next(iter(each.values()), {}) if isinstance(each, dict) else {}
        if isinstance(field, dict) and field.get("required") and field.get("variable") not in sent:
            return Finding("inputs", say(BotError("dify_inputs", why=str(field.get("variable"))), language))
    return Finding("inputs")


async def _tools(client: Client, language: Language) -> Finding:
    try:
        told = await client.call("GET", "/meta")
    except BotError as error:
        return Finding("tools", say(error, language))
    icons = told.get("tool_icons") if isinstance(told, dict) else None
    for icon in (icons or {}).values():
        if isinstance(icon, dict) and icon.get("background") == MISSING_ICON:
            return Finding("tools", say(BotError("dify_tools_missing"), language))
    return Finding("tools")


async def _turn(client: Client, language: Language) -> Finding:
    """One short turn. What it says does not matter; that it ends does."""
    body = {
        "query": "Say OK.",
        "inputs": {},
        "user": "dutybot:check",
        "response_mode": "streaming",
        "auto_generate_name": False,
    }
    listener = Listener()
    try:
        async with aclosing(client.chat(body)) as events:
            async for event in events:
                listener.hear(event)
                if listener.over:
                    break
    except BotError as error:
        return Finding("turn", say(error, language))
    except LineLost:
        return Finding("turn", say(BotError("dify_stream_cut"), language))
    if listener.ended == "failed":
        return Finding("turn", say(of_failure(*listener.failure), language))
    return Finding("turn") if listener.answer.strip() else Finding("turn", say(BotError("dify_empty"), language))


async def try_triage(client: Client, language: Language) -> AsyncIterator[Finding]:
    """The workflow that reads one alert: is it one, and does it say something of an alert."""
    try:
        told = await client.call("GET", "/info")
    except BotError as error:
        yield Finding("key", say(error, language))
        return
    mode = told.get("mode") if isinstance(told, dict) else ""
    if mode != "workflow":
        yield Finding("app", say(of_failure("not_workflow_app", "400", ""), language))
        return
    yield Finding("app (workflow)")
    yield await _alert(client, language)


async def _alert(client: Client, language: Language) -> Finding:
    """One made-up alert; what it says of it does not matter."""
    inputs = {"alert": "TestAlert: nothing is wrong, this only tries the workflow", "findings": "", "zone": "UTC"}
    body = {"inputs": inputs, "user": "dutybot:check", "response_mode": "streaming"}
    listener, said = Listener(), ""
    try:
        async with aclosing(client.run(body)) as events:
            async for event in events:
                listener.hear(event)
                if listener.over:
                    outputs = event.data.get("outputs")
                    said = str(outputs.get("text") or "") if isinstance(outputs, dict) else ""
                    break
    except BotError as error:
        return Finding("alert", say(error, language))
    except LineLost:
        return Finding("alert", say(BotError("dify_stream_cut"), language))
    if listener.ended != "answered":
        return Finding("alert", say(of_failure(*listener.failure), language))
    return Finding("alert") if said.strip() else Finding("alert", say(BotError("dify_empty"), language))
