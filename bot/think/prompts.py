"""What we tell a brain: the turn's question, and all around it, each part bounded; and the house rules, from files."""

import functools
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from bot.domain.approval import Refusal
from bot.domain.briefing import Briefing
from bot.domain.case import Case
from bot.domain.incident import Incident
from bot.domain.message import Language
from bot.domain.telling import cut, in_words, names_of
from bot.redaction import Redacted, mask
from bot.shield import NAME, Shield, names_in
from skills import Action, Evidence

PROMPTS = Path(__file__).parents[2] / "prompts"
MOST_QUESTION = 20_000
MOST_OF_ONE = 2_500
MOST_FINDINGS = 12_000
MOST_PASSAGES = 6_000
MOST_RECAP = 3_000
MOST_ACTIONS = 16_000
MOST_ASKED = 4_000


def shield_of(briefing: Briefing) -> Shield:
    """Knows what is named in typed fields of this briefing, and in the asker's own words."""
    case = briefing.case
    alerts = case.incident.alerts[:50] if case.incident else ()
    labels = [value for alert in alerts for value in alert.labels.values()]
    names = names_in([*labels, *NAME.findall(case.question[:MOST_QUESTION])])
    return Shield(names.union(*map(names_of, case.seen)))


def inputs_of(briefing: Briefing, shield: Shield | None = None) -> dict[str, Redacted]:
    """The same names every turn: an input that is left out would read as "None" in the prompt."""
    case, shield = briefing.case, shield or shield_of(briefing)
    told = {
        "thread": case.thread.key[:255],
        "speaker": f"{shield.text(case.asked_by.name)[:100]} ({case.asked_by.id})"[:200],
        "language": case.language,
        "zone": case.asked_by.zone,
        "now": briefing.now.isoformat(timespec="seconds"),
        "incident": shield.block("alerts", incident_text(case.incident, shield)) if case.incident else "",
        "open_plans": cut(shield.text(mask("\n".join(briefing.open_plans))), 2_000),
        "findings": findings_text(briefing, shield),
        "recap": shield.block("conversation", recap_of(case, shield)),
    }
    return {**{name: mask(value) for name, value in told.items()}, "actions": actions_text(briefing.actions)}


def query_of(briefing: Briefing, fresh: bool = False, shield: Shield | None = None) -> Redacted:
    """The turn's own words; after the first round, what came of the steps. `fresh`: the brain knows nothing yet."""
    case, shield = briefing.case, shield or shield_of(briefing)
    parts = []
    if fresh and len(case.turns) > 1:
        recap = shield.block("conversation", recap_of(case, shield))
        parts.append(f"[DutyBot] This conversation went on before; its last turns:\n{recap}")
    if case.seen:
        seen = "\n\n".join(in_words(each, MOST_OF_ONE, shield) for each in case.seen)
        parts.append(f"[DutyBot] What came of your steps so far:\n{shield.block('seen', cut(seen, MOST_FINDINGS))}")
        parts.append(f"Go on with this question: {mask(cut(case.question, MOST_QUESTION))}")
    else:
        parts.append(mask(cut(case.question, MOST_QUESTION)))
    if names := ", ".join(shield.text(mask(each.name[:100])) for each in case.attachments):
        parts.append(f"[attached: {cut(names, 500)}]")
    return mask("\n\n".join(parts) or "?")


def correction_of(problem: str) -> str:
    """Asks once more for a plan block that could not be taken."""
    return (
        f"[DutyBot] Your plan was not taken: {problem}\n"
        "Write only the whole corrected ```aiops-plan block, or say in one sentence why there is none."
    )


def asked_of(briefing: Briefing) -> str:
    """What this turn tells the brain, to be shown to who wonders; the list of actions stands in the reference."""
    shield = shield_of(briefing)
    around = [f"{name}: {value}" for name, value in inputs_of(briefing, shield).items() if value and name != "actions"]
    return cut("\n".join([query_of(briefing, shield=shield), "", *around]), MOST_ASKED)


def turns_of(case: Case, shield: Shield, most: int = 600) -> Iterator[tuple[bool, str]]:
    """The turns before this one, without what could command: whether we said it, and what was said."""
    for turn in case.turns[:-1]:
        if turn.said:
            yield turn.who == "DutyBot", shield.text(mask(cut(turn.said, most)))


def recap_of(case: Case, shield: Shield) -> str:
    """The last turns, newest kept."""
    lines = [f"{'DutyBot' if ours else 'person'}: {said}" for ours, said in turns_of(case, shield)]
    while lines and len("\n".join(lines)) > MOST_RECAP:
        lines.pop(0)
    return "\n".join(lines)


def findings_text(briefing: Briefing, shield: Shield) -> str:
    """What the diagnosis found and what the library says; what came of steps is told in the query."""
    passages = "\n\n".join(
        f"passage {number} ({shield.text(mask(passage.document.title))}):\n{shield.text(mask(cut(passage.text, 1500)))}"
        for number, passage in enumerate(briefing.passages, 1)
    )
    report = shield.block("diagnosis", cut(shield.text(mask(briefing.report)), MOST_FINDINGS))
    return "\n\n".join(part for part in (report, shield.block("library", cut(passages, MOST_PASSAGES))) if part)


def seen_text(seen: Evidence | Refusal) -> str:
    """One piece of evidence, or one refusal, as the brain reads it."""
    return in_words(seen, MOST_OF_ONE)


def incident_text(incident: Incident, shield: Shield) -> str:
    """The alerts that fire, newest state of each."""
    lines = [
        f"incident {incident.id}, {incident.state.value}, since {incident.opened_at.isoformat(timespec='minutes')}"
    ]
    for alert in incident.alerts[:20]:
        labels = ", ".join(f"{shield.key(name)}={shield.text(mask(value))}" for name, value in alert.labels.items())
        said = shield.text(mask(alert.annotations.get("summary", "") or alert.annotations.get("description", "")))
        lines.append(f"- {'FIRING' if alert.firing else 'resolved'} {labels[:400]}; {said[:300]}")
    return cut("\n".join(lines), 4_000)


_ACTIONS: dict[tuple[int, ...], tuple[tuple[Action, ...], Redacted]] = {}
"""What was told of the same actions before, by their identity: drawing and masking takes long, and does not change."""


def actions_text(actions: tuple[Action, ...]) -> Redacted:
    """Each action with its risk and the schema of its arguments, for brains whose tools we do not declare."""
    key = tuple(map(id, actions))
    if key not in _ACTIONS:
        if len(_ACTIONS) >= 16:
            _ACTIONS.clear()
        _ACTIONS[key] = (actions, mask(_actions_text(actions)))
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
