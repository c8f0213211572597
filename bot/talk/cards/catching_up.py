"""An incident for whoever comes late or takes over: where it stands, what happened, what waits, and who has it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.domain.approval import Approval
from bot.domain.card import Block, Card, Context, Fields, Markdown, plain
from bot.domain.incident import Incident
from bot.talk.cards.approval import line
from bot.talk.cards.incident import small_print, timeline, title_of
from bot.talk.cards.summary import Repair, deeds, fired
from bot.talk.cards.words import Words

MOST_MOMENTS = 12


def catching_up_card(
    incident: Incident, repairs: Sequence[Repair], waiting: Sequence[Approval], words: Words, zone: str, note: str = ""
) -> Card:
    """The same for one reader who missed it and for a hand-over, which has a note and a new hand."""
    cause = incident.report.headline if incident.report else words("incident_no_report")
    lines: list[tuple[str, Sequence[str]]] = [
        ("summary_fired", fired(incident)),
        ("summary_cause", [cause]),
        ("summary_done", deeds([each for each in repairs if each.courses], words) or [words("catch_up_nothing_done")]),
        (
            "catch_up_waiting",
            [f"{each.title or line(each.steps[0], words)} ({each.requested_by.name})" for each in waiting],
        ),
        ("summary_timeline", timeline(incident, words, zone)[-MOST_MOMENTS:]),
    ]
    blocks: list[Block] = [Markdown(plain(note))] if note else []
    blocks.append(Fields(_facts(incident, words, zone)))
    for key, told in lines:
        if told:
            blocks.append(Markdown(f"**{words(key)}**\n" + "\n".join(f"- {plain(each)}" for each in told)))
    blocks.append(Context(small_print(incident, words)))
    title = words("handover_title" if note else "catch_up_title", title=title_of(incident))
    return Card(title, tuple(blocks), "info", cause[:200], language=words.language)


def _facts(incident: Incident, words: Words, zone: str) -> tuple[tuple[str, str], ...]:
    nobody = words("nobody_yet")
    hands = (("incident_acknowledged", incident.acknowledged_by), ("incident_assigned", incident.assigned_to))
    return (
        (words("catch_up_state"), words(f"state_{incident.state.value}")),
        (words("incident_since"), incident.opened_at.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M")),
        *((words(key), who.name if who else nobody) for key, who in hands),
    )
