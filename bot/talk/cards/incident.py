"""One incident as a card: updated in place, from firing to resolved."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.domain.alert import Alert
from bot.domain.card import Block, Button, Buttons, Card, Code, Context, Fields, Fold, Grid, Markdown, Severity, plain
from bot.domain.incident import Incident, IncidentState
from bot.domain.message import PressKind
from bot.domain.report import Similar
from bot.talk.cards.words import Words

MOST_ALERTS = 15
SUBJECTS = ("service", "deployment", "pod", "node", "persistentvolumeclaim", "job_name", "instance")

QUIET = {IncidentState.FIRING, IncidentState.LOOKING}
"""States in which nothing is being done; what is only foreseen says so in its title."""


def incident_card(incident: Incident, words: Words, zone: str, silences: bool = False) -> Card:
    """Where it stands, what fires, what was found, and what people can do."""
    report = incident.report
    blocks: list[Block] = [_facts(incident, words, zone)]
    if report:
        blocks.append(Markdown(f"**{plain(report.headline)}**"))
        if incident.news:
            told = "\n".join(f"- {plain(each)}" for each in incident.news)
            blocks.append(Markdown(f"{words('incident_news')}\n{told}"))
        if report.chart:
            blocks.append(replace(report.chart, zone=zone))
        if report.excerpt:
            blocks.append(Code("\n".join(report.excerpt[:10]), "log", words("incident_excerpt")))
        blocks.append(Fold(words("incident_report"), (Markdown(report.markdown),)))
    elif incident.open:
        blocks.append(Markdown(words("incident_looking")))
    if incident.similar:
        links = tuple((_like(each), each.url) for each in incident.similar if each.url)
        told = ", ".join(_like(each) for each in incident.similar if not each.url)
        blocks.append(Context(words("incident_similar", cases=told), links))
    if incident.moments:
        told = "\n".join(f"- {plain(each)}" for each in timeline(incident, words, zone))
        blocks.append(Fold(words("incident_timeline", count=len(incident.moments)), (Markdown(told),)))
    blocks.append(Fold(words("incident_alerts", count=len(incident.alerts)), (_alerts(incident.alerts, words, zone),)))
    if incident.open:
        blocks.append(_buttons(incident, words, silences))
    blocks.append(Context(small_print(incident, words)))
    state = "foreseen" if incident.foreseen and incident.state in QUIET else incident.state.value
    title = words(f"incident_title_{state}", title=title_of(incident))
    summary = report.headline if report else title
    return Card(title, tuple(blocks), _severity(incident), summary[:200], language=words.language)


def timeline(incident: Incident, words: Words, zone: str) -> list[str]:
    """What happened, in order, in the time of the place."""
    home = ZoneInfo(zone)
    return [
        f"{moment.at.astimezone(home):%H:%M:%S} {words(moment.what, who=moment.who)}" for moment in incident.moments
    ]


def _like(case: Similar) -> str:
    """A past case, and the signs that it shares with today's evidence."""
    return f"{case.title} ({', '.join(case.signs[:4])})" if case.signs else case.title


def title_of(incident: Incident) -> str:
    """The first alert's name, and what it is about."""
    first = next((alert for alert in incident.alerts if alert.firing), incident.alerts[0])
    subject = next((first.labels[label] for label in SUBJECTS if first.labels.get(label)), "")
    more = len(incident.alerts) - 1
    return f"{first.name} {subject}".strip() + (f" (+{more})" if more else "")


def small_print(incident: Incident, words: Words) -> str:
    """Which one it is, and how often it was told of."""
    return words(
        "incident_told_again" if incident.repeats else "incident_small", id=incident.id, repeats=incident.repeats
    )


def _severity(incident: Incident) -> Severity:
    if incident.state is IncidentState.RESOLVED:
        return "ok"
    return "crit" if any(alert.severity in {"critical", "page", "error"} for alert in incident.alerts) else "warn"


def _facts(incident: Incident, words: Words, zone: str) -> Fields:
    home = ZoneInfo(zone)
    pairs = [(words("incident_since"), incident.opened_at.astimezone(home).strftime("%m-%d %H:%M %Z"))]
    if incident.resolved_at:
        pairs.append((words("incident_until"), incident.resolved_at.astimezone(home).strftime("%m-%d %H:%M %Z")))
    if incident.acknowledged_by:
        pairs.append((words("incident_acknowledged"), incident.acknowledged_by.name))
    if incident.assigned_to:
        pairs.append((words("incident_assigned"), incident.assigned_to.name))
    return Fields(tuple(pairs))


def _alerts(alerts: Sequence[Alert], words: Words, zone: str) -> Grid:
    home = ZoneInfo(zone)
    rows = tuple(
        (
            "▲" if alert.firing else "✓",
            alert.name,
            next((alert.labels[label] for label in SUBJECTS if alert.labels.get(label)), ""),
            alert.starts_at.astimezone(home).strftime("%H:%M"),
            alert.summary[:120],
        )
        for alert in alerts[:MOST_ALERTS]
    )
    left = len(alerts) - len(rows)
    columns = ("", words("column_alert"), words("column_subject"), words("column_since"), words("column_says"))
    return Grid(columns, rows, words("and_more", count=left) if left else "")


def _buttons(incident: Incident, words: Words, silences: bool) -> Buttons:
    buttons = [Button(words("button_investigate"), PressKind.INVESTIGATE, incident.id)]
    if not incident.acknowledged_by:
        buttons.insert(0, Button(words("button_acknowledge"), PressKind.ACKNOWLEDGE, incident.id, style="primary"))
    buttons.append(Button(words("button_assign"), PressKind.ASSIGN, incident.id))
    if silences:
        buttons.append(Button(words("button_silence"), PressKind.SILENCE, incident.id))
    buttons.append(Button(words("button_catch_up"), PressKind.CATCH_UP, incident.id))
    return Buttons(tuple(buttons))
