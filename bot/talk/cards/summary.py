"""An incident that is over, as a card: what fired, why, what was done and whether it helped, and when."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.domain.approval import Approval
from bot.domain.card import Block, Button, Buttons, Card, Context, Fields, Markdown, plain
from bot.domain.course import Course
from bot.domain.incident import Incident
from bot.domain.message import PressKind
from bot.talk.cards.approval import line
from bot.talk.cards.incident import small_print, timeline, title_of
from bot.talk.cards.words import Words
from skills import Evidence

MOST_NAMES = 10
SETTLED = ("moment_case_kept", "moment_case_dropped")


@dataclass(frozen=True, slots=True)
class Repair:
    """What was asked for, and what became of each step."""

    approval: Approval
    courses: Mapping[int, Course]


def summary_card(incident: Incident, repairs: Sequence[Repair], words: Words, zone: str) -> Card:
    """One message, the same in every channel."""
    home = ZoneInfo(zone)
    until = incident.resolved_at or incident.opened_at
    minutes = max(1, round((until - incident.opened_at).total_seconds() / 60))
    lasted = (
        (words("incident_since"), incident.opened_at.astimezone(home).strftime("%m-%d %H:%M")),
        (words("incident_until"), until.astimezone(home).strftime("%m-%d %H:%M")),
        (words("summary_lasted"), words("summary_minutes", minutes=minutes)),
    )
    cause = incident.report.headline if incident.report else words("incident_no_report")
    done = deeds(repairs, words) or [words("summary_nothing_done")]
    parts = (
        ("summary_fired", fired(incident)),
        ("summary_cause", [cause]),
        ("summary_done", done),
        ("summary_timeline", timeline(incident, words, zone)),
    )
    blocks: list[Block] = [Fields(lasted)]
    for key, lines in parts:
        blocks.append(Markdown(f"**{words(key)}**\n" + "\n".join(f"- {plain(each)}" for each in lines)))
    if incident.draft and not any(moment.what in SETTLED for moment in incident.moments):
        blocks.append(Markdown(words("case_offered")))
        keep = Button(words("button_keep_case"), PressKind.KEEP_CASE, incident.id, style="primary")
        edit = Button(words("button_edit_case"), PressKind.KEEP_CASE, incident.id, asks_reason=True)
        blocks.append(Buttons((keep, edit, Button(words("button_drop_case"), PressKind.DROP_CASE, incident.id))))
    blocks.append(Context(small_print(incident, words)))
    title = words("summary_title", title=title_of(incident))
    return Card(title, tuple(blocks), "ok", cause[:200], language=words.language)


def fired(incident: Incident) -> list[str]:
    """Each name of its alerts, how many, and what the first of them said."""
    counts = Counter(alert.name for alert in incident.alerts)
    said = {alert.name: alert.summary for alert in reversed(incident.alerts)}
    return [f"{name} × {count}: {said[name][:160]}" for name, count in counts.most_common(MOST_NAMES)]


def deeds(repairs: Sequence[Repair], words: Words) -> list[str]:
    """Each step that was asked for: taken or not, and whether it helped."""
    found = []
    for repair in repairs:
        for place, step in enumerate(repair.approval.steps):
            course = repair.courses.get(place)
            found.append(f"{line(step, words)}: {_came(course, repair.approval, words)}")
    return found


def _came(course: Course | None, approval: Approval, words: Words) -> str:
    if course is None or not isinstance(course.outcome, Evidence):
        return words(f"summary_{approval.state.value}")
    after = course.aftermath
    if after is None:
        return words("summary_taken")
    said = words("summary_helped" if after.better else "summary_did_not_help", why=after.why)
    return f"{said} {words('summary_undone')}" if after.undone else said
