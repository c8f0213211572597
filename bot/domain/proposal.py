"""What a brain proposes, not yet trusted: read, checked against what can be done, and made into steps."""

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from bot.domain.plan import Plan, Step, digest_of
from bot.errors import BadInput
from skills import Action, SkillError

MOST_STEPS = 10
MOST_CHARACTERS = 20_000


class Unreadable(BadInput):
    """A plan that cannot be taken as it is; `why` says what to correct, in words that the brain can act on."""

    key = "error_plan_unreadable"

    def __init__(self, why: str) -> None:
        super().__init__("", why=why)
        self.why = why


class ProposedStep(BaseModel):
    """One step as a model writes it: arguments in their own object, or beside the action's name."""

    model_config = ConfigDict(extra="allow")

    action: str = Field(min_length=1, max_length=200)
    arguments: dict[str, Any] = Field(default_factory=dict)
    why: str = Field(default="", max_length=2000)

    def all_arguments(self) -> dict[str, Any]:
        return {**(self.model_extra or {}), **self.arguments}


class Proposal(BaseModel):
    """A plan as a model writes it."""

    model_config = ConfigDict(extra="ignore")

    title: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=4000)
    steps: list[ProposedStep] = Field(min_length=1, max_length=MOST_STEPS)

    def steps_of(self, actions: Iterable[Action]) -> tuple[Step, ...]:
        """Each step with its action's full name and its arguments normalised. Raises Unreadable."""
        known = names_of(actions)
        return tuple(_step(number, step, known) for number, step in enumerate(self.steps, 1))


def read_proposal(written: str | Mapping[str, Any]) -> Proposal:
    """From JSON text, or from a tool call's arguments, whose steps may be JSON text in turn. Raises Unreadable."""
    try:
        value = _json(written if isinstance(written, str) else json.dumps(dict(written)))
        if isinstance(value, Mapping) and "steps" not in value and "steps_json" in value:
            value = {**value, "steps": value["steps_json"]}
        if isinstance(value, Mapping) and isinstance(value.get("steps"), str):
            value = {**value, "steps": _json(value["steps"])}
        if isinstance(value, Mapping) and isinstance(value.get("steps"), Mapping):
            value = {**value, "steps": [value["steps"]]}
        return Proposal.model_validate(value)
    except ValidationError as error:
        raise Unreadable(_first_fault(error)) from None


def plan_from(written: str | Mapping[str, Any], actions: Iterable[Action], says: str = "", id: str = "") -> Plan:
    """The checked plan. Raises Unreadable."""
    proposal = read_proposal(written)
    steps = proposal.steps_of(actions)
    name = id or "P-" + digest_of([proposal.title, [step.digest for step in steps]])[:10]
    return Plan(says, steps, proposal.title, proposal.reason, name)


def names_of(actions: Iterable[Action]) -> dict[str, Action]:
    """Every name that an action answers to: full, as a tool (`kubernetes_scale`), and short where only one has it."""
    every = tuple(actions)
    short: dict[str, list[Action]] = {}
    for action in every:
        short.setdefault(action.name.partition(".")[2], []).append(action)
    names = {name: alike[0] for name, alike in short.items() if len(alike) == 1}
    names |= {action.name.replace(".", "_"): action for action in every}
    return names | {action.name: action for action in every}


def tool_names(actions: Iterable[Action]) -> dict[str, Action]:
    """One name for each action that any tool protocol accepts: with its skill, unless its own name has it already."""
    return {_tool_name(action): action for action in actions}


def _tool_name(action: Action) -> str:
    skill, _, short = action.name.partition(".")
    return short if skill in short else f"{skill}_{short}"


def proposal_schema(actions: Iterable[Action]) -> dict[str, Any]:
    """What propose_plan takes, as JSON Schema."""
    names = sorted(action.name for action in actions)
    step = {
        "type": "object",
        "properties": {
            "action": {"type": "string"} | ({"enum": names} if names else {}),
            "arguments": {"type": "object"},
            "why": {"type": "string"},
        },
        "required": ["action", "arguments"],
    }
    return {
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "In a few words."},
            "reason": {"type": "string", "description": "The evidence, the risk, and how it is undone."},
            "steps": {"type": "array", "items": step, "minItems": 1, "maxItems": 10},
        },
        "required": ["title", "reason", "steps"],
    }


def _step(number: int, step: ProposedStep, known: Mapping[str, Action]) -> Step:
    action = known.get(step.action)
    if action is None:
        near = difflib.get_close_matches(step.action, known, n=1, cutoff=0.3)
        hint = f"The nearest is {known[near[0]].name}." if near else ""
        every = ", ".join(sorted({action.name for action in known.values()})) or "none"
        raise Unreadable(f"step {number}: there is no action {step.action[:80]!r}. {hint} There are: {every}.")
    try:
        return Step(action.name, action.normalise(step.all_arguments()), step.why)
    except SkillError as error:
        wanted = json.dumps(action.schema(), ensure_ascii=False)[:1500]
        raise Unreadable(f"step {number}, {action.name}: {error} Its arguments are: {wanted}") from error


def _json(text: str) -> Any:
    if len(text) > MOST_CHARACTERS:
        raise Unreadable(f"the plan is longer than {MOST_CHARACTERS} characters")
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise Unreadable(f"this is not JSON: {str(error)[:200]}") from None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in fault["loc"]) or "the plan"
    return (
        f'{where}: {fault["msg"]}. A plan is {{"title": "…", "reason": "…", '
        '"steps": [{"action": "…", "arguments": {…}, "why": "…"}]}'
    )
