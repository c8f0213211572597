"""One question to Dify and its answer, whatever happens on the way: a conversation that is gone, a line that breaks."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from bot.domain.message import Thread
from bot.domain.thought import Activity, Began, Thought
from bot.errors import BotError, BrainAway, BrainRefused, ConversationGone
from bot.think.dify.client import Client, LineLost
from bot.think.dify.events import Event
from bot.think.dify.forms import Form
from bot.think.dify.listener import Listener

RESUME_AFTER = (0.5, 2.0, 5.0)
"""Seconds before each attempt to take up a run again."""
ENDED = {"succeeded", "partial-succeeded", "failed", "stopped"}
"""What Dify calls a run that is over."""

Body = Callable[[bool], Mapping[str, Any]]
"""Makes the request; True: for a conversation that knows nothing yet."""


def owner_of(thread: Thread) -> str:
    """The `user` that a thread's conversation belongs to; Dify fails on more than 255 characters."""
    key = thread.key
    return key if len(key) <= 255 else key[:180] + ":" + hashlib.sha256(key.encode()).hexdigest()


async def ask(client: Client, body: Body, listener: Listener, user: str, fresh: bool) -> AsyncGenerator[Thought]:
    """Thoughts as they come; afterwards the listener knows how it ended. Raises our errors."""
    try:
        async with aclosing(_first(client, body, listener, fresh)) as thoughts:
            async for thought in thoughts:
                yield thought
    except LineLost:
        if listener.ended != "answered":
            if not listener.run:
                raise BrainAway("dify_stream_cut") from None
            async with aclosing(take_up(client, listener, user)) as thoughts:
                async for thought in thoughts:
                    yield thought
    for thought in listener.last_words():
        yield thought


async def _first(client: Client, body: Body, listener: Listener, fresh: bool) -> AsyncGenerator[Thought]:
    """In the conversation that we know; in a new one, with a recap, where Dify no longer knows it."""
    request = body(fresh)
    try:
        async with aclosing(_heard(client.chat(request), listener, str(request["conversation_id"]))) as thoughts:
            async for thought in thoughts:
                yield thought
    except ConversationGone:
        if fresh or listener.events:
            raise
        async with aclosing(_heard(client.chat(body(True)), listener)) as thoughts:
            async for thought in thoughts:
                yield thought


async def answer_form(client: Client, form: Form, choice: str, inputs: Mapping[str, str], user: str) -> None:
    """Answer what a chatflow waits for. Raises our errors."""
    body = {"inputs": dict(inputs), "action": choice, "user": user}
    await client.call("POST", f"/form/human_input/{form.token}", json=body)


async def after_form(client: Client, form: Form, listener: Listener, user: str) -> AsyncGenerator[Thought]:
    """How a chatflow goes on that was answered. Raises our errors."""
    listener.run = form.run
    try:
        async with aclosing(_heard(client.resume(form.run, user), listener)) as thoughts:
            async for thought in thoughts:
                yield thought
    except (LineLost, BrainAway):
        async with aclosing(take_up(client, listener, user)) as thoughts:
            async for thought in thoughts:
                yield thought
    for thought in listener.last_words():
        yield thought


async def _heard(events: AsyncGenerator[Event], listener: Listener, expected: str = "") -> AsyncGenerator[Thought]:
    async with aclosing(events):
        async for event in events:
            if expected and event.conversation_id and event.conversation_id != expected:
                raise BrainRefused("dify_other_conversation")
            began = event.conversation_id and not listener.conversation
            thoughts = listener.hear(event)
            if began:
                yield Began(event.conversation_id)
            for thought in thoughts:
                yield thought
            if listener.over:
                return


async def take_up(client: Client, listener: Listener, user: str) -> AsyncGenerator[Thought]:
    """A chatflow goes on without us: hear the rest of it, and take its whole text from its end."""
    listener.resume()
    run = listener.run
    yield Activity(f"line-{run}", "reconnect", "running")
    for seconds in RESUME_AFTER:
        await asyncio.sleep(seconds)
        try:
            async with aclosing(_heard(client.resume(run, user), listener)) as thoughts:
                async for thought in thoughts:
                    yield thought
            if listener.over:
                yield Activity(f"line-{run}", "reconnect", "done")
                return
        except BrainRefused:
            break
        except (LineLost, BotError):
            continue
    for thought in await _ended_meanwhile(client, listener):
        yield thought
    yield Activity(f"line-{run}", "reconnect", "done" if listener.over else "failed")
    if not listener.over:
        raise BrainAway("dify_stream_cut")


async def _ended_meanwhile(client: Client, listener: Listener) -> list[Thought]:
    """Where the events of a run cannot be had: what came of it, if it is over."""
    try:
        told = await client.call("GET", f"/workflows/run/{listener.run}")
    except BotError:
        return []
    if not isinstance(told, dict) or told.get("status") not in ENDED:
        return []
    return listener.hear(Event(event="workflow_finished", data=told))
