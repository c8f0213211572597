"""Six ways in which a planted line reaches a brain, and the whole prompt that the brain is then sent."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bot.domain.alert import Alert
from bot.domain.briefing import Briefing
from bot.domain.case import Case, Turn
from bot.domain.incident import Incident
from bot.domain.message import Person, Thread
from bot.shield import Shield
from bot.think import prompts
from knowledge import Document, Passage
from skills import Catalogue, Evidence
from skills.evidence import JSON, Table

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ASKER = Person("asker", "Lin", "web")
THREAD = Thread("web", "t1")
QUESTION = "Why is payment-api in prod slow, and what of mysql-ha, order-service and node-01?"
SEEN = Evidence(
    "2 of 2 pods of payment-api are ready",
    "GET /api/v1/namespaces/prod/pods",
    table=Table(("namespace", "name", "ready"), (("prod", "payment-api", "2/2"), ("prod", "mysql-ha", "2/2"))),
)


def _case(**more: object) -> Case:
    turns = (Turn("Lin", QUESTION),)
    return Case("c1", THREAD, ASKER, QUESTION, **{"turns": turns, "seen": (SEEN,), **more})  # type: ignore[arg-type]


def _incident(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Incident:
    told = {"alertname": "HighErrorRate", "namespace": "prod", "service": "payment-api", **labels}
    alert = Alert("k", "f", told, True, NOW, annotations=annotations)
    return Incident("i1", (alert,), NOW)


def _log(line: str, catalogue: Catalogue) -> Briefing:
    lines = tuple(line.split("\n")) if line else ()
    facts: dict[str, JSON] = {"lines": len(lines), "newest": line}
    logs = Evidence("lines of payment-api", '{namespace="prod", app="payment-api"}', lines=lines, facts=facts)
    return _briefing(_case(seen=(SEEN, logs)), catalogue)


def _event(line: str, catalogue: Catalogue) -> Briefing:
    rows = (("prod", "payment-api", "BackOff", line),) if line else ()
    events = Evidence("events of prod", "GET /api/v1/namespaces/prod/events", table=Table(EVENT_COLUMNS, rows))
    report = f"- payment-api: BackOff\n  - `GET /events`: {line}\n" if line else ""
    return _briefing(_case(seen=(SEEN, events)), catalogue, report=report)


def _annotation(line: str, catalogue: Catalogue) -> Briefing:
    said = {"summary": line, "description": line} if line else {}
    return _briefing(_case(incident=_incident({}, said)), catalogue)


def _label(line: str, catalogue: Catalogue) -> Briefing:
    labels = {"note": line} if line else {}
    metric = Evidence("series of payment-api", "up", table=Table(("note", "value"), ((line, "0"),)) if line else None)
    return _briefing(_case(incident=_incident(labels, {}), seen=(SEEN, metric)), catalogue)


def _ticket(line: str, catalogue: Catalogue) -> Briefing:
    page = Document(f"OPS-17 {line[:80]}", line, "https://jira.example/OPS-17", kind="ticket")
    return _briefing(_case(), catalogue, passages=(Passage(page, line),) if line else ())


def _history(line: str, catalogue: Catalogue) -> Briefing:
    told = (Turn("zhangsan", line), Turn("DutyBot", f"zhangsan wrote: {line}")) if line else ()
    return _briefing(_case(turns=(*told, Turn("Lin", QUESTION))), catalogue)


EVENT_COLUMNS = ("namespace", "name", "reason", "message")
Way = Callable[[str, Catalogue], Briefing]
WAYS: Mapping[str, Way] = {
    "log": _log,
    "event": _event,
    "annotation": _annotation,
    "label": _label,
    "ticket": _ticket,
    "chat history": _history,
}


def _briefing(case: Case, catalogue: Catalogue, passages: tuple[Passage, ...] = (), report: str = "") -> Briefing:
    return Briefing(case, NOW, passages, tuple(catalogue.values()), report)


class OpenShield(Shield):
    """Lets everything through: what a prompt would be without a shield."""

    __slots__ = ()

    def text(self, told: str, signs: object = None) -> str:
        """As it stands."""
        return told


def whole_prompt(briefing: Briefing, shielded: bool) -> str:
    """All that the brains send: the rules, every input, the turns, and the question with what was seen."""
    made = prompts.shield_of(briefing)
    shield = Shield(made.names, "n0nce") if shielded else OpenShield(made.names, "n0nce")
    inputs = "\n".join(f"{name}: {value}" for name, value in prompts.inputs_of(briefing, shield).items())
    turns = "\n".join(said for _, said in prompts.turns_of(briefing.case, shield, 2000))
    rules = prompts.house_rules("en") + prompts.block_rules("en")
    return "\n\n".join((rules, turns, inputs, prompts.query_of(briefing, fresh=True, shield=shield)))
