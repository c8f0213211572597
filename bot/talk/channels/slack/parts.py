"""Each kind of block of our card as Slack's blocks: in full, in its simplest form, and inside a fold."""

from collections.abc import Mapping
from typing import Any

from bot.domain.card import Attached, Chart, Code, Context, Divider, Fields, Grid, Image, Markdown, Plain, Task, Tasks
from bot.talk.cards.measure import Room, aligned, clean
from bot.talk.channels.slack.text import escaped, flat, harmless
from bot.talk.pictures import digest

Piece = dict[str, Any]
CODE_INLINE = 2_500
"""Letters of a log or a diff that stand in the card itself."""
FENCE = "```"
STATUS = {"waiting": "pending", "running": "in_progress", "done": "complete", "failed": "error", "skipped": "complete"}
SIGNS = {"waiting": "▫️", "running": "⏳", "done": "✅", "failed": "❌", "skipped": "⏭️"}


def part(block: Plain, room: Room, pictures: Mapping[str, str]) -> list[Piece]:
    """A block in full."""
    match block:
        case Markdown(text):
            told = room.take(harmless(text), 6_000).strip()
            if told.count(FENCE) % 2:
                told += f"\n{FENCE}"
            return [{"type": "markdown", "text": told}] if told else []
        case Grid() if block.columns or block.rows:
            return [*_caption(block.caption, room), _table(block, room)]
        case Tasks() if block.tasks:
            return [_plan(block, room)]
        case Chart():
            return _picture(pictures.get(digest(block), ""), block.alt or block.title, room)
        case Image():
            return _picture(pictures.get(block.id, ""), block.alt, room)
    return simple(block, room)


def simple(block: Plain, room: Room) -> list[Piece]:
    """A block in a form that Slack has taken for years."""
    match block:
        case Markdown(text):
            told = room.take(escaped(flat(text)), 2_900).strip()
            return [{"type": "section", "text": {"type": "mrkdwn", "text": told}}] if told else []
        case Fields(pairs):
            return _fields(pairs, room)
        case Context():
            return _context(block, room)
        case Divider():
            return [{"type": "divider"}]
    return inner(block, room)


def inner(block: Plain, room: Room) -> list[Piece]:
    """A block as it may stand inside a fold."""
    match block:
        case Markdown(text):
            told = room.take(flat(text), 2_900).strip()
            return [_lines(told)] if told else []
        case Code(text, _, caption):
            return [*_caption(caption, room), preformatted(room.take(text, CODE_INLINE))]
        case Grid() if block.columns or block.rows:
            lines = "\n".join(aligned(block.columns, block.rows[:60]))
            return [*_caption(block.caption, room), preformatted(room.take(lines, CODE_INLINE))]
        case Tasks(tasks, title):
            lines = "\n".join(filter(None, (title, *map(_line, tasks))))
            told = room.take(lines, 2_900).strip()
            return [_lines(told)] if told else []
        case Attached(name):
            return _caption(f"📎 {name}", room)
        case Chart() | Image():
            return _picture("", block.alt or getattr(block, "title", ""), room)
        case Fields() | Context() | Divider():
            return simple(block, room)
    return []


def preformatted(text: str) -> Piece:
    """Text in a fixed font that Slack does not read: no link, no mention, no emoji."""
    inside = [{"type": "text", "text": text if text.strip() else "-"}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": inside}]}


def _lines(text: str) -> Piece:
    inside = [{"type": "text", "text": text}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": inside}]}


def _caption(text: str, room: Room) -> list[Piece]:
    told = room.take(text, 300).strip()
    return [{"type": "context", "elements": [{"type": "plain_text", "text": told}]}] if told else []


def _table(grid: Grid, room: Room) -> Piece:
    head = [_cell(each, room) for each in (grid.columns or grid.rows[0])[:20]]
    rows = [head]
    for row in (grid.rows if grid.columns else grid.rows[1:])[:99]:
        if room.left < 600:
            break
        cells = [_cell(each, room) for each in row[: len(head)]]
        rows.append(cells + [_cell("", room)] * (len(head) - len(cells)))
    return {"type": "table", "rows": rows}


def _cell(text: str, room: Room) -> Piece:
    return {"type": "raw_text", "text": room.take(" ".join(clean(text).split()) or "-", 120)}


def _plan(tasks: Tasks, room: Room) -> Piece:
    title = room.take(tasks.title, 140).strip() or "…"
    return {"type": "plan", "title": title, "tasks": [_task(each, room) for each in tasks.tasks[-50:]]}


def _task(task: Task, room: Room) -> Piece:
    told = " ".join(clean(task.title).split()) or "…"
    title = room.take(f"⏭️ {told}" if task.state == "skipped" else told, 180)
    made: Piece = {
        "type": "task_card",
        "task_id": clean(task.id)[:80] or "-",
        "title": title,
        "status": STATUS[task.state],
    }
    if task.detail.strip() and room.left > 50:
        made["details"] = _lines(room.take(flat(task.detail), 400).strip() or "…")
    return made


def _line(task: Task) -> str:
    return f"{SIGNS[task.state]} {task.title}" + (f" — {flat(task.detail)}" if task.detail else "")


def _picture(file: str, alt: str, room: Room) -> list[Piece]:
    told = room.take(alt, 1_000).strip() or "…"
    if file:
        return [{"type": "image", "slack_file": {"id": file}, "alt_text": told}]
    return [{"type": "context", "elements": [{"type": "plain_text", "text": f"📈 {told}", "emoji": True}]}]


def _fields(pairs: tuple[tuple[str, str], ...], room: Room) -> list[Piece]:
    pieces = []
    for start in range(0, len(pairs), 5):
        told: list[Piece] = []
        for label, value in pairs[start : start + 5]:
            name = room.take(escaped(label).replace("*", "∗"), 200).strip()
            told.append({"type": "mrkdwn", "text": f"*{name or '-'}*"})
            told.append({"type": "plain_text", "text": room.take(value, 900).strip() or "-"})
        pieces.append({"type": "section", "fields": told})
    return pieces


def _context(block: Context, room: Room) -> list[Piece]:
    told = room.take(block.text, 1_500).strip()
    elements: list[Piece] = [{"type": "plain_text", "text": told}] if told else []
    for label, url in block.links[:9]:
        if url.startswith(("https://", "http://")) and not set(url) & set("<>| \n") and len(url) < 2_000:
            name = escaped(room.take(label.replace("|", "¦"), 150).strip() or "↗")
            elements.append({"type": "mrkdwn", "text": f"<{escaped(url)}|{name}>"})
    return [{"type": "context", "elements": elements}] if elements else []
