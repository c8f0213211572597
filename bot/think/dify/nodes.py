"""The nodes of a Dify graph, as its DSL writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

PROVIDER = "dutybot"
"""How our MCP server is named in Dify."""
STRATEGY = "langgenius/agent"
MEMORY = {
    "query_prompt_template": "{{#sys.query#}}",
    "role_prefix": {"assistant": "", "user": ""},
    "window": {"enabled": True, "size": 20},
}


MOST_FILES = 5


@dataclass(frozen=True, slots=True)
class Model:
    """The model that an app asks, as Dify names it."""

    name: str = "gpt-4.1"
    provider: str = "langgenius/openai/openai"


@dataclass(frozen=True, slots=True)
class Tools:
    """What the app may call. `kind` mcp is found by our own name; api by an id that each workspace gives anew."""

    named: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Name, description, parameters."""
    kind: Literal["mcp", "api"] = "mcp"
    provider: str = PROVIDER


def start(inputs: Mapping[str, int]) -> dict[str, Any]:
    """Takes the inputs; none is required, so that the app can be tried by hand."""
    variables = [
        {"variable": name, "label": name, "type": "paragraph", "max_length": most, "required": False, "options": []}
        for name, most in inputs.items()
    ]
    return {"id": "start", "data": {"type": "start", "title": "Start", "variables": variables}}


def agent(model: Model, tools: Tools, instruction: str) -> dict[str, Any]:
    """The classic Agent node; propose_plan is told the conversation by Dify itself, not by the model."""
    chosen = {
        "provider": model.provider,
        "model": model.name,
        "model_type": "llm",
        "mode": "chat",
        "completion_params": {},
        "type": "model-selector",
    }
    parameters = {
        "model": chosen,
        "tools": [_tool(tools, *each) for each in tools.named],
        "instruction": instruction,
        "query": "{{#sys.query#}}",
        "maximum_iterations": 8,
    }
    return {
        "id": "agent",
        "data": {
            "type": "agent",
            "title": "Agent",
            "version": "1",
            "tool_node_version": "2",
            "agent_strategy_provider_name": f"{STRATEGY}/agent",
            "agent_strategy_name": "function_calling",
            "agent_strategy_label": "FunctionCalling",
            "output_schema": None,
            "plugin_unique_identifier": f"{STRATEGY}:0.0.45@{'0' * 64}",
            "memory": {**MEMORY, "query_prompt_template": ""},
            "agent_parameters": {name: {"type": "constant", "value": value} for name, value in parameters.items()},
        },
    }


def _tool(tools: Tools, name: str, description: str, parameters: tuple[str, ...]) -> dict[str, Any]:
    given: dict[str, Any] = {each: {"auto": 1, "value": None} for each in parameters}
    if "conversation_id" in given:
        bound = {"type": "variable", "value": ["sys", "conversation_id"]}
        given["conversation_id"] = {"auto": 0, "value": bound}
    return {
        "enabled": True,
        "type": tools.kind,
        "provider_name": tools.provider,
        "provider_show_name": "DutyBot",
        "tool_name": name,
        "tool_label": name,
        "tool_description": description,
        "settings": {},
        "parameters": given,
        "extra": {"description": ""},
    }


def uploads(most: int = MOST_FILES) -> dict[str, Any]:
    """People may send files along: the bot uploads them, so no other way is open."""
    ways = ["local_file"]
    return {
        "enabled": True,
        "allowed_file_types": ["image", "document"],
        "allowed_file_extensions": [],
        "allowed_file_upload_methods": ways,
        "number_limits": most,
        "image": {"enabled": True, "detail": "high", "number_limits": most, "transfer_methods": ways},
    }


def model(chosen: Model, system: str, user: str = "{{#sys.query#}}", chat: bool = False) -> dict[str, Any]:
    """One call of a model; in a conversation it sees what people sent along."""
    sees = {"enabled": True, "configs": {"variable_selector": ["sys", "files"], "detail": "high"}}
    told: dict[str, Any] = {
        "type": "llm",
        "title": "LLM",
        "model": {"provider": chosen.provider, "name": chosen.name, "mode": "chat", "completion_params": {}},
        "prompt_template": [{"role": "system", "text": system}, {"role": "user", "text": user}],
        "vision": sees if chat else {"enabled": False},
        "context": {"enabled": False, "variable_selector": []},
        "structured_output_enabled": False,
    }
    return {"id": "llm", "data": told | ({"memory": MEMORY} if chat else {})}


def answer(text: str) -> dict[str, Any]:
    """What a chatflow says."""
    return {"id": "answer", "data": {"type": "answer", "title": "Answer", "answer": text, "variables": []}}


def end() -> dict[str, Any]:
    """What a workflow gives back."""
    outputs = [{"variable": "text", "value_selector": ["llm", "text"], "value_type": "string"}]
    return {"id": "end", "data": {"type": "end", "title": "End", "outputs": outputs}}


def workflow(line: Sequence[dict[str, Any]], files: bool = False) -> dict[str, Any]:
    """The nodes one after the other. `files`: people may send some along."""
    off: dict[str, Any] = {"enabled": False}
    return {
        "conversation_variables": [],
        "environment_variables": [],
        "features": {
            "file_upload": uploads() if files else off,
            "opening_statement": "",
            "retriever_resource": {"enabled": True},
            "sensitive_word_avoidance": off,
            "speech_to_text": off,
            "suggested_questions": [],
            "suggested_questions_after_answer": off,
            "text_to_speech": off,
        },
        "graph": {
            "nodes": [_placed(each, place) for place, each in enumerate(line)],
            "edges": [_edge(one, other) for one, other in pairwise(line)],
            "viewport": {"x": 0, "y": 0, "zoom": 1},
        },
    }


def _placed(node: dict[str, Any], place: int) -> dict[str, Any]:
    at = {"x": 30 + 300 * place, "y": 200}
    return {
        "id": node["id"],
        "type": "custom",
        "data": {"selected": False, "desc": "", **node["data"]},
        "position": dict(at),
        "positionAbsolute": dict(at),
        "sourcePosition": "right",
        "targetPosition": "left",
        "width": 244,
        "height": 90,
        "selected": False,
    }


def _edge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{one['id']}-source-{other['id']}",
        "source": one["id"],
        "sourceHandle": "source",
        "target": other["id"],
        "targetHandle": "target",
        "type": "custom",
        "zIndex": 0,
        "data": {
            "isInIteration": False,
            "isInLoop": False,
            "sourceType": one["data"]["type"],
            "targetType": other["data"]["type"],
        },
    }
