"""The board: open incidents with whoever has them, and what waits for leave, with buttons for who may give it."""

from collections.abc import Sequence, Set
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.approval import Approval
from bot.domain.card import Block, Button, Buttons, Card, Context, Divider, Grid, Markdown, Severity, Task, Tasks, plain
from bot.domain.incident import Incident
from bot.talk.cards.approval import line
from bot.talk.cards.incident import title_of
from bot.talk.cards.words import Words

MOST_INCIDENTS = 15
MOST_WAITING = 8


def board_card(
    incidents: Sequence[Incident], waiting: Sequence[Approval], mine: Set[str], words: Words, zone: str
) -> Card:
    """`mine`: ids of those approvals that the reader may decide."""
    blocks: list[Block] = [_incidents(incidents, words, zone), Divider()]
    if not waiting:
        blocks.append(Markdown(words("board_nothing_waits")))
    shown = sorted(waiting, key=lambda each: (each.id not in mine, each.expires_at))[:MOST_WAITING]
    for number, asked in enumerate(shown):
        blocks += [Divider()] if number else []
        blocks += _asked(asked, asked.id in mine, words, zone)
    if len(waiting) > MOST_WAITING:
        blocks.append(Context(words("and_more", count=len(waiting) - MOST_WAITING)))
    blocks += [Divider(), Context(words("board_how"))]
    summary = words("board_summary", incidents=len(incidents), waiting=len(waiting))
    severity: Severity = "crit" if incidents else "warn" if waiting else "ok"
    return Card(words("board_title"), tuple(blocks), severity, summary, language=words.language)


def _incidents(incidents: Sequence[Incident], words: Words, zone: str) -> Grid | Markdown:
    if not incidents:
        return Markdown(words("board_no_incidents"))
    rows = tuple(
        (
            title_of(each),
            words(f"state_{each.state.value}"),
            _at(each.opened_at, zone),
            each.assigned_to.name if each.assigned_to else words("nobody_yet"),
            each.id,
        )
        for each in sorted(incidents, key=lambda each: each.opened_at, reverse=True)[:MOST_INCIDENTS]
    )
    names = ("column_alert", "catch_up_state", "column_since", "incident_assigned", "board_id")
    left = len(incidents) - len(rows)
    caption = words("board_incidents") + (f" ({words('and_more', count=left)})" if left else "")
    return Grid(tuple(words(each) for each in names), rows, caption)


def _asked(asked: Approval, may: bool, words: Words, zone: str) -> list[Block]:
    title = words("approval_title_pending", title=asked.title or line(asked.steps[0], words))
    steps = Tasks(
        tuple(Task(str(place), line(step, words), "waiting", step.why) for place, step in enumerate(asked.steps)),
        words("approval_steps"),
    )
    told = words("board_asked", asker=asked.requested_by.name, until=_at(asked.expires_at, zone))
    blocks: list[Block] = [Markdown(f"**{plain(title)}**"), steps, Context(told)]
    if may:
        yes = Button(words("button_approve"), "approve", asked.id, asked.digest, "primary", typed=asked.typed)
        no = Button(words("button_reject"), "reject", asked.id, asked.digest, "danger", asks_reason=True)
        blocks.append(Buttons((yes, no), asked.expires_at.timestamp()))
    return blocks


def _at(when: datetime, zone: str) -> str:
    return when.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M")
