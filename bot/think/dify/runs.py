"""The run behind an answer: kept while it works, taken up again after a restart, stopped when nobody wants it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from bot.domain.case import Case
from bot.domain.plan import digest_of
from bot.domain.thought import Began, Thought
from bot.errors import BotError, BrainAway, StoreDown
from bot.think.dify.client import Client
from bot.think.dify.exchange import take_up
from bot.think.dify.listener import Listener
from bot.think.dify.pending import Run, RunsUnderWay


def turn_of(case: Case) -> str:
    """Names the question that a run answers: the same when it is handled again after a restart."""
    return digest_of([case.question, case.asked_by.key, len(case.seen)])


class Runs:
    """All runs of one app. Without a database nothing is kept."""

    def __init__(self, client: Client, kept: RunsUnderWay | None, leaving: Callable[[], bool]) -> None:
        self._client = client
        self._kept = kept
        self._leaving = leaving
        self._errands: set[asyncio.Task[None]] = set()

    async def left(self, case: Case, user: str) -> Run | None:
        """What still worked on this very question when the bot went away; work on another one is stopped."""
        found = await self._kept.of(user) if self._kept else None
        if found is None or found.turn == turn_of(case):
            return found
        self._give_up(user, found.run, found.task)
        return None

    async def begin(self, case: Case, user: str, listener: Listener) -> None:
        """Keep it. An answer does not wait for a database that is down: it could only not be taken up again."""
        run = Run(listener.run, listener.task, listener.conversation or case.conversation, turn_of(case))
        if self._kept and listener.run:
            with contextlib.suppress(StoreDown):
                await self._kept.keep(user, run)

    async def watched(
        self, thoughts: AsyncGenerator[Thought], listener: Listener, user: str, case: Case | None = None
    ) -> AsyncGenerator[Thought]:
        """The same thoughts. `case`: keep the run for it until they end.

        Who leaves in the middle has it stopped, unless we go off duty: then it works on, and is heard after the start.
        """
        known, whole = "", False
        try:
            async with aclosing(thoughts):
                async for thought in thoughts:
                    if case and listener.run and listener.task != known:
                        known = listener.task
                        await self.begin(case, user, listener)
                    yield thought
            if listener.over:
                await self.over(user, listener.run)
                whole = True
        finally:
            if not whole and not (self._leaving() and case and listener.run and not listener.over):
                self._give_up(user, listener.run, "" if listener.over else listener.task)

    async def again(self, run: Run, case: Case, listener: Listener, user: str) -> AsyncGenerator[Thought]:
        """What was under way when the bot went away, heard to its end. Raises BrainAway where Dify has lost it."""
        listener.run, listener.task, listener.conversation = run.run, run.task, run.conversation
        if run.conversation and run.conversation != case.conversation:
            yield Began(run.conversation)
        try:
            async with aclosing(take_up(self._client, listener, user)) as thoughts:
                async for thought in thoughts:
                    yield thought
        except BrainAway as error:
            raise BrainAway("dify_run_lost") from error
        for thought in listener.last_words():
            yield thought

    async def close(self) -> None:
        """Finishes asking Dify to stop what was left."""
        if self._errands:
            await asyncio.wait(self._errands, timeout=5)

    async def over(self, user: str, run: str) -> None:
        """It is not to be taken up again."""
        if run and self._kept:
            with contextlib.suppress(StoreDown):
                await self._kept.over(user, run)

    def _give_up(self, user: str, run: str, task: str) -> None:
        """Without keeping anybody waiting."""
        if task:
            self._errand(self._client.stop(task, user))
        self._errand(self.over(user, run))

    def _errand(self, errand: Awaitable[None]) -> None:
        async def done() -> None:
            with contextlib.suppress(BotError):
                await errand

        task = asyncio.get_running_loop().create_task(done())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
