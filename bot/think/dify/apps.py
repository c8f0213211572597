"""The Dify apps that people import, made from the house rules and a list of tools; as files in prompts/dify/."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import yaml

from bot.domain.message import Language
from bot.think import prompts
from bot.think.dify import nodes
from bot.think.dify.nodes import Model, Tools

Kind = Literal["chatflow", "agent", "block", "triage"]
KINDS: dict[Kind, str] = {
    "chatflow": "start -> agent -> answer; the main app: tools run live, plans are bound to the conversation",
    "agent": "a classic agent; light: needs no plugin, but an answer that is cut off is lost",
    "block": "start -> model -> answer; needs no way from Dify to DutyBot: plans come as a block of the answer",
    "triage": "a workflow for one alert: what it means, how bad it is, what to look at first",
}
INPUTS = {
    "thread": 300,
    "speaker": 300,
    "language": 10,
    "zone": 100,
    "now": 60,
    "incident": 6_000,
    "open_plans": 4_000,
    "findings": 40_000,
    "recap": 6_000,
    "actions": 40_000,
}
"""What each turn brings, with room to spare: an input that is too long is refused."""


def tools_of(listed: Iterable[tuple[str, str, Mapping[str, Any]]], **more: Any) -> Tools:
    """From names, descriptions and JSON schemas."""
    return Tools(
        tuple((name, text.split("\n")[0][:200], tuple(schema.get("properties", {}))) for name, text, schema in listed),
        **more,
    )


def app(kind: Kind, language: Language, model: Model, tools: Tools) -> dict[str, Any]:
    """One app, as Dify's DSL has it."""
    match kind:
        case "agent":
            return _top(kind, language, "agent-chat", "0.3.0") | {"model_config": _agent_chat(language, model, tools)}
        case "chatflow":
            thinks = nodes.agent(model, tools, _told(language))
            graph = [nodes.start(INPUTS), thinks, nodes.answer("{{#agent.text#}}")]
            return _top(kind, language, "advanced-chat", "0.6.0") | {"workflow": nodes.workflow(graph)}
        case "block":
            thinks = nodes.model(model, _told(language) + "\n" + prompts.block_rules(language) + ACTIONS, chat=True)
            graph = [nodes.start(INPUTS), thinks, nodes.answer("{{#llm.text#}}")]
            whole = nodes.workflow(graph, files=True)
            return _top(kind, language, "advanced-chat", "0.6.0") | {"workflow": whole}
        case "triage":
            thinks = nodes.model(model, prompts.triage_rules(language), user=TRIAGED[language])
            graph = [nodes.start({"alert": 20_000, "findings": 40_000, "zone": 100}), thinks, nodes.end()]
            return _top(kind, language, "workflow", "0.6.0") | {"workflow": nodes.workflow(graph)}


class _Plain(yaml.SafeDumper):
    """Without anchors: what occurs twice is written twice."""

    def ignore_aliases(self, _value: Any) -> bool:
        return True


def as_yaml(written: Mapping[str, Any]) -> str:
    """As a file. The version must stay a string: Dify refuses a bare number."""
    text: str = yaml.dump(dict(written), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=1000)
    return text


def _top(kind: Kind, language: Language, mode: str, version: str) -> dict[str, Any]:
    return {
        "version": version,
        "kind": "app",
        "app": {
            "name": f"dutybot-{kind}-{language}",
            "mode": mode,
            "icon": "🚨",
            "icon_type": "emoji",
            "icon_background": "#FFEAD5",
            "description": KINDS[kind],
            "use_icon_as_answer_icon": False,
        },
        "dependencies": [],
    }


def _told(language: Language, form: str = "{{{{#start.{}#}}}}") -> str:
    """The house rules, then every input under its name."""
    around = "\n".join(f"{name}: {form.format(name)}" for name in INPUTS if name != "actions")
    return f"{prompts.house_rules(language)}\n[DutyBot] inputs\n{around}\n"


def _agent_chat(language: Language, model: Model, tools: Tools) -> dict[str, Any]:
    off: dict[str, Any] = {"enabled": False}
    called: list[dict[str, Any]] = [
        {
            "enabled": True,
            "provider_type": tools.kind,
            "provider_id": tools.provider,
            "provider_name": tools.provider,
            "tool_name": name,
            "tool_label": name,
            "tool_parameters": {},
        }
        for name, _, _ in tools.named
    ]
    return {
        "model": {"provider": model.provider, "name": model.name, "mode": "chat", "completion_params": {}},
        "pre_prompt": _told(language, "{{{{{}}}}}"),
        "prompt_type": "simple",
        "user_input_form": [
            {"paragraph": {"label": name, "variable": name, "required": False, "max_length": most, "default": ""}}
            for name, most in INPUTS.items()
        ],
        "agent_mode": {
            "enabled": True,
            "strategy": "function_call",
            "max_iteration": 8,
            "prompt": None,
            "tools": called,
        },
        "dataset_configs": {"datasets": {"datasets": []}, "retrieval_model": "multiple", "top_k": 4},
        "retriever_resource": {"enabled": True},
        "suggested_questions": [],
        "suggested_questions_after_answer": off,
        "annotation_reply": off,
        "more_like_this": off,
        "sensitive_word_avoidance": {**off, "type": "", "configs": []},
        "speech_to_text": off,
        "text_to_speech": {**off, "language": "", "voice": ""},
        "file_upload": nodes.uploads(),
        "opening_statement": "",
        "chat_prompt_config": {},
        "completion_prompt_config": {},
        "external_data_tools": [],
        "dataset_query_variable": "",
    }


ACTIONS = "\nactions:\n{{#start.actions#}}\n"
TRIAGED = {
    "en": "Alert:\n{{#start.alert#}}\n\nWhat is known already:\n{{#start.findings#}}\n\nZone: {{#start.zone#}}",
    "zh": "告警：\n{{#start.alert#}}\n\n已知情况：\n{{#start.findings#}}\n\n时区：{{#start.zone#}}",
}
