"""The tool calls that Dify's agents make on their own, as far as the stream tells of them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.thought import Activity
from bot.think.dify.events import Event

PROPOSE = "propose_plan"
_PLAN_ID = re.compile(r'"plan_id"\s*:\s*"([^"\\]{1,100})"')
_REFUSED = re.compile(r'"status"\s*:\s*"rejected"|tool invoke error|"isError"\s*:\s*true')


@dataclass(frozen=True, slots=True)
class Proposed:
    """One finished call of our propose_plan tool."""

    arguments: Mapping[str, Any]
    response: str

    @property
    def plan_id(self) -> str:
        """As our own door answered it; empty when some other tool did."""
        found = _PLAN_ID.search(self.response)
        return found[1] if found else ""

    @property
    def refused(self) -> bool:
        return bool(_REFUSED.search(self.response))


def from_thought(event: Event) -> tuple[Activity | None, Proposed | None]:
    """Of an agent_thought: one row for a round of the model, sent again as it fills; parallel calls collapse in it."""
    if not event.tool:
        return None, None
    names = list(dict.fromkeys(event.tool.split(";")))
    done = bool(event.observation)
    activity = Activity(event.id, ", ".join(names), "done" if done else "running", event.tool_input[:500])
    proposing = next((name for name in names if name.endswith(PROPOSE)), "")
    if not (done and proposing):
        return activity, None
    given = _object(event.tool_input).get(proposing)
    heard = _object(event.observation).get(proposing)
    if not isinstance(given, Mapping):
        return activity, None
    return activity, Proposed(given, heard if isinstance(heard, str) else event.observation)


def from_log(event: Event) -> tuple[Activity | None, Proposed | None]:
    """Of an agent_log: what the Agent node writes; no call is lost in it."""
    label = event.of("label")
    if not label.startswith("CALL "):
        return None, None
    name = label.removeprefix("CALL ")
    status = event.of("status")
    output = _fields(_fields(event.data.get("data")).get("output"))
    given = output.get("tool_call_input")
    detail = json.dumps(given, ensure_ascii=False)[:500] if isinstance(given, Mapping) else event.of("error")[:500]
    state = {"success": "done", "error": "failed"}.get(status, "running")
    activity = Activity(event.of("id"), name, state, detail)  # type: ignore[arg-type]
    if status != "success" or not name.endswith(PROPOSE) or not isinstance(given, Mapping):
        return activity, None
    response = output.get("tool_response")
    return activity, Proposed(given, response if isinstance(response, str) else "")


def _object(text: str) -> Mapping[str, Any]:
    try:
        return _fields(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _fields(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
