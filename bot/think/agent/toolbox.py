"""What a model may call: each action that only looks, and one tool to propose a plan."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.domain.briefing import Briefing
from bot.domain.plan import Plan, Step
from bot.domain.proposal import Unreadable, plan_from, proposal_schema, tool_names
from bot.think.means import Forbids, Look
from bot.think.prompts import seen_text
from skills import Action, Risk

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool


@dataclass(slots=True)
class Toolbox:
    """The tools of one answer, and the plan that was proposed with them."""

    briefing: Briefing
    look: Look | None = None
    forbids: Forbids | None = None
    plan: Plan | None = None

    def tools(self) -> list["BaseTool"]:
        """Without a way to look, looking is proposed too, and done between the rounds."""
        from langchain_core.tools import StructuredTool

        looks = {name: action for name, action in tool_names(self.briefing.actions).items() if action.risk is Risk.READ}
        made: list[BaseTool] = [
            StructuredTool(
                name=name,
                description=action.description[:1000],
                args_schema=action.schema(),
                func=None,
                coroutine=self._looking(action),
            )
            for name, action in (looks if self.look else {}).items()
        ]
        proposing = StructuredTool(
            name="propose_plan",
            description=self._how_to_propose(),
            args_schema=proposal_schema(self.briefing.actions),
            func=None,
            coroutine=self._propose,
        )
        return [*made, proposing]

    def _looking(self, action: Action) -> Callable[..., Awaitable[str]]:
        async def look(**arguments: Any) -> str:
            if self.look is None:
                return "cannot look now"
            step = Step(action.name, arguments)
            return seen_text(await self.look(step, self.briefing.case))

        return look

    async def _propose(self, **written: Any) -> str:
        try:
            plan = self.checked(written)
        except Unreadable as error:
            return json.dumps({"status": "rejected", "reasons": [error.why]}, ensure_ascii=False)
        self.plan = plan
        return json.dumps({"plan_id": plan.id, "status": "pending_approval", "note": "Tell the user; do not wait."})

    def checked(self, written: str | Mapping[str, Any]) -> Plan:
        """The plan, if every step of it may be asked for by somebody. Raises Unreadable, with what to correct."""
        plan = plan_from(written, self.briefing.actions)
        refused = [why for step in plan.steps if self.forbids and (why := self.forbids(step))]
        if refused:
            raise Unreadable("; ".join(refused))
        return plan

    def _how_to_propose(self) -> str:
        offered = [action for action in self.briefing.actions if self.look is None or action.risk is not Risk.READ]
        told = "\n".join(
            f"- {action.name}({', '.join(action.schema().get('properties', {}))}): {action.summary}"
            for action in offered
        )
        return f"Propose one plan; people decide. Actions:\n{told}"[:6000]
