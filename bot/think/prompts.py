"""What we tell a brain: the turn's question, and all around it, each part bounded; and the house rules, from files."""

import functools
import hashlib
import json
from pathlib import Path

from bot.domain.approval import Refusal
from bot.domain.briefing import Briefing
from bot.domain.case import Case
from bot.domain.incident import Incident
from bot.domain.message import Language
from bot.domain.telling import cut, in_words
from bot.redaction import mask
from skills import Action, Evidence

PROMPTS = Path(__file__).parents[2] / "prompts"
MOST_QUESTION = 20_000
MOST_OF_ONE = 2_500
MOST_FINDINGS = 12_000
MOST_PASSAGES = 6_000
MOST_RECAP = 3_000
MOST_ACTIONS = 16_000


def inputs_of(briefing: Briefing) -> dict[str, str]:
    """The same names every turn: an input that is left out would read as "None" in the prompt."""
    case = briefing.case
    return {
        "thread": case.thread.key[:255],
        "speaker": f"{case.asked_by.name} ({case.asked_by.id})"[:200],
        "language": case.language,
        "zone": case.asked_by.zone,
        "now": briefing.now.isoformat(timespec="seconds"),
        "incident": incident_text(case.incident) if case.incident else "",
        "open_plans": cut("\n".join(briefing.open_plans), 2_000),
        "findings": findings_text(briefing),
        "recap": recap_of(case),
        "actions": actions_text(briefing.actions),
    }


def query_of(briefing: Briefing, fresh: bool = False) -> str:
    """The turn's own words; after the first round, what came of the steps. `fresh`: the brain knows nothing yet."""
    case = briefing.case
    parts = []
    if fresh and len(case.turns) > 1:
        parts.append("[DutyBot] This conversation went on before; its last turns:\n" + recap_of(case))
    if case.seen:
        seen = "\n\n".join(seen_text(each) for each in case.seen)
        parts.append(f"[DutyBot] What came of your steps so far:\n{cut(seen, MOST_FINDINGS)}")
        parts.append(f"Go on with the question of {case.asked_by.name}: {cut(case.question, MOST_QUESTION)}")
    else:
        parts.append(cut(case.question, MOST_QUESTION))
    if names := ", ".join(each.name[:100] for each in case.attachments):
        parts.append(f"[attached: {cut(names, 500)}]")
    return mask("\n\n".join(parts)) or "?"


def recap_of(case: Case) -> str:
    """The last turns, newest kept."""
    lines = [f"{turn.who}: {cut(turn.said, 600)}" for turn in case.turns[:-1]]
    while lines and len("\n".join(lines)) > MOST_RECAP:
        lines.pop(0)
    return "\n".join(lines)


def findings_text(briefing: Briefing) -> str:
    """What the diagnosis found and what the library says; what came of steps is told in the query."""
    passages = "\n\n".join(
        f"[{passage.document.title}]({passage.document.url})\n{cut(passage.text, 1500)}"
        for passage in briefing.passages
    )
    parts = (cut(briefing.report, MOST_FINDINGS), cut(passages, MOST_PASSAGES))
    return mask("\n\n".join(part for part in parts if part))


def seen_text(seen: Evidence | Refusal) -> str:
    """One piece of evidence, or one refusal, as the brain reads it."""
    return mask(in_words(seen, MOST_OF_ONE))


def incident_text(incident: Incident) -> str:
    """The alerts that fire, newest state of each."""
    lines = [
        f"incident {incident.id}, {incident.state.value}, since {incident.opened_at.isoformat(timespec='minutes')}"
    ]
    for alert in incident.alerts[:20]:
        labels = ", ".join(f"{name}={value}" for name, value in alert.labels.items())
        lines.append(f"- {'FIRING' if alert.firing else 'resolved'} {labels}"[:500])
    return mask(cut("\n".join(lines), 4_000))


_ACTIONS: dict[tuple[int, ...], tuple[tuple[Action, ...], str]] = {}
"""What was told of the same actions before, by their identity: schemas take long to draw, and do not change."""


def actions_text(actions: tuple[Action, ...]) -> str:
    """Each action with its risk and the schema of its arguments, for brains whose tools we do not declare."""
    key = tuple(map(id, actions))
    if key not in _ACTIONS:
        if len(_ACTIONS) >= 16:
            _ACTIONS.clear()
        _ACTIONS[key] = (actions, _actions_text(actions))
    return _ACTIONS[key][1]


def _actions_text(actions: tuple[Action, ...]) -> str:
    lines = []
    for action in actions:
        fields = {
            name: {key: value for key, value in field.items() if key in {"type", "enum", "default", "description"}}
            for name, field in action.schema().get("properties", {}).items()
        }
        lines.append(
            f"- {action.name} ({action.risk.name}): {action.summary} {json.dumps(fields, ensure_ascii=False)}"[:1500]
        )
    return cut("\n".join(lines), MOST_ACTIONS)


@functools.cache
def house_rules(language: Language) -> str:
    """How the brain is to work: prompts/rules.{zh,en}.md."""
    return (PROMPTS / f"rules.{language}.md").read_text(encoding="utf-8")


@functools.cache
def block_rules(language: Language) -> str:
    """How a brain without tools writes a plan: prompts/block.{zh,en}.md."""
    return (PROMPTS / f"block.{language}.md").read_text(encoding="utf-8")


@functools.cache
def triage_rules(language: Language) -> str:
    """How one alert is read: prompts/triage.{zh,en}.md."""
    return (PROMPTS / f"triage.{language}.md").read_text(encoding="utf-8")


@functools.cache
def version() -> str:
    """A short hash over all prompts, for the record."""
    whole = hashlib.sha256()
    for path in sorted(PROMPTS.rglob("*")):
        if path.is_file() and path.suffix in {".md", ".yml"}:
            whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()[:12]
