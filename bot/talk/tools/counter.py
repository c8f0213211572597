"""What every door offers, in no protocol's words: the looks, the library, and the one way to propose."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.approval import Refusal
from bot.domain.message import Person, Thread
from bot.domain.plan import Step
from bot.domain.proposal import Unreadable, plan_from, proposal_schema, tool_names
from bot.domain.telling import cut, in_words, names_of
from bot.errors import BotError
from bot.redaction import mask
from bot.shield import NAME, Shield, names_in
from bot.talk.tools.offers import Offers
from bot.talk.tools.tokens import Caller, Scope
from knowledge import Passage
from skills import Action, Evidence, Risk

PROPOSE = "propose_plan"
SEARCH = "search_kb"

PerformRead = Callable[[Step, Person, Thread], Awaitable[Evidence | Refusal]]
Search = Callable[[str, int], Awaitable[Iterable[Passage]]]
Forbids = Callable[[Step], str]


@dataclass(frozen=True, slots=True)
class Tool:
    """One thing that a brain may call."""

    name: str
    description: str
    schema: Mapping[str, Any]
    scope: Scope


@dataclass(frozen=True, slots=True)
class Reply:
    """What the brain reads; not `ok`: it may correct itself."""

    text: str
    ok: bool = True


class Counter:
    """Hears calls, and answers each in words, within bounds."""

    def __init__(
        self,
        actions: Iterable[Action],
        perform_read: PerformRead,
        forbids: Forbids,
        offers: Offers,
        search: Search | None = None,
        seconds: float = 24.0,
        most_reply: int = 8000,
    ) -> None:
        self._actions = tuple(actions)
        self._looks = {name: each for name, each in tool_names(self._actions).items() if each.risk is Risk.READ}
        self._perform_read = perform_read
        self._forbids = forbids
        self._offers = offers
        self._search = search
        self._seconds = seconds
        self._most_reply = most_reply

    def tools(self) -> tuple[Tool, ...]:
        """All of them, in one order."""
        return tools_for(self._actions, library=self._search is not None)

    def tool(self, name: str) -> Tool | None:
        return next((tool for tool in self.tools() if tool.name == name), None)

    async def call(self, name: str, arguments: Mapping[str, Any], caller: Caller) -> Reply:
        """Never raises for what a caller sent."""
        try:
            async with asyncio.timeout(self._seconds):
                reply = await self._call(name, arguments, caller)
        except TimeoutError:
            reply = Reply(f"{name} took longer than {self._seconds:g} s; ask for less, or a shorter time range.", False)
        except BotError as error:
            reply = Reply(f"{name} cannot be done now ({error.key}); try again later.", False)
        return Reply(_within(mask(reply.text), self._most_reply), reply.ok)

    async def _call(self, name: str, arguments: Mapping[str, Any], caller: Caller) -> Reply:
        if name == PROPOSE:
            return await self._propose(arguments)
        if name == SEARCH and self._search:
            return await self._look_up(arguments)
        action = self._looks.get(name)
        if action is None:
            known = ", ".join(tool.name for tool in self.tools())
            return Reply(f"There is no tool {name[:80]!r}; there are: {known}.", False)
        who = Person(caller.name, caller.name, "tools")
        seen = await self._perform_read(Step(action.name, dict(arguments)), who, Thread("tools", caller.name))
        shield = Shield(names_of(seen) | names_in(str(each) for each in arguments.values()))
        told = shield.block("seen", in_words(seen, self._most_reply - 200, shield))
        return Reply(told, not isinstance(seen, Refusal))

    async def _look_up(self, arguments: Mapping[str, Any]) -> Reply:
        query = arguments.get("query")
        if not isinstance(query, str) or not query.strip():
            return Reply("query: say what to look for", False)
        passages = await self.passages(query[:2000], 5)
        shield = Shield(names_in(NAME.findall(query[:2000])))
        told = [f"{shield.text(mask(each.title))}:\n{shield.text(mask(cut(each.text, 1400)))}" for each in passages]
        return Reply(shield.block("library", "\n\n".join(told)) or "Nothing in the library fits.")

    async def passages(self, query: str, most: int) -> tuple[Passage, ...]:
        """The nearest passages, best first."""
        return tuple(await self._search(query, most))[:most] if self._search else ()

    async def _propose(self, arguments: Mapping[str, Any]) -> Reply:
        conversation = arguments.get("conversation_id")
        conversation = conversation if isinstance(conversation, str) else ""
        try:
            plan = plan_from(arguments, self._actions)
        except Unreadable as error:
            return _rejected(error.why)
        refused = [why for step in plan.steps if (why := self._forbids(step))]
        if refused:
            return _rejected(*refused)
        name = await self._offers.offer(plan, conversation)
        return Reply(json.dumps({"plan_id": name, "status": "pending_approval", "note": NOTE}, ensure_ascii=False))


def tools_for(actions: Iterable[Action], library: bool) -> tuple[Tool, ...]:
    """The looks, the library, and the one way to propose."""
    every = tuple(actions)
    looks = [
        Tool(name, each.description[:1000], each.schema(), "read")
        for name, each in tool_names(every).items()
        if each.risk is Risk.READ
    ]
    search = [Tool(SEARCH, SEARCHING, SEARCH_SCHEMA, "knowledge")] if library else []
    return (*looks, *search, _proposing([each for each in every if each.risk is not Risk.READ]))


def _proposing(changes: Sequence[Action]) -> Tool:
    schema = proposal_schema(changes)
    schema["properties"]["conversation_id"] = {
        "type": "string",
        "description": "Bind it to sys.conversation_id; leave it empty otherwise.",
    }
    lines = [
        f"- {each.name}({', '.join(each.schema().get('properties', {}))}) {each.risk.name}: {each.summary}"
        for each in changes
    ]
    return Tool(PROPOSE, cut(PROPOSING + "\n" + "\n".join(lines), 4000), schema, "plan")


def _rejected(*reasons: str) -> Reply:
    text = json.dumps({"status": "rejected", "reasons": [cut(each, 2500) for each in reasons]}, ensure_ascii=False)
    return Reply(text, False)


def _within(text: str, most: int) -> str:
    raw = text.encode("utf-8", "replace")
    if len(raw) <= most:
        return text
    return raw[: most - 60].decode("utf-8", "ignore") + "\n… (cut: ask for less)"


NOTE = "Kept. People decide on it in the thread; tell the user so, and do not wait."
SEARCHING = "Search past incidents and runbooks. Cite the title and link of what you use."
SEARCH_SCHEMA = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What to look for, in either language."}},
    "required": ["query"],
}
PROPOSING = (
    "Propose ONE plan of changes; people decide on it, and it is carried out only with their leave. "
    "If it is rejected, the reasons say what to correct. Actions that a step may name:"
)
