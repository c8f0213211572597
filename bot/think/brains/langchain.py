"""Any OpenAI-compatible model as the brain: an agent whose tools look, and propose, but never change anything."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx

from bot.domain.briefing import Briefing
from bot.domain.case import Case
from bot.domain.message import Language
from bot.domain.plan import Plan, Usage
from bot.domain.proposal import Unreadable
from bot.domain.thought import Activity, Thought, Words
from bot.errors import ODD, BotError, BrainAway, BrainRefused
from bot.think import prompts
from bot.think.agent.patience import within
from bot.think.agent.settings import ModelSettings
from bot.think.agent.speaking import chat_of
from bot.think.agent.toolbox import Toolbox
from bot.think.agent.troubles import of_api
from bot.think.dify.veil import Veil, shown_and_blocks
from bot.think.means import Forbids, Look, Means
from bot.think.sentences import say

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_openai import ChatOpenAI

HEALTH_SECONDS = 10.0


@dataclass(slots=True)
class _Heard:
    """One answer as it comes."""

    text: str = ""
    reply: str = ""
    """Id of the reply that is being heard; an answer has one for each round."""
    read: int = 0
    written: int = 0
    veil: Veil = field(default_factory=Veil)

    def words(self, reply: str, text: str) -> list[Thought]:
        if text and self.reply and reply != self.reply and self.text.strip():
            text = "\n\n" + text
        self.reply = reply if text else self.reply
        self.text += text
        shown = self.veil.feed(text)
        return [Words(shown)] if shown else []


class LangChain:
    """Asks one model, round after round, until it answers or proposes."""

    name = "langchain"

    def __init__(self, settings: ModelSettings, look: Look | None = None, forbids: Forbids | None = None) -> None:
        self._settings = settings
        self._look = look
        self._forbids = forbids
        self._model: ChatOpenAI | None = None

    async def think(self, briefing: Briefing) -> AsyncGenerator[Thought]:
        """See Brain.think."""
        if not self._settings.name:
            raise BrainRefused("model_unnamed")
        started = time.monotonic()
        toolbox = Toolbox(briefing, self._look, self._forbids)
        heard, messages = _Heard(), _messages(briefing)
        async with aclosing(self._heard(briefing, toolbox, heard, messages)) as thoughts:
            async for thought in thoughts:
                yield thought
        if rest := heard.veil.rest():
            yield Words(rest)
        plan = self._plan(toolbox, heard)
        if plan.problem and "```aiops-plan" in heard.text:
            yield Activity("model-repair", "propose_plan", "running", plan.problem[:500])
            plan = await self._repaired(briefing, toolbox, heard, plan, messages)
            yield Activity("model-repair", "propose_plan", "failed" if plan.problem else "done")
        usage = replace(plan.usage, seconds=round(time.monotonic() - started, 3))
        yield replace(plan, usage=usage, prompts=prompts.version(), asked=prompts.asked_of(briefing))

    async def _repaired(
        self, briefing: Briefing, toolbox: Toolbox, first: _Heard, plan: Plan, messages: list["BaseMessage"]
    ) -> Plan:
        """Asked once more for the block that could not be read; nothing of this is shown but its outcome."""
        from langchain_core.messages import AIMessage, HumanMessage

        told = [*messages, AIMessage(first.text), HumanMessage(prompts.correction_of(plan.problem))]
        heard = _Heard(read=first.read, written=first.written)
        try:
            async with aclosing(self._heard(briefing, toolbox, heard, told)) as thoughts:
                async for _ in thoughts:
                    pass
            again = self._plan(toolbox, heard)
        except BotError:
            return plan
        problem = again.problem or ("" if again.steps else plan.problem)
        return replace(again, says=plan.says or again.says, problem=problem)

    async def _heard(
        self, briefing: Briefing, toolbox: Toolbox, heard: _Heard, messages: list["BaseMessage"]
    ) -> AsyncGenerator[Thought]:
        await asyncio.to_thread(_load)
        import openai
        from langchain.agents import create_agent
        from langgraph.errors import GraphRecursionError

        language = briefing.case.language
        agent = create_agent(
            self._chat(),
            toolbox.tools() if self._settings.tools else [],
            system_prompt=prompts.house_rules(language)
            + ("" if self._settings.tools else "\n" + prompts.block_rules(language)),
        )
        asked: Any = {"messages": messages}
        stream = agent.astream(asked, {"recursion_limit": 2 * self._settings.rounds + 1}, stream_mode="messages")
        try:
            async for message, _ in within(stream, 2 * self._settings.seconds):
                for thought in _thoughts(message, heard):
                    yield thought
        except GraphRecursionError:
            if not heard.text.strip():
                raise BrainAway("model_rounds", rounds=self._settings.rounds) from None
        except TimeoutError as error:
            raise BrainAway("model_silent", url=self._settings.url) from error
        except (openai.OpenAIError, httpx.TransportError, *ODD) as error:
            raise of_api(error, self._settings.url) from error

    def _plan(self, toolbox: Toolbox, heard: _Heard) -> Plan:
        shown, blocks = shown_and_blocks(heard.text)
        cost = (heard.read * self._settings.price_in + heard.written * self._settings.price_out) / 1e6
        usage = Usage(heard.read + heard.written, cost, self._settings.currency)
        plan = Plan(shown, brain=self.name, usage=usage)
        try:
            found = toolbox.plan or (toolbox.checked(blocks[-1]) if len(blocks) == 1 else None)
            if len(blocks) > 1 and found is None:
                raise Unreadable("more than one plan in one answer: write the one plan that should be taken")
        except Unreadable as error:
            return replace(plan, problem=error.why)
        if found is None and not shown:
            raise BrainAway("model_empty")
        if found is None:
            return plan
        return replace(plan, steps=found.steps, title=found.title, reason=found.reason, id=found.id)

    def _chat(self) -> "ChatOpenAI":
        if self._model is None:
            self._model = chat_of(self._settings, stream_usage=True)
        return self._model

    async def rate(self, case: Case, up: bool | None, why: str = "") -> None:
        """The model does not learn from it."""

    async def suggest(self, case: Case) -> tuple[str, ...]:
        """Would be a further call of the model: not made."""
        return ()

    async def health(self, language: Language = "en") -> str:
        """Asks which models there are; no token is spent."""
        import openai

        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                await self._chat().root_async_client.models.list(timeout=HEALTH_SECONDS)
        except openai.NotFoundError:
            return ""  # some servers chat, and list nothing
        except TimeoutError:
            return say(BrainAway("model_silent", url=self._settings.url), language)
        except (openai.OpenAIError, httpx.TransportError, *ODD) as error:
            return say(of_api(error, self._settings.url), language)
        return say(BotError("model_unnamed"), language) if not self._settings.name else ""

    async def close(self) -> None:
        """The client closes with the loop; nothing is held between answers."""


def _load() -> None:
    """The libraries, at the first question: it takes seconds, in which the others must not wait for an answer."""
    for name in ("openai", "langchain.agents", "langgraph.errors", "langchain_openai"):
        import_module(name)


def _messages(briefing: Briefing) -> list["BaseMessage"]:
    """The turns so far, and the question with all around it."""
    from langchain_core.messages import AIMessage, HumanMessage

    shield = prompts.shield_of(briefing)
    turns: list[BaseMessage] = [
        AIMessage(said) if ours else HumanMessage(shield.block("earlier turn", said))
        for ours, said in list(prompts.turns_of(briefing.case, shield, 2000))[-12:]
    ]
    inputs = prompts.inputs_of(briefing, shield) | {"recap": ""}
    around = "\n".join(f"{name}: {value}" for name, value in inputs.items() if value)
    return [*turns, HumanMessage(f"[DutyBot] inputs\n{around}\n\n{prompts.query_of(briefing, shield=shield)}")]


def _thoughts(message: Any, heard: _Heard) -> list[Thought]:
    from langchain_core.messages import AIMessage, ToolMessage

    if isinstance(message, ToolMessage):
        failed = message.status == "error"
        return [Activity(message.tool_call_id, message.name or "tool", "failed" if failed else "done")]
    if not isinstance(message, AIMessage):
        return []
    if usage := message.usage_metadata:
        heard.read += usage["input_tokens"]
        heard.written += usage["output_tokens"]
    thoughts = heard.words(message.id or "", message.text)
    for call in getattr(message, "tool_call_chunks", []):
        if call.get("name") and call.get("id"):
            thoughts.append(Activity(call["id"], call["name"], "running"))
    return thoughts


def make(means: Means | None = None, settings: ModelSettings | None = None) -> LangChain:
    """Made from the environment; what is handed in wins."""
    chosen = settings or ModelSettings()
    return LangChain(chosen, means.look, means.forbids) if means else LangChain(chosen)
